"""System calls of Linux for which Python has no function."""

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
    """Makes this process the new parent of descendants whose parent dies, in place of init.

    This holds also for descendants that have changed their session or process group.
    """
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def be_continued_by_parents_end() -> None:
    """Makes the kernel send SIGCONT to this process when its parent dies. Called in a child, before its
    program runs.

    A process that is stopped would not notice that its parent has died. For the kernel, the parent is the
    *thread* that started the child, so the supervisor starts the child in its main thread.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGCONT, 0, 0, 0)


def watch_folder(folder: Path) -> int:
    """Returns a descriptor that becomes readable when a file of the folder is complete.

    A file is complete when it is closed after writing, or renamed into the folder.
    """
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
