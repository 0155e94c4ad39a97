"""Stopping a calculation: a ladder of measures, repeated in rounds until the runner has returned from the
calculation.

1. The runner gets SIGINT, which reaches Python code, and `cancelJobGroup` cancels Spark jobs that the main
   thread waits for. A message tells the runner too, because code may ignore SIGINT. The calculation's
   streaming queries are stopped, because code often awaits a query.
2. From the second round on, three more things are ended. All jobs are cancelled, because jobs of user threads
   carry no group; only jobs of streaming queries that other calculations have started are spared. Child
   processes that the calculation has started are killed, because `os.system` blocks SIGINT. The Java thread
   for which the runner waits is interrupted, because the runner may be in a call that is not a job.
3. After `kill_after_ms` the runner is killed if it has not returned. A runner returns when no thread runs
   code of the calculation any more (runner/stop_threads.py). It is also killed if new jobs show that a thread
   still does. Spark's context stays; the Python variables are lost.

The rounds must be repeated: a cancel that arrives before its job is submitted has no effect, and code goes on
after `os.system` returns.

When the runner has returned, `settle` waits until nothing of the calculation is left, however long that
takes; settling.py decides when that is. A calculation is never reported as canceled while any of these goes
on: a task or a process of the calculation; a streaming query, which may be between two batches; a call that
will submit a job at its end, as compiling a query takes seconds that no interruption shortens. A task in Java
code that ignores its interruption cannot be ended. The calculation is then not canceled until the task ends
by itself, or the session ends.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Callable, List, Optional, Set

from py4j.protocol import Py4JError

from glaux_driver.supervisor.calculation import Calculation
from glaux_driver.supervisor.java_errors import first_line
from glaux_driver.supervisor.launch import StopTimes
from glaux_driver.supervisor.own_processes import end, own_processes
from glaux_driver.supervisor.processes import Process, is_alive
from glaux_driver.supervisor.queries import Look, Queries
from glaux_driver.supervisor.runner import Runner
from glaux_driver.supervisor.settling import Seen, Settling, State
from glaux_driver.supervisor.spark import Activity, Spark
from glaux_driver.supervisor.worker import Worker

_SETTLE_POLL_S = 0.05

logger = logging.getLogger(__name__)


class Ladder:
    def __init__(
        self,
        calculation: Calculation,
        runner: Runner,
        spark: Spark,
        queries: Queries,
        control: Worker,
        jvm_pid: int,
        times: StopTimes,
    ) -> None:
        self._calculation = calculation
        self._runner = runner
        self._spark = spark
        self._queries = queries
        self._control = control
        self._jvm_pid = jvm_pid
        self._times = times
        self._kill_at = time.monotonic() + times.kill_after_ms / 1000
        self._call: Optional[asyncio.Future[None]] = None

    async def climb(self) -> None:
        """Waits until a stop is asked for.

        Returns when the runner has returned from the calculation or was killed.
        """
        calculation = self._calculation
        await calculation.stop_asked.wait()
        self._kill_at = time.monotonic() + self._times.kill_after_ms / 1000
        # Outside a calculation the runner ignores SIGINT, so a SIGINT before the calculation runs would be
        # lost.
        await _wait(calculation.is_running, self._times.repeat_ms / 1000)
        self._runner.stop(calculation.id)
        rung = 0
        while not calculation.returned.is_set():
            remaining = self._kill_at - time.monotonic()
            if remaining <= 0:
                self._kill()
                return
            rung += 1
            self._interrupt(everything=rung > 1)
            await _wait(calculation.returned, min(self._times.repeat_ms / 1000, remaining))

    async def settle(self) -> None:
        """Ends what is left of the calculation.

        Returns when no task, query, call or process of it is left.
        """
        settling = Settling.begin(time.monotonic(), self._kill_at)
        self._cancel_jobs(everything=False)  # with Spark 4, this also refuses later jobs of the group
        while settling.state is not State.SETTLED:
            processes = self._own_processes()
            end(processes, self._jvm_pid)
            activity = await self._activity()
            if activity is None:
                await asyncio.sleep(_SETTLE_POLL_S)
                continue
            seen = self._seen(processes, await self._has_queries(), activity)
            others = self._calculation.tracker.others(activity)
            are_threads_idle = settling.asks_threads(seen) and await self._no_thread_works(others)
            settling, kills, warns = settling.after(seen, are_threads_idle, time.monotonic())
            if kills:
                self._kill()
            if settling.state is State.GOING_ON:
                self._cancel_jobs(everything=True)
            if warns:
                logger.warning(
                    "calculation %s: what it started does not end although it was canceled", self._calculation.id
                )
            if settling.state in (State.GOING_ON, State.QUIET):
                await asyncio.sleep(_SETTLE_POLL_S)

    def _seen(self, processes: List[Process], has_queries: bool, activity: Activity) -> Seen:
        tracker = self._calculation.tracker
        return Seen(
            has_processes=bool(processes),
            has_queries=has_queries,
            has_jobs=tracker.is_active(activity),
            newest_job=tracker.newest_job(activity),
            is_unsure=tracker.has_jobs_of_threads(activity) or tracker.misses_job(activity),
        )

    def _kill(self) -> None:
        if not self._runner.exited.done():
            self._calculation.was_killed = True
            self._runner.kill()

    def _interrupt(self, everything: bool) -> None:
        # SIGINT comes first, so that the code sees its interruption. The code might handle a failed job and
        # go on.
        self._runner.interrupt()
        if everything:
            end(self._own_processes(), self._jvm_pid)
        self._cancel_jobs(everything)

    def _cancel_jobs(self, everything: bool) -> None:
        """Starts to cancel without waiting: a JVM that hangs must not keep the ladder from its last rung."""
        if self._call is None or self._call.done():
            self._call = self._control.call(self._cancel_now, everything)

    def _cancel_now(self, everything: bool) -> None:
        spark, calculation = self._spark, self._calculation
        if not everything and self._queries.told_of(calculation.id):
            _try(self._stop_queries)
        future_too = everything or calculation.returned.is_set()
        _try(lambda: spark.cancel_group(calculation.id, future_too))
        if everything:
            _try(lambda: spark.cancel_all(but=lambda: self._stop_queries().that_go_on))
            thread_id = calculation.java_thread_id
            if thread_id is not None and not calculation.returned.is_set():
                _try(lambda: spark.interrupt_call(thread_id))

    def _stop_queries(self) -> Look:
        """Stops the calculation's streaming queries."""
        look = self._queries.look(self._calculation.id, self._calculation.began)
        self._queries.stop(look.own)
        return look

    async def _has_queries(self) -> bool:
        """Stops the calculation's streaming queries.

        True while there are such queries, or if that is not known.
        """
        try:
            look = await self._control.call(self._stop_queries)
        except (Py4JError, OSError) as error:
            logger.info("the streaming queries are not known: %s", first_line(error))
            return True
        return bool(look.own or look.unknown)

    async def _activity(self) -> Optional[Activity]:
        """What runs now; None if that is not known.

        Waits for a JVM that does not answer, because it may be at work. The heartbeat gives up a JVM that
        hangs.
        """
        try:
            return await self._control.call(self._spark.settled_activity)
        except (Py4JError, OSError) as error:
            logger.info("what runs is not known: %s", first_line(error))
        return Activity([], [], []) if await self._nothing_can_run() else None

    async def _no_thread_works(self, stages_of_others: Set[int]) -> bool:
        """Whether no thread of the JVM works for the calculation.

        A thread works if it prepares a job, or runs a task that the status store does not have yet or any
        more. Calls of a dead runner are interrupted, because nobody waits for them.
        """
        try:
            if self._runner.exited.done() and not await self._control.call(self._spark.ends_calls_of_others):
                return False
            work = await self._control.call(self._spark.work)
        except (Py4JError, OSError) as error:
            logger.info("what the threads of Java do is not known: %s", first_line(error))
            return await self._nothing_can_run()
        starts_of_others = self._queries.starts_of_others(self._calculation.id)
        return (
            not work.prepares_queries and work.streams_starting <= starts_of_others and work.stages <= stages_of_others
        )

    async def _nothing_can_run(self) -> bool:
        """Whether the JVM is gone, or user code has stopped the context."""
        try:
            return await self._control.call(self._spark.has_no_context)
        except (Py4JError, OSError):
            return not is_alive(self._jvm_pid)

    def _own_processes(self) -> List[Process]:
        return own_processes(self._calculation.began, self._runner.pid, self._jvm_pid)


async def _wait(event: asyncio.Event, limit_s: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), limit_s)
    except asyncio.TimeoutError:
        pass


def _try(step: Callable[[], object]) -> None:
    """Runs `step`, and logs its failure, so that the next step is tried too.

    Steps fail if user code has stopped the context.
    """
    try:
        step()
    except (Py4JError, OSError) as error:
        logger.info("a step of the stop ladder failed: %s", first_line(error))
