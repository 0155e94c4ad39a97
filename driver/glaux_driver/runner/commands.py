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
    """Runs the command to its end.
    With `out` or `err`, stdout or stderr of the answer holds what the command wrote.

    Otherwise the command writes straight to the calculation's files. While Python's own output is captured
    (%%capture, contextlib), the command's output is captured with it. A Stop ends the command and is raised.
    """
    kept = (out or _is_captured("stdout"), err or _is_captured("stderr"))
    done = subprocess.run(
        command,
        shell=isinstance(command, str),
        executable="/bin/sh" if isinstance(command, str) else None,
        # A command without an input of its own inherits the runner's standard input, which is empty.
        input=text.encode("utf-8", "replace") if text else None,
        stdout=subprocess.PIPE if kept[0] else None,
        stderr=subprocess.PIPE if kept[1] else None,
        check=False,
        env=environment,
    )
    show(done.stdout if kept[0] and not out else None, done.stderr if kept[1] and not err else None)
    return done


def pipe(name: str) -> Optional[int]:
    """The value for Popen's argument `name`, which is "stdout" or "stderr":
    a pipe if Python's output is captured, else None.

    With None the command writes straight to the calculation's file. `show` takes what comes through the
    pipes.
    """
    return subprocess.PIPE if _is_captured(name) else None


def show(out: Optional[bytes], err: Optional[bytes]) -> None:
    """Writes the output of a command, which came through pipes, to wherever Python's own output goes now."""
    for stream, data in ((sys.stdout, out), (sys.stderr, err)):
        if data:
            stream.write(decoded(data))


def decoded(data: Optional[bytes]) -> str:
    return (data or b"").decode("utf-8", "backslashreplace")


def _is_captured(name: str) -> bool:
    """Whether another stream has replaced the calculation's stream."""
    stream = getattr(sys, name, None)
    return stream is not None and stream is not getattr(sys, f"__{name}__", None)
