"""Reads the threads of another process from /proc: their names and start times.

The other process does no work for it.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import List, NamedTuple

from glaux_driver.supervisor.processes import Moment

_NAME_LENGTH = 15
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class NativeThread(NamedTuple):
    start: int
    """In clock ticks since the machine booted."""
    tid: int

    def started_after(self, moment: Moment) -> bool:
        return (self.start, self.tid) > moment

    def since_at(self) -> int:
        """When the thread began, in epoch milliseconds."""
        age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - self.start / _TICKS_PER_SECOND
        return round((time.time() - age_s) * 1000)


def native_threads(pid: int, name: str) -> List[NativeThread]:
    """The process's threads of this name, the oldest first; none if the process is gone.

    The kernel keeps 15 bytes of a thread's name, so only the first 15 bytes of `name` are compared.
    """
    wanted = name.encode()[:_NAME_LENGTH]
    folder = f"/proc/{pid}/task"
    try:
        tids = os.listdir(folder)
    except OSError:
        return []
    found = []
    for tid in tids:
        with contextlib.suppress(OSError):  # this thread has ended meanwhile
            if _name(f"{folder}/{tid}/comm") == wanted:
                found.append(NativeThread(_start(f"{folder}/{tid}/stat"), int(tid)))
    return sorted(found)


def _name(comm: str) -> bytes:
    with open(comm, "rb") as file:
        return file.read().rstrip(b"\n")


def _start(stat: str) -> int:
    with open(stat, "rb") as file:
        return int(file.read().rpartition(b") ")[2].split()[19])
