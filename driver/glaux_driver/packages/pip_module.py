"""pip as a module: `import pip; pip.main([...])`, `from pip._internal.cli.main import main`, `runpy.run_module("pip")`.

All of these call one function, which would change the engine. PIP_PYTHON does not help here: by it pip starts a
process, and then ends the one that called it. So that function is replaced where the session's code runs, in the
runner and in Spark's Python workers.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Callable, List, Optional

from glaux_driver.packages import BIN, PYTHON, session_python
from glaux_driver.when_imported import Names, change_when_imported

Run = Callable[[List[str]], int]


def hand_over_when_imported(run: Run = subprocess.call) -> None:
    """To the session's pip, which `run` starts by its command line. `run` returns the exit code."""
    if session_python() != str(PYTHON):
        return  # no supervisor has started this process, and there is no session's pip

    def replace(names: Names) -> None:
        def main(args: Optional[List[Any]] = None) -> int:
            """Runs the session's pip in a process of its own; its exit code."""
            return run([str(BIN / "pip"), *map(str, sys.argv[1:] if args is None else args)])

        names["main"] = main

    change_when_imported({"pip._internal.cli.main": replace})
