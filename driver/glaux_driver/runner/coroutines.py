"""Coroutines that a calculation hands to an asyncio loop in another thread.

An earlier calculation may have started that thread. A Stop cancels the coroutines as asyncio does:
CancelledError is raised where the coroutine waits, and the coroutine may clean up. The loop goes on. A
coroutine that swallows the error and goes on keeps the calculation from ending.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import weakref
from concurrent.futures import Future
from typing import Any

from glaux_driver.runner.output import Output
from glaux_driver.runner.threads import Threads, try_to_cancel

_LOOKS_AT_SILENCE = 10
"""A loop counts as blocked when it has not answered for so many looks."""


class Coroutines:
    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._handed: weakref.WeakKeyDictionary[Future[Any], _Handed] = weakref.WeakKeyDictionary()

    def install(self) -> None:
        run: Any = asyncio.run_coroutine_threadsafe

        @functools.wraps(run)
        def run_owned(coro: Any, loop: asyncio.AbstractEventLoop) -> Future[Any]:
            owner = self._threads.owner()
            future: Future[Any] = run(coro, loop)
            if owner is not None and owner.output is not None:
                self._handed[future] = _Handed(owner.output, coro, loop)
            return future

        asyncio.run_coroutine_threadsafe = asyncio.tasks.run_coroutine_threadsafe = run_owned

    def cancel(self, output: Output) -> bool:
        """Cancels the coroutines of a calculation. True while any of them goes on."""
        goes_on = False
        # Unlike a walk over the items,
        # this does not fail when another thread hands over a coroutine meanwhile.
        for reference in self._handed.keyrefs():
            future = reference()
            handed = None if future is None else self._handed.get(future)
            if future is None or handed is None or handed.output() is not output or handed.has_ended():
                continue
            try_to_cancel(future)  # asyncio passes the first cancellation on to the coroutine
            goes_on = handed.goes_on() or goes_on
        return goes_on


class _Handed:
    """A coroutine that was handed over.
    It keeps neither the calculation's files open nor the coroutine or its loop alive."""

    def __init__(self, output: Output, coroutine: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.output = weakref.ref(output)
        self._coroutine = weakref.ref(coroutine)
        self._loop = weakref.ref(loop)
        self._unanswered = 0

    def has_ended(self) -> bool:
        """Whether the coroutine has ended. True also if its loop is closed, and can run nothing any more."""
        coroutine, loop = self._coroutine(), self._loop()
        return loop is None or loop.is_closed() or getattr(coroutine, "cr_frame", None) is None

    def goes_on(self) -> bool:
        """Whether the coroutine runs on. False if its loop stands still: should the loop go on later, the
        cancelled coroutine runs no further than to its next `await`."""
        loop = self._loop()
        if self.has_ended() or loop is None:
            return False
        if getattr(self._coroutine(), "cr_running", False):
            return True
        if not loop.is_running() or self._unanswered >= _LOOKS_AT_SILENCE:
            return False
        self._unanswered += 1
        with contextlib.suppress(RuntimeError):  # the loop may be closed just now
            loop.call_soon_threadsafe(self._hear_answer)
        return True

    def _hear_answer(self) -> None:
        self._unanswered = 0
