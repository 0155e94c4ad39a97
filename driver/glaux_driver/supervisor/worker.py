"""A thread for calls that may block.

It is a daemon thread, unlike the threads of concurrent.futures, because a call that never returns must not
keep the supervisor from ending.
"""

from __future__ import annotations

import asyncio
import threading
from queue import SimpleQueue
from typing import Any, Callable, Tuple, TypeVar

from glaux_driver.supervisor.java_errors import plain

T = TypeVar("T")


class Worker:
    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[Tuple[asyncio.Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def call(self, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """Queues a call.

        Calls run in order, one at a time; a call whose future is cancelled before its turn is skipped.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._calls.put((future, lambda: function(*arguments)))
        return future

    def _work(self) -> None:
        while True:
            future, function = self._calls.get()
            if future.cancelled():
                continue
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - the caller that awaits the future gets the error
                self._post(_fail, future, plain(error))
            else:
                self._post(_succeed, future, result)

    def _post(self, settle: Callable[..., None], future: asyncio.Future[Any], value: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(settle, future, value)
        except RuntimeError:
            pass  # the loop is closed: the supervisor is ending and nobody waits any more


def _succeed(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
