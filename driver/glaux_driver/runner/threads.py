"""Which calculation a thread belongs to, and where what it prints goes.

A thread belongs to the calculation that started it, and what it prints goes to that calculation's files. What is told apart:

- A task of a thread pool belongs to whoever submitted it (pools.py), a record of a queue of logging to whoever logged it
  (log_queues.py), a coroutine to whoever handed it to its loop.
- A call from Java, such as that of a `foreachBatch` function or of a listener, belongs to the calculation that handed the
  function to Java (callbacks.py). It *follows*: what it prints goes to the calculation that runs just then.
- A thread that a library has started for a function of its own (a server of callbacks, the worker of a pool) serves also later
  calculations. It follows, too.

Between calculations, what follows prints to the files of the calculation that it belongs to.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import weakref
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from glaux_driver.runner.libraries import is_librarys_own
from glaux_driver.runner.output import Output


class Owner(NamedTuple):
    output: Optional[Output]
    """None if what runs belongs to the runner itself."""
    follows: bool = False


_ATTRIBUTE = "_glaux_owner"
_context_owner: ContextVar[Optional[Owner]] = ContextVar(_ATTRIBUTE, default=None)
"""Set in the main thread. A loop of asyncio in another thread runs each coroutine in a copy of its sender's context."""


class Threads:
    def __init__(self) -> None:
        self.active: Optional[Output] = None
        self._tasks: Dict[int, Owner] = {}
        """The owners of the tasks that run; the key is the id of the thread that runs the task."""
        self._leaving = threading.Lock()
        """Held while a task ends: see `in_task`."""
        self._futures: weakref.WeakKeyDictionary[Future[Any], weakref.ref[Output]] = weakref.WeakKeyDictionary()

    def activate(self, output: Optional[Output]) -> None:
        """In the main thread, when a calculation begins and ends."""
        self.active = output
        _context_owner.set(None if output is None else Owner(output))

    def owner(self) -> Optional[Owner]:
        """The owner of what the current thread runs; in the main thread, the active calculation. None in a thread of C code."""
        ident = threading.get_ident()
        if ident == threading.main_thread().ident:
            return self._tasks.get(ident) or Owner(self.active)
        thread = threading.current_thread()
        return _context_owner.get() or self._tasks.get(ident) or getattr(thread, _ATTRIBUTE, None)

    def current(self) -> Tuple[bool, Optional[Output]]:
        """(known, output): where what the current thread prints goes; without an output, to the session's log."""
        owner = self.owner()
        if owner is None:
            return False, None
        return True, self.active if owner.follows and self.active is not None else owner.output

    def of(self, output: Output) -> List[Tuple[threading.Thread, bool]]:
        """The threads of a calculation, and whether what they run is a task; not the main thread."""
        found = []
        for thread in threading.enumerate():
            task = self._tasks.get(thread.ident or 0)
            owner: Optional[Owner] = task or getattr(thread, _ATTRIBUTE, None)
            if owner is not None and owner.output is output and thread is not threading.main_thread():
                found.append((thread, task is not None))
        return found

    def note_future(self, future: Future[Any], owner: Optional[Owner]) -> None:
        if owner is not None and owner.output is not None:
            self._futures[future] = weakref.ref(owner.output)

    def cancel_what_waits(self, output: Output) -> bool:
        """Cancels the tasks of a calculation that no pool has begun, and its timers. True if there were such tasks."""
        were_any = False
        for reference in self._futures.keyrefs():  # unlike a walk over the items, not broken by threads that submit
            future = reference()
            owner = None if future is None else self._futures.get(future)
            if future is not None and owner is not None and owner() is output:
                were_any = try_to_cancel(future) or were_any
        for thread, _ in self.of(output):
            if isinstance(thread, threading.Timer):
                thread.cancel()
        return were_any

    def in_task(self, output: Output, thread: int, action: Callable[[], None]) -> bool:
        """Calls `action` while that thread runs a task of the calculation, which cannot end meanwhile. False if it runs none."""
        with self._leaving:
            is_in_task = thread in self._tasks and self._tasks[thread].output is output
            if is_in_task:
                action()
        return is_in_task

    def bind(self, function: Callable[..., Any], owner: Optional[Owner] = None) -> Callable[..., Any]:
        """The function as a task of the owner, or else of the current one, whatever thread calls it."""
        owner = owner or self.owner()
        return function if owner is None else functools.partial(self.run_as, owner, function)

    def run_as(self, owner: Owner, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        thread = threading.get_ident()
        before = self._tasks.get(thread)
        self._tasks[thread] = owner
        try:
            return function(*args, **kwargs)
        finally:
            try:
                with self._leaving:
                    self._restore(thread, before)
            finally:
                # Again, as the SystemExit of `in_task` may be raised as soon as this thread has the lock.
                self._restore(thread, before)

    def _restore(self, thread: int, before: Optional[Owner]) -> None:
        if before is None:
            self._tasks.pop(thread, None)
        else:
            self._tasks[thread] = before

    def install(self) -> None:
        """Makes every thread from now on remember its owner, until it ends: a `Thread` that is kept must not keep files open."""
        start: Any = threading.Thread.start
        # Python's own, around `run` and the report of what it raised, which belongs to the owner, too.
        bootstrap: Any = threading.Thread._bootstrap  # type: ignore[attr-defined]

        @functools.wraps(start)
        def start_owned(thread: threading.Thread) -> None:
            owner = self.owner()
            if owner is not None:
                follows = owner.follows or is_librarys_own(thread, sys._getframe(1))
                setattr(thread, _ATTRIBUTE, Owner(owner.output, follows))
            start(thread)

        @functools.wraps(bootstrap)
        def bootstrap_owned(thread: threading.Thread) -> None:
            try:
                bootstrap(thread)
            finally:
                thread.__dict__.pop(_ATTRIBUTE, None)

        os.register_at_fork(after_in_child=self._after_fork)
        threading.Thread.start = start_owned  # type: ignore[method-assign, assignment]
        threading.Thread._bootstrap = bootstrap_owned  # type: ignore[attr-defined]

    def _after_fork(self) -> None:
        """The thread that holds the lock may not be in the child."""
        self._leaving = threading.Lock()


def try_to_cancel(future: Future[Any]) -> bool:
    """True if it was waiting until now. Does not wait for its lock, which a thread may hold for ever that was told to end."""
    # Nothing public tries to cancel without waiting; the type stubs leave out what is private.
    lock = future._condition  # type: ignore[attr-defined]
    if not lock.acquire(blocking=False):
        return False
    try:
        return not future.cancelled() and future.cancel()
    finally:
        lock.release()
