"""Routes output to the files of the calculation that it belongs to.

While a calculation runs, descriptors 1 and 2 *are* its files, opened for appending. Whatever writes to them
(print, C libraries, child processes) keeps its order within a stream, costs no memory, and can be read at
once. Between calculations the descriptors are the driver's log. A child process that outlives its calculation
keeps writing to that calculation's files, through the descriptors that it inherited. A Python thread does so
because `sys.stdout` looks up which calculation the writing thread belongs to.

Threads that serve calls from Java, and helper threads of libraries, belong to no calculation: they serve
later calculations, too. They write to the calculation that runs. Between calculations they write to the
calculation for which they work (threads.py has the rules), so that nothing is lost. Output
that belongs to no calculation goes to the driver's log. What a thread writes to the bare descriptors, and
what threads of C code write, goes to the calculation that runs then.

User code may close, replace or redirect any of this. The next calculation starts with everything restored.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import sys
import threading
from typing import Any, TextIO, cast

from glaux_driver.runner.callbacks import Callbacks
from glaux_driver.runner.coroutines import Coroutines
from glaux_driver.runner.output import Output, write_all
from glaux_driver.runner.threads import Threads

# The runner's own descriptors are high, out of the way of code that counts on getting the lowest descriptors.
_FIRST_OWN_DESCRIPTOR = 100


class Capture:
    def __init__(self, threads: Threads, libc: Any) -> None:
        """Descriptors 1 and 2 must be the driver's log at this moment."""
        self.threads = threads
        self.callbacks = Callbacks(threads)
        self.coroutines = Coroutines(threads)
        self._libc = libc
        self._idle = tuple(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_OWN_DESCRIPTOR) for fd in (1, 2))
        self._streams = [self._open_stream(1), self._open_stream(2)]
        self._restore_streams()

    def begin(self, output: Output) -> None:
        self._restore_streams()
        for descriptor, file in zip((1, 2), output.descriptors):
            os.dup2(file, descriptor)
        self.threads.activate(output)

    def end(self) -> None:
        """Ends the capture. When this returns,
        everything that was written so far is in the calculation's files."""
        self.flush()
        self.threads.activate(None)
        for descriptor, file in zip((1, 2), self._idle):
            os.dup2(file, descriptor)
        self._restore_streams()

    def flush(self) -> None:
        # User code may have put anything in place of the streams.
        # C's own streams buffer blocks when they write to a file.
        users: list[Any] = [getattr(sys, name, None) for name in ("stdout", "stderr")]
        for stream in (*users, *self._streams):
            with contextlib.suppress(BaseException):
                stream.flush()
        self._libc.fflush(None)

    def write_idle(self, text: str) -> None:
        write_all(self._idle[1], text.encode("utf-8", "backslashreplace"))

    def descriptor(self, number: int) -> int:
        """The descriptor to which the current thread's output to stream `number` (1 or 2) goes."""
        if threading.get_ident() == threading.main_thread().ident:
            return number
        known, output = self.threads.current()
        if not known:
            return number
        # This must not be descriptor 1 or 2, even while it is the same file:
        # the calculation may end before the thread writes.
        return self._idle[number - 1] if output is None else output.descriptors[number - 1]

    def _open_stream(self, number: int) -> TextIO:
        raw = _RoutedOutput(number, self)
        # A text stream over unbuffered output is legal, though typeshed's types say otherwise.
        return io.TextIOWrapper(cast(Any, raw), encoding="utf-8", errors="backslashreplace", write_through=True)

    def _restore_streams(self) -> None:
        for index, name in enumerate(("stdout", "stderr")):
            if not _is_intact(self._streams[index]):
                self._streams[index] = self._open_stream(index + 1)
            setattr(sys, name, self._streams[index])
            setattr(sys, f"__{name}__", self._streams[index])


class _RoutedOutput(io.RawIOBase):
    """An unbuffered stream. It writes to the file of the calculation that the writing thread belongs to,
    in the main thread to descriptor 1 or 2."""

    def __init__(self, number: int, capture: Capture) -> None:
        super().__init__()
        self.name = ("<stdout>", "<stderr>")[number - 1]
        self.mode = "wb"
        self._number = number
        self._capture = capture

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def write(self, data: Any) -> int:
        return write_all(self._capture.descriptor(self._number), data)

    def close(self) -> None:
        """Does nothing.
        A wrapper that the user has put around this stream closes the stream when the wrapper is collected."""


def _is_intact(stream: TextIO) -> bool:
    """Whether the stream can be used. Undoes a `reconfigure`.
    False if user code took the stream apart (`detach`)."""
    try:
        cast(io.TextIOWrapper, stream).reconfigure(
            encoding="utf-8", errors="backslashreplace", line_buffering=False, write_through=True
        )
    except Exception:
        return False
    return True
