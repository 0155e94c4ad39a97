"""Starts the runner. IPython is imported without its terminal, which no session has.

`import IPython` would also load what only a prompt needs (prompt_toolkit, jedi, …). That takes a quarter of a
runner's memory, and a third of the time until it has started.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, NoReturn

from glaux_driver.packages import Packages
from glaux_driver.runner import lifeline

_TERMINAL = "IPython.terminal.embed"


def main() -> NoReturn:
    # This comes first: a pool member may be paused (SIGSTOP) at any moment,
    # and a stopped process would not see its supervisor's end.
    lifeline.die_with_parent(lifeline.load_libc())
    Packages.of_environment().adopt()
    _import_ipython()
    from glaux_driver.runner.main import main as run

    run()


def _import_ipython() -> None:
    stand_in: Any = ModuleType(_TERMINAL)
    stand_in.embed = _embed
    sys.modules[_TERMINAL] = stand_in
    try:
        import IPython  # noqa: F401
    finally:
        del sys.modules[_TERMINAL]  # code that imports the module from now on gets the real module


def _embed(*arguments: Any, **options: Any) -> Any:
    from IPython.terminal.embed import embed

    return embed(*arguments, **options)
