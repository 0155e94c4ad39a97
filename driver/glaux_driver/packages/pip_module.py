"""pip as a module.

Code calls it by `import pip; pip.main([...])`, `from pip._internal.cli.main import main` or
`runpy.run_module("pip")`. All of these call one function, which would change the engine. PIP_PYTHON does not
help here: with it pip starts another process, and then ends the process that called pip. So that function is
replaced in the processes that run the session's code: the runner and Spark's Python workers.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Callable, List, Optional

from glaux_driver.packages import BIN, PYTHON, session_python
from glaux_driver.when_imported import Names, change_when_imported

Run = Callable[[List[str]], int]


def hand_over_when_imported(run: Run = subprocess.call) -> None:
    """Makes pip as a module hand over to the session's pip.
    `run` runs its command line, and returns the exit code."""
    if session_python() != str(PYTHON):
        return  # no supervisor has started this process, so there is no session with a pip

    def replace(names: Names) -> None:
        def main(args: Optional[List[Any]] = None) -> int:
            """Runs the session's pip in a process of its own. Returns the exit code."""
            return run([str(BIN / "pip"), *map(str, sys.argv[1:] if args is None else args)])

        names["main"] = main

    change_when_imported({"pip._internal.cli.main": replace})
