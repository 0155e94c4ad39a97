"""`%run` of a notebook or an .ipy file: runs code with magics in the session's own namespace."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Callable, List

from glaux_driver.runner import files_of_user
from glaux_driver.runner.placed import Place


def run_file(path: str, execute: Callable[[str, Place], None]) -> None:
    """Runs the file. Raises what the code raises.
    A traceback shows the file's name, and for a notebook the number of the cell."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    is_notebook = path.lower().endswith(".ipynb")
    blocks = _cells(json.loads(text)) if is_notebook else [text]
    folder = os.path.dirname(path)
    sys.path.insert(0, folder)
    try:
        for number, source in enumerate(blocks, 1):
            name = f"{path}, cell {number}" if is_notebook else path
            files_of_user.add(name)
            execute(source, Place(name))
    finally:
        if folder in sys.path:
            sys.path.remove(folder)


def _cells(notebook: Any) -> List[str]:
    """The sources of the code cells, of a notebook in Jupyter's format 4 or an older format.
    Text may be a list of lines."""
    cells = notebook.get("cells") or [cell for sheet in notebook.get("worksheets", ()) for cell in sheet["cells"]]
    code = [cell.get("source", cell.get("input", "")) for cell in cells if cell.get("cell_type") == "code"]
    return [source if isinstance(source, str) else "".join(source) for source in code]
