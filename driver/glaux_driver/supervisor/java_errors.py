"""The texts of Java exceptions that came through py4j.

py4j keeps a reference to the exception in the JVM, and asks the JVM for its text. A JVM that hangs does not
answer. So the text is asked for in the thread that made the call, and never in the supervisor's event loop.
"""

from __future__ import annotations

from typing import Any, Optional

from py4j.protocol import Py4JError, Py4JJavaError

_MAX_CAUSES = 20


class JavaError(Py4JError):  # type: ignore[misc]  # py4j has no types
    """A Java exception of which only the text is kept."""


def plain(error: BaseException) -> BaseException:
    """The same error, without a reference into the JVM. Blocks while it asks the JVM for the text."""
    return JavaError(first_line(error)) if isinstance(error, Py4JJavaError) else error


def first_line(error: BaseException) -> str:
    """The first line of the error's text, with the first cause's, for a user to read.

    Blocks for an exception of Java, because the JVM is asked for the text.
    """
    thrown: Optional[Any] = error.java_exception if isinstance(error, Py4JJavaError) else None
    try:
        text = str(error) if thrown is None else _described(thrown)
    except (Py4JError, OSError):
        text = ""  # the JVM is asked for the text, and may have ended since
    return _first_line_of(text) or type(error).__name__


def _described(thrown: Any) -> str:
    """The error's first line, followed by its root cause's, such as the name of a class that is missing."""
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
