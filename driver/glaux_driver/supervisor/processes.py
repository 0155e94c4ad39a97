"""The processes below this one.

The supervisor is a child subreaper (linux.py), so whatever a session's code does - fork twice, `setsid`, `setpgid` - its
processes stay descendants, and ending a session means killing descendants until none is left.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Dict, Iterable, List, NamedTuple, Optional, Set

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Moment(NamedTuple):
    """A point between the starts of processes. The kernel tells those in ticks of 10 ms only, so the last id is noted too."""

    ticks: int
    last_pid: int

    @classmethod
    def now(cls) -> Moment:
        with open("/proc/loadavg", "rb") as file:
            last_pid = int(file.read().split()[-1])
        return cls(int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS_PER_SECOND), last_pid)


@dataclass(frozen=True)
class Process:
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


class Children:
    """Reaps every child of this process, those adopted from dead parents too, and tells how the ones it was asked about ended.

    Nothing else in the supervisor may wait for a child.
    """

    def __init__(self) -> None:
        self._exits: Dict[int, asyncio.Future[int]] = {}
        self._popens: Dict[int, subprocess.Popen[bytes]] = {}
        self._someone_died = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self.reap)

    def watch(self, child: subprocess.Popen[bytes]) -> asyncio.Future[int]:
        """The child's return code (as subprocess has it: negative for a signal), once it has died."""
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._exits[child.pid] = future
        self._popens[child.pid] = child
        return future

    def reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._someone_died.set()
            future = self._exits.pop(pid, None)
            if future is not None:
                code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
                self._popens.pop(pid).returncode = code
                if not future.done():
                    future.set_result(code)

    async def end_all(self) -> None:
        """SIGKILL to all descendants, again and again until none is left."""
        while True:
            self._someone_died.clear()
            self.reap()
            remaining = descendants(os.getpid())
            if not remaining:
                return
            kill(remaining)
            try:
                # The time limit is for those whose parent is another descendant: nobody tells when they are gone.
                await asyncio.wait_for(self._someone_died.wait(), 0.05)
            except asyncio.TimeoutError:
                pass


def descendants(root: int, apart_from: Iterable[int] = ()) -> List[Process]:
    """All processes below `root`, zombies included, without those in `apart_from` and whatever is below these."""
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
        pass  # gone, or it changed its user: then it is not ours to kill


def _all_processes() -> Iterable[Process]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            process = _read_stat(name)
            if process is not None:
                yield process


def _read_stat(pid: str) -> Optional[Process]:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            stat = file.read()
    except OSError:
        return None
    # proc(5): the second field is the name in parentheses, which may itself hold any character
    fields = stat[stat.rindex(b")") + 2 :].split()
    return Process(int(pid), parent=int(fields[1]), state=fields[0].decode(), start=int(fields[19]))
