"""Ends the threads of a calculation that was stopped.

SystemExit is raised in each thread that runs code of the user; threading prints nothing about a SystemExit.
The error is raised before the thread's next line of Python. So a thread that waits in a call ends when that
call returns, and counts as ended. A thread that goes on all the same, in C code or in a handler that swallows
everything, keeps the calculation from ending until the supervisor kills the process.

Threads with no code of the user on their stack are left alone: idle workers of a pool, the helpers of
libraries.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from typing import Any, Dict

from glaux_driver.runner.callbacks import Callbacks
from glaux_driver.runner.coroutines import Coroutines
from glaux_driver.runner.libraries import has_code_of_user
from glaux_driver.runner.output import Output
from glaux_driver.runner.threads import Threads

_LOOK_EVERY_S = 0.1


def stop_threads(threads: Threads, callbacks: Callbacks, coroutines: Coroutines, output: Output) -> None:
    """Returns when no thread runs code of the calculation any more.
    To be called in the main thread, when the code there has ended."""
    waiting: Dict[int, str] = {}
    while True:
        running = {thread.ident: _activity(thread) for thread in _running(threads, output) if thread.ident is not None}
        # Tasks are canceled after the look at the threads:
        # a thread that the look did not find has submitted its last task.
        was_more = threads.cancel_what_waits(output)
        was_more = coroutines.cancel(output) or was_more
        # A thread that has not moved since it was told to end can only wake up to end.
        if not was_more and all(activity and waiting.get(ident) == activity for ident, activity in running.items()):
            for ident in running:
                callbacks.hang_up(ident)
            return
        for ident in running:
            _tell_to_end(ident, threads, output)
        waiting = running
        time.sleep(_LOOK_EVERY_S)


def _tell_to_end(ident: int, threads: Threads, output: Output) -> None:
    """Raises SystemExit in the thread, unless the thread has left the user's code since the look. Otherwise
    its pool would lose a worker, or would have a lock that is never released."""

    def tell() -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(SystemExit))

    if not threads.in_task(output, ident, tell) and has_code_of_user(sys._current_frames().get(ident)):
        tell()


def _running(threads: Threads, output: Output) -> list[threading.Thread]:
    frames: Dict[int, Any] = sys._current_frames()
    return [
        thread
        for thread, is_task in threads.of(output)
        if thread.is_alive() and (is_task or has_code_of_user(frames.get(thread.ident or 0)))
    ]


def _activity(thread: threading.Thread) -> str:
    """How often the thread has got and left a processor, as a text;
    empty while the thread runs, or is ready to run."""
    try:
        with open(f"/proc/self/task/{thread.native_id}/status") as file:
            lines = file.read().splitlines()
    except OSError:
        return ""
    state = next(line for line in lines if line.startswith("State:"))
    return " ".join(line for line in lines if "ctxt_switches" in line) if "S (sleeping)" in state else ""
