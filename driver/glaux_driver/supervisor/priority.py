"""How a pool member stays out of the way of user work, and takes its place once it is claimed.

A nice value belongs to a thread and is inherited by what the thread starts, so coming back means each thread of each process.
Where the kernel groups processes by session for scheduling (sched(7), "The autogroup feature"), nice values count only inside a
group, so the group steps back too. Coming back needs a right (CAP_SYS_NICE, RLIMIT_NICE); without it nothing steps back at all.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import threading
from contextlib import contextmanager
from typing import Iterable, Iterator, List

from glaux_driver.supervisor.processes import threads

_AUTOGROUP_RETRY_S = 0.15
_MOST_NICE = 19
_WEIGHT_PER_NICE = 1.25

logger = logging.getLogger(__name__)


def can_raise_priority() -> bool:
    """Tried on a thread that ends with the trial: rights are too many to be looked up."""
    results: List[bool] = []

    def try_it() -> None:
        thread = threading.get_native_id()
        normal = os.getpriority(os.PRIO_PROCESS, thread)
        try:
            os.setpriority(os.PRIO_PROCESS, thread, normal + 1)
            os.setpriority(os.PRIO_PROCESS, thread, normal)
            results.append(True)
        except OSError:
            results.append(False)

    thread = threading.Thread(target=try_it)
    thread.start()
    thread.join()
    return results == [True]


class Priority:
    """Of processes that are started `stepped_back`, in the main thread. `nice` is 0 for a driver that never steps back; `cores`
    are those that a query of a session is busy on."""

    def __init__(self, nice: int, cores: int) -> None:
        self._nice = nice
        self._group_nice = group_nice(nice, cores) if nice else 0

    @contextmanager
    def stepped_back(self) -> Iterator[None]:
        """What the block starts is born with the lower priority; this thread itself has its own again afterwards."""
        if self._nice == 0:
            yield
            return
        normal = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, normal + self._nice)
        try:
            yield
        finally:
            os.setpriority(os.PRIO_PROCESS, 0, normal)

    def step_back_with_group(self, pid: int) -> None:
        """For a process that leads a session, and so an autogroup, of its own."""
        if self._nice:
            self._set_autogroup(pid, self._group_nice)

    def come_back(self, leaders: Iterable[int]) -> None:
        """For good, with the processes of `leaders` and their autogroups. What is started from now on does not step back."""
        if self._nice == 0:
            return
        normal = os.getpriority(os.PRIO_PROCESS, 0)
        self._nice = self._group_nice = 0
        for pid in leaders:
            set_nice(pid, normal)
            self._set_autogroup(pid, 0)

    def _set_autogroup(self, pid: int, nice: int) -> None:
        try:
            with open(f"/proc/{pid}/autogroup", "w") as file:
                file.write(str(nice))
        except BlockingIOError:
            # The kernel takes one change in a tenth of a second from those without CAP_SYS_ADMIN.
            asyncio.get_running_loop().call_later(_AUTOGROUP_RETRY_S, self._retry_autogroup, pid, nice)
        except OSError:
            pass  # a kernel without autogroups, or a process that is gone

    def _retry_autogroup(self, pid: int, nice: int) -> None:
        if nice == self._group_nice:
            self._set_autogroup(pid, nice)


def group_nice(nice: int, cores: int) -> int:
    """How far an autogroup steps back to be `nice` steps behind one that is busy on all of `cores`, on each of them: the kernel
    spreads a group's weight over the cores that it is busy on, and one that boots brings nearly all of its own to a single core.
    A step of nice stands for a factor of 1.25 (sched(7)). 19 is the most there is: at nice 10 it is enough for 7 cores, and
    where there are more, a boot holds up one of many."""
    return min(nice + math.ceil(math.log(cores, _WEIGHT_PER_NICE)), _MOST_NICE)


def set_nice(pid: int, nice: int) -> None:
    """Of all threads: passes are made until one finds nothing to do, as a thread may start others meanwhile."""
    changed = True
    while changed:
        changed = False
        for thread in threads(pid):
            try:
                if os.getpriority(os.PRIO_PROCESS, thread) != nice:
                    os.setpriority(os.PRIO_PROCESS, thread, nice)
                    changed = True
            except ProcessLookupError:
                pass
            except OSError as error:
                logger.warning("the priority of a thread of %d cannot be set: %s", pid, error)
                return
