"""Stopping the code that runs in the main thread, by SIGINT.

The supervisor signals again and again until the calculation is over. What a signal does:

- Outside a calculation: nothing.
- While the main thread waits for the JVM: it is remembered, and KeyboardInterrupt is raised once the answer has been read (the
  supervisor cancels the job or interrupts the Java thread, so an answer comes). Raising at once would leave py4j's connection
  out of step, and the Java thread with the session's job group and properties would be lost with it. This is also why
  PySpark's own handler, which calls the JVM on the very connection that is waiting, must never be in place.
- Otherwise: KeyboardInterrupt is raised at once.
- From the second one on, the code has swallowed the first: KeyboardInterrupt is also raised at the next line of user code that
  is reached, which is the handler itself, outside its own `try`.

What this does not stop (C code that does not return, handlers within handlers) the supervisor kills.
"""

from __future__ import annotations

import functools
import signal
import sys
import threading
from types import FrameType
from typing import Any, Callable

from glaux_driver.runner import files_of_user


class Interrupts:
    def __init__(self) -> None:
        self.asked = False
        """A signal came during the calculation that runs or ran last."""
        self._running = False
        self._depth = 0
        self._pending = False
        self._raised = 0

    def install(self) -> None:
        """Once, after importing pyspark and before any context is made."""
        from py4j.clientserver import JavaClient
        from pyspark import SparkContext

        # Not at ClientServerConnection: py4j closes the connection when that one raises.
        JavaClient.send_command = self._wait_first(JavaClient.send_command)
        SparkContext.__init__ = _keep_handler(SparkContext.__init__)  # type: ignore[method-assign]
        signal.signal(signal.SIGINT, self._on_signal)

    def run(self, action: Callable[[], None]) -> None:
        """Runs it in the main thread; SIGINT has an effect in it, and neither before nor after."""
        signal.signal(signal.SIGINT, self._on_signal)  # user code may have set its own
        self.asked = self._pending = False
        self._raised = 0
        try:
            try:
                self._running = True
                action()
            finally:
                self._running = False
        finally:
            # Again, for a signal that hit the line above.
            self._running = self._pending = False
            if self._raised > 1:
                sys.settrace(None)

    def _on_signal(self, _signal: int, frame: FrameType | None) -> None:
        if not self._running:
            return
        self.asked = True
        if self._depth:
            self._pending = True
        else:
            self._interrupt(frame)

    def _interrupt(self, frame: FrameType | None) -> None:
        self._raised += 1
        if self._raised > 1:
            while frame is not None:
                if frame.f_code.co_filename in files_of_user:
                    frame.f_trace = _raise_at_line
                frame = frame.f_back
            sys.settrace(_raise_at_line)
        raise KeyboardInterrupt

    def _wait_first(self, send_command: Callable[..., Any]) -> Callable[..., Any]:
        main = threading.main_thread().ident

        @functools.wraps(send_command)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != main:
                return send_command(*args, **kwargs)
            self._depth += 1
            try:
                return send_command(*args, **kwargs)
            finally:
                self._depth -= 1
                if self._pending and not self._depth:
                    self._pending = False
                    self._interrupt(sys._getframe())

        return wrapper


def _raise_at_line(frame: FrameType, event: str, _argument: Any) -> Any:
    """A trace function. Python drops it when it raises, so it acts once for each signal."""
    if frame.f_code.co_filename not in files_of_user:
        return None
    if event == "line":
        raise KeyboardInterrupt
    return _raise_at_line


def _keep_handler(init: Callable[..., None]) -> Callable[..., None]:
    """SparkContext sets a SIGINT handler of its own, also when user code makes one."""

    @functools.wraps(init)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        handler = signal.getsignal(signal.SIGINT)
        try:
            init(*args, **kwargs)
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, handler)

    return wrapper
