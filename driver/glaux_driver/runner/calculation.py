"""Runs one calculation in the runner, from its `running` to its `finished`."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import Callable, Optional

from glaux_driver.messages import Run, RunnerFinished
from glaux_driver.runner.capture import Capture
from glaux_driver.runner.errors import format_error, summarize, type_name
from glaux_driver.runner.interrupt import Interrupts
from glaux_driver.runner.output import Output
from glaux_driver.runner.stop_threads import stop_threads


@dataclass(frozen=True)
class Result:
    outcome: str
    error_type: Optional[str] = None
    error_message: Optional[str] = None
    text: str = ""
    """The error's text for stderr."""


def run_calculation(
    request: Run,
    capture: Capture,
    interrupts: Interrupts,
    on_running: Callable[[], None],
    execute: Callable[[str], None],
    is_told_to_stop: Callable[[], bool],
    is_context_stopped: Callable[[], bool],
    keep_error: Callable[[str], None],
) -> RunnerFinished:
    """Runs the code with its output captured. Whatever the code raises, this function returns.

    `is_told_to_stop` also tells of a stop whose signals the code ignores, as os.system does.
    `keep_error` is called with the text of an error."""

    def is_stopped() -> bool:
        # The signal and the message of a stop may arrive in either order, as another thread reads messages.
        return interrupts.asked or is_told_to_stop()

    process = os.getpid()
    try:
        output = Output(request)
    except OSError as error:
        return RunnerFinished(request.calculation_id, "failed", *summarize(error), False, is_context_stopped())
    capture.begin(output)
    on_running()
    result = _outcome(lambda: interrupts.run(lambda: execute(request.code)), is_stopped)
    if os.getpid() != process:
        _leave_fork(capture, output, result)
    if is_stopped():
        stop_threads(capture.threads, capture.callbacks, capture.coroutines, output)
    capture.flush()
    if result.text:
        # A full disk must not keep the outcome from being reported.
        with contextlib.suppress(OSError):
            output.write_error(result.text + "\n")
        keep_error(result.text)
    capture.end()
    displayed = output.displayed
    # User code may keep an exception.
    # The exception keeps this frame, and the frame would keep the open files.
    del output
    return RunnerFinished(
        request.calculation_id,
        result.outcome,
        result.error_type,
        result.error_message,
        displayed,
        is_context_stopped(),
    )


def _outcome(action: Callable[[], None], is_stopped: Callable[[], bool]) -> Result:
    """Runs the action. Any exception after a request to stop counts as the stop's effect, because what the
    cancellation broke can fail in many ways. Such an exception's text is not the code's own, so nobody is
    shown it."""
    try:
        action()
    except BaseException as error:
        result = _failure(error)
        return Result("canceled") if is_stopped() and result.outcome == "failed" else result
    return Result("completed")


def _failure(error: BaseException) -> Result:
    """The result of code that raised.
    The error's own code runs here (`__str__`, properties, its metaclass) and may raise anything."""
    try:
        if isinstance(error, SystemExit) and _is_success(error.code):
            return Result("completed")
        return Result("failed", *summarize(error), format_error(error))
    except BaseException as problem:
        message = f"<could not be shown: {type_name(problem)}>"
        return Result("failed", type_name(error), message, f"{type_name(error)}: {message}")


def _is_success(code: object) -> bool:
    """Whether Python takes this exit code for a success."""
    return code is None or (isinstance(code, int) and code == 0)


def _leave_fork(capture: Capture, output: Output, result: Result) -> None:
    """Ends a child process that user code forked and that has come to the end of the code.
    The child must not go on as a second runner."""
    capture.flush()
    if result.text:
        with contextlib.suppress(OSError):
            output.write_error(result.text + "\n")
    os._exit(0 if result.outcome == "completed" else 1)
