"""Threads of another process, as the kernel has them: their names and when they began. Costs that process nothing."""

from __future__ import annotations

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
        """Epoch milliseconds."""
        age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - self.start / _TICKS_PER_SECOND
        return round((time.time() - age_s) * 1000)


def native_threads(pid: int, name: str) -> List[NativeThread]:
    """Those whose names begin like this, the oldest first; none if the process is gone."""
    wanted = name.encode()[:_NAME_LENGTH]
    folder = f"/proc/{pid}/task"
    found = []
    try:
        for tid in os.listdir(folder):
            with open(f"{folder}/{tid}/comm", "rb") as file:
                is_wanted = file.read().rstrip(b"\n") == wanted
            if is_wanted:
                found.append(NativeThread(_start(f"{folder}/{tid}/stat"), int(tid)))
    except OSError:
        return native_threads(pid, name) if os.path.isdir(folder) else []  # one has ended meanwhile
    return sorted(found)


def _start(stat: str) -> int:
    with open(stat, "rb") as file:
        return int(file.read().rpartition(b") ")[2].split()[19])
