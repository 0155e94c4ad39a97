"""Whether the JVM still answers.

The supervisor asks rarely, with one cheap call, on a worker thread, as the call hangs if the JVM does.
"""

from __future__ import annotations

import asyncio
from typing import Callable, Optional

from glaux_driver.supervisor.launch import HeartbeatTimes
from glaux_driver.supervisor.spark import Spark
from glaux_driver.supervisor.worker import Worker

_PING_WAIT_S = 1.0
_RECENT_S = 5.0
_RETRY_S = 0.5


class Heartbeat:
    def __init__(
        self,
        spark: Spark,
        worker: Worker,
        jvm_exited: asyncio.Future[int],
        times: HeartbeatTimes,
        on_degraded: Callable[[str], None],
        on_recovered: Callable[[], None],
        awake_s: Callable[[], float],
    ) -> None:
        self._spark = spark
        self._worker = worker
        self._jvm_exited = jvm_exited
        self._times = times
        self._on_degraded = on_degraded
        self._on_recovered = on_recovered
        self._awake_s = awake_s
        self._question: Optional[asyncio.Future[None]] = None
        self._answered_at = self._awake_s()

    async def watch(self) -> str:
        """Returns the reason, when the JVM has been silent for so long that it is given up."""
        times = self._times
        while True:
            await asyncio.sleep(times.interval_ms / 1000)
            if await self._answers(times.degraded_ms):
                continue
            self._on_degraded(f"the Spark driver has not answered for {times.degraded_ms / 1000:g} s")
            if not await self._answers(times.end_ms - times.degraded_ms):
                return f"the Spark driver has not answered for {times.end_ms / 1000:g} s"
            self._on_recovered()

    async def answered_lately(self) -> bool:
        """Asks the JVM, and waits at most one second.

        True if the JVM has answered within the last five seconds.
        """
        asking = asyncio.ensure_future(self._answers(_PING_WAIT_S * 1000))
        # A timeout by the real clock, because the clock of awake time stands still while the JVM is paused.
        await asyncio.wait({asking}, timeout=_PING_WAIT_S)
        asking.cancel()
        return self._awake_s() - self._answered_at < _RECENT_S

    async def _answers(self, limit_ms: float) -> bool:
        """Also true for a JVM that has ended: its exit code gives a better reason than its silence."""
        give_up_at = self._awake_s() + limit_ms / 1000
        while not self._jvm_exited.done():
            remaining = give_up_at - self._awake_s()
            if remaining <= 0:
                return False
            if await self._answers_once(remaining):
                return True
            # A refused connection counts as silence, unless the JVM is just ending.
            await asyncio.wait({self._jvm_exited}, timeout=min(_RETRY_S, max(0, give_up_at - self._awake_s())))
        return True

    async def _answers_once(self, limit_s: float) -> bool:
        if self._question is None or self._question.done():
            self._question = self._worker.call(self._spark.answer)
        question = self._question
        await asyncio.wait({question}, timeout=limit_s)
        if not question.done() or question.exception() is not None:
            return False
        self._answered_at = self._awake_s()
        return True
