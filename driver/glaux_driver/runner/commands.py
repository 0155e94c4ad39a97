"""`!command` and `%%bash`: child processes that write where Python's own output goes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, List, Optional, Union


def run(command: Union[str, List[str]], text: str = "", out: bool = False, err: bool = False) -> Any:
    """Runs it to its end. `out` and `err` ask for what it writes, which is in the answer's stdout and stderr.

    Else its output goes straight to the calculation's, unless Python's is captured (%%capture, contextlib): then
    to where that goes. A Stop ends the command and is raised."""
    kept = (out or _is_captured("stdout"), err or _is_captured("stderr"))
    done = subprocess.run(
        command,
        shell=isinstance(command, str),
        executable="/bin/sh" if isinstance(command, str) else None,
        # Without an input of its own it has the runner's standard input, which is empty.
        input=text.encode("utf-8", "replace") if text else None,
        stdout=subprocess.PIPE if kept[0] else None,
        stderr=subprocess.PIPE if kept[1] else None,
        check=False,
    )
    if kept[0] and not out:
        sys.stdout.write(decoded(done.stdout))
    if kept[1] and not err:
        sys.stderr.write(decoded(done.stderr))
    return done


def decoded(data: Optional[bytes]) -> str:
    return (data or b"").decode("utf-8", "backslashreplace")


def _is_captured(name: str) -> bool:
    """True if something stands in place of the calculation's stream."""
    stream = getattr(sys, name, None)
    return stream is not None and stream is not getattr(sys, f"__{name}__", None)
