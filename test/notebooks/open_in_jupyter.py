"""Opens notebooks with Jupyter's own reader. Reads a JSON list of them from stdin; prints, for each, whether it opens, and what is wrong with it.

Members that the format does not know are not wrong: the reader keeps them."""

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
    # Of a version later than its own, the validator lets further members be by itself, and further kinds of cells too.
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
