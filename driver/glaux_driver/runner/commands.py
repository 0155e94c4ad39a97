"""`!command` and `%%bash`: child processes that write where Python's own output goes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Dict, List, Optional, Union


def run(
    command: Union[str, List[str]],
    text: str = "",
    out: bool = False,
    err: bool = False,
    environment: Optional[Dict[str, str]] = None,
) -> Any:
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
        env=environment,
    )
    show(done.stdout if kept[0] and not out else None, done.stderr if kept[1] and not err else None)
    return done


def pipe(name: str) -> Optional[int]:
    """Popen's argument of this name ("stdout", "stderr"): a pipe to this process where Python's output is captured."""
    return subprocess.PIPE if _is_captured(name) else None


def show(out: Optional[bytes], err: Optional[bytes]) -> None:
    """What came that way, where Python's own output goes."""
    for stream, data in ((sys.stdout, out), (sys.stderr, err)):
        if data:
            stream.write(decoded(data))


def decoded(data: Optional[bytes]) -> str:
    return (data or b"").decode("utf-8", "backslashreplace")


def _is_captured(name: str) -> bool:
    """True if something stands in place of the calculation's stream."""
    stream = getattr(sys, name, None)
    return stream is not None and stream is not getattr(sys, f"__{name}__", None)
