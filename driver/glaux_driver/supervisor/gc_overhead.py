"""Whether the JVM does nothing any more but collect garbage.

A heap that is full but for a little need not end in an OutOfMemoryError: each collection frees just enough for the next few
objects, and a JVM can go on like that for minutes, or for good. The parallel collector calls it an error (-XX:GCTimeLimit,
98 %); the serial one, which sessions have, does not. It works in the JVM's "VM Thread", and no other thread runs meanwhile: so
what tells is that thread's share of the JVM's processor time, which does not depend on what else the machine does.
"""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple, Optional

from glaux_driver.supervisor.jvm import out_of_heap
from glaux_driver.supervisor.launch import HeartbeatTimes
from glaux_driver.supervisor.processes import processor_s, thread_named

_SHARE = 0.98
_ERROR_S = 0.03
"""The kernel tells times in ticks of 10 ms."""
_LEAST_USE = 0.05
"""Of one processor: what an idle JVM uses says nothing."""


class _Use(NamedTuple):
    at_s: float
    jvm_s: float
    collector_s: float

    def is_nothing_but_collecting_since(self, before: _Use) -> bool:
        used_s = self.jvm_s - before.jvm_s
        collected_s = self.collector_s - before.collector_s
        return used_s >= _LEAST_USE * (self.at_s - before.at_s) and collected_s >= _SHARE * used_s - _ERROR_S


class GcOverhead:
    def __init__(self, jvm_pid: int, heap_mb: int, times: HeartbeatTimes) -> None:
        self._jvm_pid = jvm_pid
        self._heap_mb = heap_mb
        self._times = times
        self._collector: Optional[int] = None

    async def watch(self) -> str:
        """Returns, with the reason, when the JVM is to be given up."""
        limit_s = self._times.collecting_ms / 1000
        before = self._use()
        since = time.monotonic()
        while True:
            await asyncio.sleep(self._times.interval_ms / 1000)
            now = self._use()
            if before is None or now is None or not now.is_nothing_but_collecting_since(before):
                since = time.monotonic()
            elif time.monotonic() - since >= limit_s:
                return out_of_heap(f"for {limit_s:g} s it has done nothing but collect garbage", self._heap_mb)
            before = now

    def _use(self) -> Optional[_Use]:
        if self._collector is None:
            self._collector = thread_named(self._jvm_pid, "VM Thread")
        jvm_s = processor_s(str(self._jvm_pid))
        collector_s = processor_s(f"{self._jvm_pid}/task/{self._collector}")
        if jvm_s is None or collector_s is None:
            return None
        return _Use(time.monotonic(), jvm_s, collector_s)
