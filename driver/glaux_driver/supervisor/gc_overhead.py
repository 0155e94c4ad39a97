"""Detects a JVM that does nothing any more but collect garbage.

A nearly full heap need not end in an OutOfMemoryError: each collection frees just enough for the next few
objects, and a JVM can go on like that for minutes, or for good. The parallel collector treats this as an
error (-XX:GCTimeLimit and GCHeapFreeLimit). The serial collector, which sessions use, does not. The serial
collector works in the JVM's "VM Thread" while Java code stands still, so the sign is that thread's share of
the JVM's processor time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import NamedTuple, Optional

from glaux_driver.supervisor.jvm import out_of_heap
from glaux_driver.supervisor.launch import HeartbeatTimes
from glaux_driver.supervisor.processes import processor_s, thread_named

COLLECTOR = "VM Thread"

_SHARE = 0.98
_ERROR_S = 0.05
"""Allowed measuring error: the two processor times are read one after the other, each in ticks of 10 ms."""
_LEAST_USE = 0.25
"""The least share of one processor. A JVM that uses less, and only collects now and then, is idle."""
_USUAL_HEAP_MB = 4096

logger = logging.getLogger(__name__)


class Use(NamedTuple):
    """The processor time that was used until the moment `at_s` (monotonic clock).

    All values are in seconds.
    """

    at_s: float
    jvm_s: float
    collector_s: float

    def minus(self, before: Use) -> Use:
        return Use(*(now - then for now, then in zip(self, before)))

    @property
    def is_nothing_but_collecting(self) -> bool:
        return self.jvm_s >= _LEAST_USE * self.at_s and self.collector_s >= _SHARE * self.jvm_s - _ERROR_S


class Streak:
    """The latest stretch of time, up to now, in which the JVM only collected garbage."""

    def __init__(self) -> None:
        self._began: Optional[Use] = None

    def see(self, now: Optional[Use]) -> Use:
        """Returns what the stretch has used so far; zeros if it starts anew.

        `now` is None if the use is not known.
        """
        if now is not None and self._began is not None:
            used = now.minus(self._began)
            if used.is_nothing_but_collecting:
                return used
        self._began = now
        return Use(0, 0, 0)


class GcOverhead:
    def __init__(self, jvm_pid: int, driver_memory_mb: int, times: HeartbeatTimes) -> None:
        self._jvm_pid = jvm_pid
        self._driver_memory_mb = driver_memory_mb
        self._interval_s = times.interval_ms / 1000
        # The limit is processor time, not wall time: a JVM may also wait for a processor, or for a
        # swapped-out heap, which does not mean that its heap is full.
        self._limit_s = times.collecting_ms / 1000 * max(1, driver_memory_mb / _USUAL_HEAP_MB)
        self._collector: Optional[int] = None

    async def watch(self) -> str:
        """Returns the reason, when the JVM is to be given up."""
        streak = Streak()
        while True:
            used = streak.see(self._use())
            if used.collector_s >= self._limit_s:
                logger.warning(
                    "in %.1f s the JVM has used %.1f s of processor time, %.1f s of it to collect garbage", *used
                )
                return out_of_heap("it does nothing any more but collect garbage", self._driver_memory_mb)
            await asyncio.sleep(self._interval_s)

    def _use(self) -> Optional[Use]:
        if self._collector is None:
            self._collector = thread_named(self._jvm_pid, COLLECTOR)
        jvm_s = processor_s(str(self._jvm_pid))
        collector_s = processor_s(f"{self._jvm_pid}/task/{self._collector}")
        if jvm_s is None or collector_s is None:
            return None
        return Use(time.monotonic(), jvm_s, collector_s)
