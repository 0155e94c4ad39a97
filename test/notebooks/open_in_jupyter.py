"""Opens notebooks with Jupyter's own reader.

Reads a JSON list of notebooks from stdin. Prints for each notebook whether it opens, and its problems. A
member that the format does not define is not a problem: the reader keeps it.
"""

import json
import logging
import sys
import warnings

import nbformat
from nbformat.validator import iter_validate

logging.getLogger("traitlets").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore")


def opens(notebook: object) -> bool:
    try:
        nbformat.reads(json.dumps(notebook), as_version=4)
    except Exception:  # noqa: BLE001 - it fails in many ways
        return False
    return True


def problems(notebook: object) -> list[str]:
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        return ["not of format 4"]
    minor = notebook.get("nbformat_minor")
    if type(minor) is not int:
        return ["nbformat_minor is not a whole number"]
    # In a notebook of a later minor version than its own, the validator allows unknown members and unknown
    # kinds of cells by itself. In other notebooks, `relax_add_props` makes it allow unknown members.
    found = iter_validate(
        notebook, relax_add_props=minor <= nbformat.current_nbformat_minor
    )
    ids = [
        cell.get("id") for cell in notebook.get("cells", []) if isinstance(cell, dict)
    ]
    if minor >= 5 and len(set(map(json.dumps, ids))) < len(ids):
        return ["two cells have the same id"]
    return [
        f"{'/'.join(map(str, error.relative_path))}: {error.message}" for error in found
    ]


print(
    json.dumps(
        [
            {"opens": opens(one), "problems": problems(one)}
            for one in json.load(sys.stdin)
        ]
    )
)
