"""Errors of Java's that came through py4j, in words.

py4j keeps a reference to the exception in the JVM, and asks the JVM for its text. A JVM that hangs does not answer, so
the text is asked for in the thread that made the call, and never in the supervisor's event loop.
"""

from __future__ import annotations

from typing import Any, Optional

from py4j.protocol import Py4JError, Py4JJavaError

_MAX_CAUSES = 20


class JavaError(Py4JError):  # type: ignore[misc]
    """An exception of Java's, of which only the text is kept."""


def plain(error: BaseException) -> BaseException:
    """The same error, without the reference into the JVM. Blocks."""
    return JavaError(first_line(error)) if isinstance(error, Py4JJavaError) else error


def first_line(error: BaseException) -> str:
    """What a user can understand of an exception that came through py4j."""
    thrown: Optional[Any] = error.java_exception if isinstance(error, Py4JJavaError) else None
    try:
        text = str(error) if thrown is None else _described(thrown)
    except (Py4JError, OSError):
        text = ""  # these ask the JVM, which may have ended since
    return _first_line_of(text) or type(error).__name__


def _described(thrown: Any) -> str:
    """The error's text with that of its first cause, such as the name of a class that is missing."""
    text = _first_line_of(str(thrown.toString()))
    root = thrown
    for _ in range(_MAX_CAUSES):
        cause = root.getCause()
        if cause is None:
            break
        root = cause
    reason = _first_line_of(str(root.toString()))
    return text if reason in text else f"{text} ({reason})"


def _first_line_of(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")
