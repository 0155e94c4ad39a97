"""Makes functions that ask at a terminal raise instead,
with a sentence that says that a session has no terminal, and what to do instead."""

from __future__ import annotations

import builtins
import getpass
import os
import sys
from typing import Any

from glaux_driver.when_imported import Names, change_when_imported

# The keys of TERMINAL_MAGICS are magics that need a terminal, a prompt or a window.
# The values say what to do instead.
_DEBUG = "print what you want to see, or read the error with %tb"
_NEXT_PROMPT = "run the code with %rerun, or print it with %history"
TERMINAL_MAGICS = {
    **dict.fromkeys(("edit", "ed"), "write the file with %%writefile"),
    **dict.fromkeys(("debug", "pdb"), _DEBUG),
    **dict.fromkeys(("recall", "rep"), _NEXT_PROMPT),
    **dict.fromkeys(("load", "loadpy"), "run the file with %run, or print it with %pycat"),
    **dict.fromkeys(("paste", "cpaste"), "send the code as a calculation"),
    "autoindent": "send the code as it shall run",
    "autosave": "notebooks are saved with UpdateNotebook",
    "clear": "each calculation has its own output",
    "connect_info": "clients reach a session by StartCalculationExecution",
    "gui": "figures are shown inline, with %matplotlib inline",
    "qtconsole": "clients reach a session by StartCalculationExecution",
}


def sentence(what: str, instead: str) -> str:
    return f"{what} needs a terminal, and a session has none: {instead}."


def answer_instead_of_asking() -> None:
    """Replaces `input`, `getpass`, `breakpoint` and `pdb`.
    They still work if user code has given them something else to ask."""
    setattr(builtins, "input", _input)  # noqa: B010 (mypy: not the same type)
    getpass.getpass = getpass.unix_getpass = _getpass  # type: ignore[attr-defined]
    sys.breakpointhook = _breakpoint
    change_when_imported({"pdb": _refuse_prompts})


_python_input = input


def _input(prompt: Any = "", /) -> str:
    if sys.stdin is not sys.__stdin__:
        return _python_input(prompt)
    raise EOFError(sentence("input()", "assign the value in the code, or read it from a file or from os.environ"))


def _getpass(prompt: str = "Password: ", stream: Any = None) -> str:
    raise EOFError(sentence("getpass()", "read the secret from a file or from os.environ"))


def _breakpoint(*arguments: Any, **options: Any) -> Any:
    if os.environ.get("PYTHONBREAKPOINT"):
        return sys.__breakpointhook__(*arguments, **options)
    raise RuntimeError(sentence("breakpoint()", _DEBUG))


def _refuse_prompts(pdb: Names) -> None:
    debugger = pdb["Pdb"]
    interact = debugger.interaction

    def interaction(self: Any, *arguments: Any) -> None:
        if self.use_rawinput and sys.stdin is sys.__stdin__:
            raise RuntimeError(sentence("pdb", _DEBUG))
        interact(self, *arguments)

    debugger.interaction = interaction
