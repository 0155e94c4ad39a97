"""The few calls of the kernel that Python has no name for."""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_IN_MOVED_TO = 0x80
_IN_CLOSE_WRITE = 0x08

_libc = ctypes.CDLL(None, use_errno=True)


def become_subreaper() -> None:
    """Descendants whose parent dies become children of this process instead of init's, whatever they did to their session."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def be_continued_by_parents_end() -> None:
    """In a child, before it runs its program: a process that stands still would not notice that its parent has died. (The kernel
    means the *thread* that started it, so the supervisor does that in its main thread.)"""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGCONT, 0, 0, 0)


def watch_folder(folder: Path) -> int:
    """A descriptor that becomes readable when a file is complete in the folder: closed after writing, or renamed into it."""
    descriptor: int = _check(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC), "inotify_init1")
    _check(
        _libc.inotify_add_watch(descriptor, os.fsencode(folder), _IN_MOVED_TO | _IN_CLOSE_WRITE), "inotify_add_watch"
    )
    return descriptor


def _check(result: int, call: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{call}: {os.strerror(error)}")
    return result
