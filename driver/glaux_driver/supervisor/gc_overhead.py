"""Whether the JVM does nothing any more but collect garbage.

A heap that is full but for a little need not end in an OutOfMemoryError: each collection frees just enough for the next few
objects, and a JVM can go on like that for minutes, or for good. The parallel collector calls it an error (-XX:GCTimeLimit
and GCHeapFreeLimit); the serial one, which sessions have, does not. It works in the JVM's "VM Thread" while Java code stands
still: so what tells is that thread's share of the JVM's processor time.
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
"""The kernel tells the two times one after the other, each in ticks of 10 ms."""
_LEAST_USE = 0.25
"""Of one processor: a JVM that collects now and then and does nothing else is an idle one."""
_USUAL_HEAP_MB = 4096

logger = logging.getLogger(__name__)


class Use(NamedTuple):
    """Processor time that was used until a moment, in seconds."""

    at_s: float
    jvm_s: float
    collector_s: float

    def minus(self, before: Use) -> Use:
        return Use(*(now - then for now, then in zip(self, before)))

    @property
    def is_nothing_but_collecting(self) -> bool:
        return self.jvm_s >= _LEAST_USE * self.at_s and self.collector_s >= _SHARE * self.jvm_s - _ERROR_S


class Streak:
    """The time in which nothing but garbage has been collected, until now."""

    def __init__(self) -> None:
        self._began: Optional[Use] = None

    def see(self, now: Optional[Use]) -> Use:
        """What it has used so far; `now` is None if that is not known."""
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
        # Of processor time: a JVM that waits for a processor, or for a heap that is swapped out, is not at its end for that.
        self._limit_s = times.collecting_ms / 1000 * max(1, driver_memory_mb / _USUAL_HEAP_MB)
        self._collector: Optional[int] = None

    async def watch(self) -> str:
        """Returns, with the reason, when the JVM is to be given up."""
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
