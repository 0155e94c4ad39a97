"""Stops the code that runs in the main thread, by SIGINT.

The supervisor sends SIGINT again and again until the calculation is over. What a signal does:

- Outside a calculation, a signal does nothing.
- While the main thread waits for the JVM, the signal is remembered. KeyboardInterrupt is raised when the
  answer has been read. An answer comes, because the supervisor cancels the job or interrupts the Java thread.
  Raising at once would leave py4j's connection out of step, and with the connection the Java thread that has
  the session's job group and properties would be lost. For the same reason PySpark's own handler, which calls
  the JVM on the very connection that is waiting, must never be in place.
- Otherwise KeyboardInterrupt is raised at once.
- When a second KeyboardInterrupt has to be raised, the code has swallowed the first. From then on
  KeyboardInterrupt is also raised at the next line of user code that is reached. That line is in the code's
  own handler, outside its `try`.

The supervisor kills the runner if all this does not stop the code (C code that does not return, handlers
within handlers).
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
        """Whether a signal has arrived during the calculation that runs or ran last."""
        self._running = False
        self._depth = 0
        self._pending = False
        self._raised = 0

    def install(self) -> None:
        """To be called once, after pyspark is imported and before any context is made."""
        from py4j.clientserver import JavaClient
        from pyspark import SparkContext

        # `send_command` of ClientServerConnection must not raise, as py4j then closes the connection.
        # So JavaClient's is wrapped.
        JavaClient.send_command = self._wait_first(JavaClient.send_command)
        SparkContext.__init__ = _keep_handler(SparkContext.__init__)  # type: ignore[method-assign]
        signal.signal(signal.SIGINT, self._on_signal)

    def run(self, action: Callable[[], None]) -> None:
        """Runs the action in the main thread.
        SIGINT has an effect during the action, and neither before nor after."""
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
            # This is done again in case a signal has interrupted the line above.
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
    """A trace function that interrupts user code.
    Python drops a trace function when it raises, so it acts once for each signal."""
    if frame.f_code.co_filename not in files_of_user:
        return None
    if event == "line":
        raise KeyboardInterrupt
    return _raise_at_line


def _keep_handler(init: Callable[..., None]) -> Callable[..., None]:
    """Restores the SIGINT handler after SparkContext's constructor, which sets a handler of its own.
    User code may also make a context."""

    @functools.wraps(init)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        handler = signal.getsignal(signal.SIGINT)
        try:
            init(*args, **kwargs)
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, handler)

    return wrapper
