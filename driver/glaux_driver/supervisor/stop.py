"""Stopping a calculation: a ladder, repeated until the runner has returned from it.

1. SIGINT to the runner and `cancelJobGroup`, which reach Python code, and Spark jobs the main thread waits for.
2. From the second round on also: all jobs (those of user threads carry no group), child processes the calculation has started
   (`os.system` blocks SIGINT), and the Java thread that the runner waits for (any call that is not a job).
3. After `kill_after_ms` the runner is killed. Spark's context stays; the Python variables are lost.

Each round is needed: a cancel that arrives before the job is submitted is lost, and code goes on behind `os.system`.
Once control is back, `settle` waits until nothing of the calculation is left.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import Callable, List, Optional

from py4j.protocol import Py4JError

from glaux_driver.supervisor.calculation import Calculation
from glaux_driver.supervisor.launch import StopTimes
from glaux_driver.supervisor.processes import Process, descendants, kill
from glaux_driver.supervisor.runner import Runner
from glaux_driver.supervisor.spark import Spark, first_line
from glaux_driver.supervisor.worker import Worker

_SETTLE_POLL_S = 0.05
_SETTLE_LIMIT_S = 60.0

logger = logging.getLogger(__name__)


class Ladder:
    def __init__(
        self, calculation: Calculation, runner: Runner, spark: Spark, control: Worker, jvm_pid: int, times: StopTimes
    ) -> None:
        self._calculation = calculation
        self._runner = runner
        self._spark = spark
        self._control = control
        self._jvm_pid = jvm_pid
        self._times = times
        self._call: Optional[asyncio.Future[None]] = None

    async def climb(self) -> None:
        """Waits for the stop to be asked for, and returns when the runner has returned or was killed."""
        calculation = self._calculation
        await calculation.stop_asked.wait()
        kill_at = time.monotonic() + self._times.kill_after_ms / 1000
        # Outside a calculation the runner ignores SIGINT, so the first one would be wasted before it has begun.
        await _wait(calculation.is_running, self._times.repeat_ms / 1000)
        rung = 0
        while not calculation.returned.is_set():
            remaining = kill_at - time.monotonic()
            if remaining <= 0:
                calculation.was_killed = True
                self._runner.kill()
                return
            rung += 1
            self._interrupt(everything=rung > 1)
            await _wait(calculation.returned, min(self._times.repeat_ms / 1000, remaining))

    async def settle(self) -> None:
        """Ends what is left of the calculation, and returns when neither a task nor a process of it is."""
        give_up_at = time.monotonic() + _SETTLE_LIMIT_S
        while time.monotonic() < give_up_at:
            processes = self._own_processes()
            kill(processes)
            tasks = await self._has_tasks(give_up_at - time.monotonic())
            if not tasks and not processes:
                return
            if tasks:
                self._cancel_jobs(everything=True)
            await asyncio.sleep(_SETTLE_POLL_S)
        logger.warning("calculation %s: tasks do not end although they were canceled", self._calculation.id)

    def _interrupt(self, everything: bool) -> None:
        # SIGINT first: the code shall see its interruption, not the failure of a job that it might handle and go on.
        self._runner.interrupt()
        if everything:
            kill(self._own_processes())
        self._cancel_jobs(everything)

    def _cancel_jobs(self, everything: bool) -> None:
        """Not awaited: a JVM that hangs must not keep the ladder from its last rung."""
        if self._call is None or self._call.done():
            self._call = self._control.call(self._cancel_now, everything)

    def _cancel_now(self, everything: bool) -> None:
        spark, calculation = self._spark, self._calculation
        _try(lambda: spark.cancel_group(calculation.id))
        if everything:
            _try(spark.cancel_all)
            thread_id = calculation.java_thread_id
            if thread_id is not None and not calculation.returned.is_set():
                _try(lambda: spark.interrupt_call(thread_id))

    async def _has_tasks(self, limit_s: float) -> bool:
        """True also if the JVM does not tell within the limit."""
        question = self._control.call(self._spark.settled_activity)
        await asyncio.wait({question}, timeout=limit_s)
        if not question.done():
            question.cancel()
            return True
        try:
            return self._calculation.tracker.is_active(question.result())
        except (Py4JError, OSError):
            return False  # the JVM is gone, or user code has stopped the context: then so have the tasks

    def _own_processes(self) -> List[Process]:
        """Whatever was started below the supervisor since the calculation began, except by the JVM."""
        below = descendants(os.getpid(), apart_from=[self._jvm_pid])
        began = self._calculation.began
        return [one for one in below if one.lives and one.started_after(began) and one.pid != self._runner.pid]


async def _wait(event: asyncio.Event, limit_s: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), limit_s)
    except asyncio.TimeoutError:
        pass


def _try(step: Callable[[], object]) -> None:
    """One that fails, as they do on a context that user code has stopped, must not keep the next from being tried."""
    try:
        step()
    except (Py4JError, OSError) as error:
        logger.info("a step of the stop ladder failed: %s", first_line(error))
