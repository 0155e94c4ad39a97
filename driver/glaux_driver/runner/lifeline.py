"""What ties the runner to its supervisor beside the control socket, and keeps its standard input empty."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(libc: Any) -> None:
    """Asks the kernel to kill this process when its parent ends. While C code holds the interpreter's lock,
    the runner cannot see the end of the control socket.

    (The kernel counts the end of the *thread* that started the runner. So the supervisor starts it in its
    main thread.)
    """
    if sys.platform == "linux":
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def load_libc() -> Any:
    return ctypes.CDLL(None)


def read_from_nothing() -> None:
    """Makes standard input /dev/null, so that `input()` ends at once instead of hanging. User code may have
    closed standard input before, as `exit()` does."""
    null = os.open(os.devnull, os.O_RDONLY)
    if null != 0:
        os.dup2(null, 0)
        os.close(null)
    if getattr(getattr(sys, "stdin", None), "closed", True):
        sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc]  # noqa: SIM115
