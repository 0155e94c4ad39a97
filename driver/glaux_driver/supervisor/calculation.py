"""One calculation, from `accepted` to `finished`: its state while it runs, and its error texts."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from typing import Callable, List, NamedTuple, Optional

from glaux_driver.messages import Finished, Run, RunnerFinished
from glaux_driver.supervisor.processes import Moment
from glaux_driver.supervisor.progress import Base, DpuMeter, Tracker

_VARIABLES_LOST = "Python variables were lost; tables and temporary views are still there."


class Failure(NamedTuple):
    type: str
    message: str


class Calculation:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.id = run.calculation_id
        self.stop_asked = asyncio.Event()
        self.is_running = asyncio.Event()
        self.returned = asyncio.Event()
        """Set when the runner has answered `finished`, or has died."""
        self.java_thread_id: Optional[int] = None
        self.was_killed = False
        self.begin(Base(), executors=0)

    def begin(
        self, progress_base: Base, executors: int, is_of_other: Callable[[str, str], bool] = lambda _group, _id: False
    ) -> None:
        """Called just before the calculation is sent to the runner.

        `is_of_other` is passed to the Tracker.
        """
        self.began_at = time.monotonic()
        self.began = Moment.now()
        self._oom_kills = _oom_kills()
        self.tracker = Tracker(self.id, progress_base, is_of_other)
        self.dpus = DpuMeter(self.began_at, executors)

    def reported(self, report: RunnerFinished) -> Finished:
        if self.stop_asked.is_set():
            return self._finished("canceled", displayed=report.displayed)
        failed = report.outcome != "completed"
        failure = Failure(report.error_type or "Error", report.error_message or "") if failed else None
        return self._finished(report.outcome, failure, displayed=report.displayed)

    def runner_exited(self, code: int, callers: List[str]) -> Finished:
        """The runner died with exit code `code`.

        `callers` names the streaming queries that call Python functions.
        """
        lost = _VARIABLES_LOST
        if callers:
            lost += f" Streaming queries whose functions were lost with them fail: {', '.join(callers)}."
        if self.was_killed:
            message = f"The code could not be interrupted, so its process was ended. {lost}"
            return self._finished("canceled", Failure("PythonProcessKilled", message), variables_lost=True)
        failure = Failure("PythonProcessLost", f"{describe_exit(code, self.memory_ran_out())} {lost}")
        outcome = "canceled" if self.stop_asked.is_set() else "failed"
        return self._finished(outcome, failure, variables_lost=True)

    def refused(self, failure: Failure) -> Finished:
        """The calculation was never accepted, so its output files are not touched."""
        return self._finished("failed", failure, displayed=False)

    def ended_by_driver(self, reason: str, clean: bool) -> Finished:
        """The driver ends while the calculation waits or runs. The session ends with the driver."""
        if clean or self.stop_asked.is_set():
            return self._finished("canceled", driver_lost=reason)
        failure = Failure("SparkDriverLost", reason)
        return self._finished("failed", failure, variables_lost=True, driver_lost=reason)

    def memory_ran_out(self) -> bool:
        """Whether the kernel has killed any process for want of memory since the calculation began."""
        return _oom_kills() > self._oom_kills

    def canceled(self) -> Finished:
        return self._finished("canceled")

    def _finished(
        self,
        outcome: str,
        failure: Optional[Failure] = None,
        variables_lost: bool = False,
        driver_lost: Optional[str] = None,
        displayed: Optional[bool] = None,
    ) -> Finished:
        now = time.monotonic()
        if displayed is None:
            displayed = _has_content(Path(self.run.results))
            if failure is not None:
                _complete_files(self.run, failure)
        return Finished(
            calculation_id=self.id,
            outcome=outcome,
            error_type=failure.type if failure else None,
            error_message=failure.message if failure else None,
            variables_lost=variables_lost,
            driver_lost=driver_lost,
            displayed=displayed,
            duration_ms=round((now - self.began_at) * 1000),
            dpu_ms=self.dpus.total_ms(now),
        )


def describe_exit(code: int, memory_ran_out: bool) -> str:
    """How a runner ended, in a sentence for the session's user."""
    if code >= 0:
        return f"The Python process ended itself with exit code {code} (os._exit, or a native library did it)."
    if code == -signal.SIGKILL and memory_ran_out:
        return "The Python process was killed because the memory ran out."
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"The Python process was ended by {name}."


def _oom_kills() -> int:
    """How many processes the kernel has killed for want of memory since boot; 0 if it does not count them."""
    try:
        with open("/proc/vmstat", "rb") as file:
            vmstat = file.read()
    except OSError:
        return 0
    _, found, after = vmstat.partition(b"\noom_kill ")
    return int(after[: after.index(b"\n")]) if found else 0


def _complete_files(run: Run, failure: Failure) -> None:
    """Creates stdout and stderr if they are missing, and appends the failure to stderr.

    A reader of stderr so learns why the output breaks off.
    """
    try:
        open(run.stdout, "ab").close()
        with open(run.stderr, "ab+") as stderr:
            size = stderr.seek(0, 2)
            stderr.seek(max(0, size - 1))
            separator = "" if stderr.read(1) in (b"", b"\n") else "\n"
            stderr.write(f"{separator}{failure.type}: {failure.message}\n".encode())
    except OSError:
        pass  # the disk is full, or the folder is gone; the `finished` event still carries the failure


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
