"""Finding and killing the descendants of this process.

The supervisor is a child subreaper (linux.py). So whatever a session's code does - fork twice, `setsid`,
`setpgid` - its processes stay descendants of the supervisor, and ending a session means killing descendants
until none is left.

The guardian imports this module too and must stay small, so this module imports nothing large.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Dict, Iterable, List, NamedTuple, Optional, Set

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Moment(NamedTuple):
    """A point in time that is compared with the start of processes.

    The kernel gives start times only in ticks of 10 ms, so the process id that was given out last is noted
    too.
    """

    ticks: int
    last_pid: int

    @classmethod
    def now(cls) -> Moment:
        with open("/proc/loadavg", "rb") as file:
            last_pid = int(file.read().split()[-1])
        return cls(int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS_PER_SECOND), last_pid)


class Process(NamedTuple):
    pid: int
    parent: int
    state: str
    start: int
    """In clock ticks since the machine booted."""

    @property
    def lives(self) -> bool:
        return self.state not in "ZX"

    def started_after(self, moment: Moment) -> bool:
        return (self.start, self.pid) > moment


def descendants(root: int, apart_from: Iterable[int] = ()) -> List[Process]:
    """All descendants of `root`, zombies included, without the processes `apart_from` and their
    descendants.
    """
    children: Dict[int, List[Process]] = {}
    for process in _all_processes():
        children.setdefault(process.parent, []).append(process)
    excluded: Set[int] = set(apart_from)
    found: List[Process] = []
    pending = [root]
    while pending:
        for child in children.get(pending.pop(), ()):
            if child.pid not in excluded:
                found.append(child)
                pending.append(child.pid)
    return found


def kill(processes: Iterable[Process], signal_number: int = signal.SIGKILL) -> None:
    for process in processes:
        send(process.pid, signal_number)


def send(pid: int, signal_number: int) -> None:
    try:
        os.kill(pid, signal_number)
    except (ProcessLookupError, PermissionError):
        pass  # the process is gone, or has changed its user and may not be signalled


def is_alive(pid: int) -> bool:
    process = _read_stat(str(pid))
    return process is not None and process.lives


def processor_s(process: str) -> Optional[float]:
    """The processor time in seconds that a process has used; None if it is gone.

    `process` is a process id, or `<pid>/task/<tid>` for a thread.
    """
    fields = _stat_fields(process)
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND if fields is not None else None


def threads(pid: int) -> List[int]:
    """The ids of the process's threads; none if the process is gone."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def thread_named(pid: int, name: str) -> Optional[int]:
    """The id of the first thread of this name; None if there is none."""
    for thread in threads(pid):
        try:
            with open(f"/proc/{pid}/task/{thread}/comm", encoding="utf-8", errors="replace") as file:
                if file.read().rstrip("\n") == name:
                    return thread
        except OSError:
            pass  # the thread has just ended
    return None


def _all_processes() -> Iterable[Process]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            process = _read_stat(name)
            if process is not None:
                yield process


def _read_stat(pid: str) -> Optional[Process]:
    fields = _stat_fields(pid)
    if fields is None:
        return None
    return Process(int(pid), parent=int(fields[1]), state=fields[0].decode(), start=int(fields[19]))


def _stat_fields(process: str) -> Optional[List[bytes]]:
    """The fields of the process's `stat` file from the third on; None if the process is gone."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            stat = file.read()
    except OSError:
        return None
    # proc(5): the second field is the name in parentheses, and the name may hold any character.
    return stat[stat.rindex(b")") + 2 :].split()
