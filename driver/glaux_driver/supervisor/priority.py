"""How a pool member runs at a lower priority than user work, and gets normal priority when it is claimed.

A nice value belongs to a thread, and the threads and processes that the thread starts inherit the value. So
to restore the normal priority, each thread of each process must be changed. The kernel may group processes by
session for scheduling (sched(7), "The autogroup feature"). Then nice values count only inside a group, so the
group's own nice value is raised too. Lowering a nice value again needs a right (CAP_SYS_NICE, RLIMIT_NICE).
Without this right, no priority is lowered in the first place.
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
    """Whether this process may lower a nice value again.

    It is tried on a thread made for the purpose, because too many rights would have to be looked up.
    """
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
    """The priority of the driver's processes, which the main thread starts inside `stepped_back`.

    `nice` is 0 for a driver that never lowers its priority. `cores` is how many cores a session's query keeps
    busy.
    """

    def __init__(self, nice: int, cores: int) -> None:
        self._nice = nice
        self._group_nice = group_nice(nice, cores) if nice else 0

    @contextmanager
    def stepped_back(self) -> Iterator[None]:
        """Processes that the block starts inherit the lower priority.

        After it, this thread's own is restored.
        """
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
        """Lowers the priority of an autogroup.

        The process `pid` must lead a session, and so an autogroup, of its own.
        """
        if self._nice:
            self._set_autogroup(pid, self._group_nice)

    def come_back(self, leaders: Iterable[int]) -> None:
        """Restores the normal priority of the processes `leaders` and of their autogroups, for good.

        Processes that are started from now on have normal priority.
        """
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
            # Without CAP_SYS_ADMIN, the kernel accepts only one change in a tenth of a second.
            asyncio.get_running_loop().call_later(_AUTOGROUP_RETRY_S, self._retry_autogroup, pid, nice)
        except OSError:
            pass  # the kernel has no autogroups, or the process is gone

    def _retry_autogroup(self, pid: int, nice: int) -> None:
        if nice == self._group_nice:
            self._set_autogroup(pid, nice)


def group_nice(nice: int, cores: int) -> int:
    """The nice value of a booting driver's autogroup that puts it `nice` steps behind a busy group, on each
    core.

    The busy group is a session's, whose query keeps all of `cores` busy. The kernel spreads a group's weight
    over the cores that the group is busy on. A group that boots has nearly all of its weight on a single
    core, so it must step back further. A step of nice stands for a factor of 1.25 (sched(7)). The highest
    nice value is 19. At nice 10 it is enough for 7 cores; on more cores, a boot slows down only one of many.
    """
    return min(nice + math.ceil(math.log(cores, _WEIGHT_PER_NICE)), _MOST_NICE)


def set_nice(pid: int, nice: int) -> None:
    """Sets the nice value of all threads of a process.

    A thread may start others meanwhile, so passes over the threads are repeated until a pass changes nothing.
    """
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
