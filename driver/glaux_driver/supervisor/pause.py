"""Pausing a pool member while user work runs. Its processes are stopped; its supervisor goes on answering.

Time limits and heartbeats count only the time in which the processes were awake, so a pause is not taken for
silence.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Callable, Coroutine, Optional, Set, TypeVar

from glaux_driver.supervisor.processes import descendants, kill

T = TypeVar("T")


class Stillness:
    def __init__(self) -> None:
        self._since: Optional[float] = None
        self._slept_s = 0.0

    @property
    def is_paused(self) -> bool:
        return self._since is not None

    def pause(self) -> None:
        if self._since is None:
            self._since = time.monotonic()
            stopped: Set[int] = set()
            while True:
                # A process may start another before it is stopped, so look again until nothing new is found.
                new = [one for one in descendants(os.getpid()) if one.lives and one.pid not in stopped]
                if not new:
                    return
                kill(new, signal.SIGSTOP)
                stopped.update(one.pid for one in new)

    def resume(self) -> None:
        if self._since is not None:
            self._slept_s += time.monotonic() - self._since
            self._since = None
            kill(descendants(os.getpid()), signal.SIGCONT)

    def awake_s(self) -> float:
        """The monotonic clock in seconds, without the time in which the processes were paused."""
        now = time.monotonic()
        return now - self._slept_s - (now - self._since if self._since is not None else 0)


async def within(work: Coroutine[object, None, T], limit_s: float, awake_s: Callable[[], float]) -> T:
    """Like asyncio.wait_for, but `limit_s` is measured by the clock `awake_s`.

    Raises asyncio.TimeoutError.
    """
    task = asyncio.ensure_future(work)
    give_up_at = awake_s() + limit_s
    try:
        while not task.done():
            remaining_s = give_up_at - awake_s()
            if remaining_s <= 0:
                raise asyncio.TimeoutError
            await asyncio.wait({task}, timeout=remaining_s)
        return task.result()
    finally:
        task.cancel()
