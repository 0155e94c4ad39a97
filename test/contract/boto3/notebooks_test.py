import json
import uuid

import pytest

UNKNOWN = "00000000-0000-4000-8000-000000000000"
PAYLOAD = json.dumps(
    {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {"owl": "🦉"},
        "cells": [
            {
                "cell_type": "code",
                "metadata": {},
                "source": ["print(1)\n", "1"],
                "outputs": [{"output_type": "stream", "name": "stdout", "text": "1\n"}],
                "execution_count": 1,
            }
        ],
    },
    ensure_ascii=False,
    indent=1,
)


def test_a_notebook_is_imported_saved_renamed_and_deleted(athena):
    token = str(uuid.uuid4())
    request = {"WorkGroup": "primary", "Name": "sovy 🦉", "Type": "IPYNB", "Payload": PAYLOAD}
    identifier = athena.import_notebook(**request, ClientRequestToken=token)["NotebookId"]
    assert athena.import_notebook(**request, ClientRequestToken=token)["NotebookId"] == identifier
    exported = athena.export_notebook(NotebookId=identifier)
    assert exported["Payload"] == PAYLOAD
    metadata = exported["NotebookMetadata"]
    assert (metadata["Name"], metadata["WorkGroup"], metadata["Type"]) == ("sovy 🦉", "primary", "IPYNB")
    assert athena.get_notebook_metadata(NotebookId=identifier)["NotebookMetadata"] == metadata

    saved = PAYLOAD.replace("print(1)", "print(2)")
    athena.update_notebook(NotebookId=identifier, Payload=saved, Type="IPYNB")
    athena.update_notebook_metadata(NotebookId=identifier, Name="owls")
    exported = athena.export_notebook(NotebookId=identifier)
    assert (exported["Payload"], exported["NotebookMetadata"]["Name"]) == (saved, "owls")
    assert exported["NotebookMetadata"]["LastModifiedTime"] >= metadata["LastModifiedTime"]
    listed = athena.list_notebook_metadata(WorkGroup="primary", Filters={"Name": "owl"})
    assert listed["NotebookMetadataList"] == [exported["NotebookMetadata"]]

    assert athena.list_notebook_sessions(NotebookId=identifier)["NotebookSessionsList"] == []
    athena.delete_notebook(NotebookId=identifier)
    with pytest.raises(athena.exceptions.InvalidRequestException, match=f"Notebook {identifier} was not found"):
        athena.get_notebook_metadata(NotebookId=identifier)


def test_an_unknown_notebook_has_two_classes_of_error(athena):
    with pytest.raises(athena.exceptions.ResourceNotFoundException) as caught:
        athena.list_notebook_sessions(NotebookId=UNKNOWN)
    assert caught.value.response["ResourceName"] == UNKNOWN
    with pytest.raises(athena.exceptions.InvalidRequestException) as refused:
        athena.export_notebook(NotebookId=UNKNOWN)
    assert refused.value.response["AthenaErrorCode"] == "INVALID_INPUT"
