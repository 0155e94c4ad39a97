"""What ties this process to its supervisor beyond the control socket, and to its own identity."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(libc: Any) -> None:
    """Asks the kernel to kill this process when its parent ends: C code that holds the interpreter's lock would never see the
    socket's end. (The kernel means the *thread* that started us, so the supervisor does that in its main thread.)"""
    if sys.platform == "linux":
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def load_libc() -> Any:
    return ctypes.CDLL(None)


def read_from_nothing() -> None:
    """Standard input is /dev/null: `input()` ends at once instead of hanging. User code may have closed it: `exit()` does."""
    null = os.open(os.devnull, os.O_RDONLY)
    if null != 0:
        os.dup2(null, 0)
        os.close(null)
    if getattr(getattr(sys, "stdin", None), "closed", True):
        sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc]  # noqa: SIM115
