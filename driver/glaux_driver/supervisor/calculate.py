"""Running one calculation, with two tasks beside it: polling its progress, and the stop ladder."""

from __future__ import annotations

import asyncio
from typing import Callable, List, NamedTuple, Optional

from glaux_driver.messages import Finished, Message, Progress, RunnerFinished, RunnerRunning, Running
from glaux_driver.supervisor.calculation import Calculation
from glaux_driver.supervisor.launch import StopTimes
from glaux_driver.supervisor.progress import poll
from glaux_driver.supervisor.runner import RunnerExited
from glaux_driver.supervisor.runtime import SparkRuntime
from glaux_driver.supervisor.stop import Ladder


class Outcome(NamedTuple):
    """How a calculation ended: its `finished` event, and whether user code stopped the Spark context."""

    finished: Finished
    context_stopped: bool = False


async def calculate(
    calculation: Calculation,
    runtime: SparkRuntime,
    times: StopTimes,
    publish: Callable[[Message], None],
    publish_progress: Callable[[Progress], None],
) -> Outcome:
    """Raises DriverLost if the JVM died during the calculation.

    The runner's death raises nothing: it is an outcome.
    """
    runner = runtime.runner
    calculation.begin(runtime.progress_base, runtime.executors, runtime.queries.is_of_other)
    running, finished = runner.run(calculation.run)
    running.add_done_callback(lambda future: _note_running(future, calculation, publish))
    ladder = Ladder(calculation, runner, runtime.spark, runtime.queries, runtime.control, runtime.jvm.pid, times)
    beside = [
        asyncio.ensure_future(ladder.climb()),
        asyncio.ensure_future(
            poll(calculation.tracker, calculation.dpus, runtime.spark, runtime.watch, publish_progress)
        ),
    ]
    report: Optional[RunnerFinished] = None
    callers: List[str]
    exit_code, callers = 0, []
    try:
        report = await finished
    except RunnerExited as error:
        exit_code = error.code
    finally:
        calculation.returned.set()
        for task in beside:
            task.cancel()
    if report is None:
        callers = await runtime.callers_of_python(calculation.id, but_own=calculation.stop_asked.is_set())
    if not calculation.was_killed and (report is None or _may_be_of_a_lost_jvm(report)):
        await runtime.check_jvm()
    if calculation.stop_asked.is_set():
        await ladder.settle()
        runtime.queries.forget_starts(calculation.id)
        if calculation.was_killed and report is not None:
            report, exit_code = None, await runner.exited
        runner.clear_interrupt()  # last, because from here on the ladder no longer interrupts the Java thread
    runtime.executors = calculation.dpus.executors
    if report is None:
        return Outcome(calculation.runner_exited(exit_code, callers))
    return Outcome(calculation.reported(report), report.context_stopped)


def _note_running(
    future: asyncio.Future[RunnerRunning], calculation: Calculation, publish: Callable[[Message], None]
) -> None:
    if not future.cancelled() and future.exception() is None:
        calculation.java_thread_id = future.result().java_thread_id
        calculation.is_running.set()
        publish(Running(calculation.id))


def _may_be_of_a_lost_jvm(report: RunnerFinished) -> bool:
    """Whether a call into Spark failed in a way that a dead JVM would cause.

    A runner ends soon after its JVM, and the supervisor may notice the runner's end first.
    """
    error = report.error_type or ""
    return report.outcome != "completed" and error.startswith(("Py4J", "Connection"))
