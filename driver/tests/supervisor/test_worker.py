"""Calls that may block, and the errors that they raise."""

from __future__ import annotations

import asyncio
import threading
from typing import Optional

import pytest
from py4j.protocol import Py4JError, Py4JJavaError, Py4JNetworkError

from glaux_driver.supervisor.worker import Worker


class _Thrown:
    """Stands in for py4j's reference to an exception in a JVM. The JVM answers when `answers` is set."""

    _target_id = "o1"

    def __init__(self, text: str, cause: Optional[_Thrown] = None) -> None:
        self.text, self.cause = text, cause
        self.answers = threading.Event()

    def toString(self) -> str:  # noqa: N802 - Java's
        assert self.answers.wait(30)
        return self.text

    def getCause(self) -> Optional[_Thrown]:  # noqa: N802 - Java's
        return self.cause


def _raise(error: BaseException) -> None:
    raise error


def test_the_text_of_an_error_of_java_s_is_asked_for_in_the_worker_s_thread() -> None:
    async def run() -> None:
        thrown = _Thrown("java.lang.IllegalStateException: closed\n\tat Main")
        call = Worker("test").call(_raise, Py4JJavaError("An error occurred.", thrown))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(call), 0.2)  # the loop goes on while the JVM does not answer
        thrown.answers.set()
        with pytest.raises(Py4JError) as raised:
            await call
        assert str(raised.value) == "java.lang.IllegalStateException: closed"
        assert not isinstance(raised.value, Py4JJavaError)

    asyncio.run(run())


def test_the_first_cause_is_named_and_other_errors_stay_as_they_are() -> None:
    async def run() -> None:
        worker = Worker("test")
        cause = _Thrown("java.lang.ClassNotFoundException: a.B")
        thrown = _Thrown("SparkException: no class", cause)
        for one in (thrown, cause):
            one.answers.set()
        with pytest.raises(Py4JError, match=r"^SparkException: no class \(java.lang.ClassNotFoundException: a.B\)$"):
            await worker.call(_raise, Py4JJavaError("An error occurred.", thrown))
        lost = Py4JNetworkError("gone")
        with pytest.raises(Py4JNetworkError) as raised:
            await worker.call(_raise, lost)
        assert raised.value is lost
        assert await worker.call(lambda: 1) == 1

    asyncio.run(run())
