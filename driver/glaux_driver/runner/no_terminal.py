"""What would ask somebody at a terminal says in one sentence that nobody is there, and what to do instead."""

from __future__ import annotations

import builtins
import getpass
import sys
from typing import Any, Callable, Type

# Magics that need a terminal, a prompt or a window. The table has what to do instead.
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
    """For `input`, `getpass` and `breakpoint`."""
    give = "assign the value in the code, or read it from a file or from os.environ"
    setattr(builtins, "input", _refusal(EOFError, sentence("input()", give)))  # noqa: B010 (mypy: not the same type)
    ask: Any = _refusal(EOFError, sentence("getpass()", "read the secret from a file or from os.environ"))
    getpass.getpass = getpass.unix_getpass = ask  # type: ignore[attr-defined]
    sys.breakpointhook = _refusal(RuntimeError, sentence("breakpoint()", _DEBUG))


def _refusal(error: Type[Exception], text: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise error(text)

    return refuse
