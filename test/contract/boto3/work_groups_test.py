"""Workgroups, tags, engine versions and executors, whose answers boto3 reads by Athena's own model."""

import pytest

ARN = "arn:aws:athena:us-east-1:000000000000:workgroup/"


def test_a_workgroup_is_created_changed_and_deleted(athena):
    athena.create_work_group(
        Name="snakes",
        Configuration={"ResultConfiguration": {"OutputLocation": "s3://snakes/"}},
        Tags=[{"Key": "team", "Value": "owls"}],
    )
    athena.update_work_group(
        WorkGroup="snakes",
        State="DISABLED",
        ConfigurationUpdates={"ResultConfigurationUpdates": {"RemoveOutputLocation": True}},
    )
    found = athena.get_work_group(WorkGroup="snakes")["WorkGroup"]
    assert found["State"] == "DISABLED"
    assert "ResultConfiguration" not in found["Configuration"]

    athena.tag_resource(ResourceARN=ARN + "snakes", Tags=[{"Key": "stage", "Value": ""}])
    athena.untag_resource(ResourceARN=ARN + "snakes", TagKeys=["team"])
    pages = athena.get_paginator("list_tags_for_resource").paginate(ResourceARN=ARN + "snakes")
    assert [tag for page in pages for tag in page["Tags"]] == [{"Key": "stage", "Value": ""}]

    athena.delete_work_group(WorkGroup="snakes", RecursiveDeleteOption=True)
    with pytest.raises(athena.exceptions.InvalidRequestException, match="WorkGroup is not found"):
        athena.get_work_group(WorkGroup="snakes")
    with pytest.raises(athena.exceptions.ResourceNotFoundException) as refused:
        athena.list_tags_for_resource(ResourceARN=ARN + "snakes")
    assert refused.value.response["ResourceName"] == ARN + "snakes"


def test_engines_and_sizes_are_listed(athena):
    versions = athena.list_engine_versions()["EngineVersions"]
    assert "AUTO" in [version["SelectedEngineVersion"] for version in versions]
    sizes = athena.list_application_dpu_sizes()["ApplicationDPUSizes"]
    assert sizes == [{"ApplicationRuntimeId": "Athena notebook version 1", "SupportedDPUSizes": [1]}]


def test_a_session_has_its_coordinator_and_what_is_not_enabled_says_so(athena, session_id):
    answer = athena.list_executors(SessionId=session_id, ExecutorStateFilter="REGISTERED")
    (coordinator,) = answer["ExecutorsSummary"]
    assert coordinator["ExecutorType"] == "COORDINATOR"
    started = athena.get_session_status(SessionId=session_id)["Status"]["StartDateTime"]
    assert coordinator["StartDateTime"] == round(started.timestamp() * 1000)

    arn = f"{ARN}primary/session/{session_id}"
    for call in (
        lambda: athena.get_session_endpoint(SessionId=session_id),
        lambda: athena.get_resource_dashboard(ResourceARN=arn),
    ):
        with pytest.raises(athena.exceptions.InvalidRequestException, match="is not enabled on this server"):
            call()
    with pytest.raises(athena.exceptions.InvalidRequestException, match="was not started for a notebook"):
        athena.create_presigned_notebook_url(SessionId=session_id)
