"""Which calculation a thread belongs to, and where the thread's output goes.

A thread belongs to the calculation that started it, and its output goes to that calculation's files. There
are three exceptions:

- A task of a thread pool belongs to the calculation that submitted it (pools.py), a record of a logging queue
  to the calculation that logged it (log_queues.py), a coroutine to the calculation that handed it to its
  loop.
- A call from Java, such as that of a `foreachBatch` function or of a listener, belongs to the calculation
  that handed the function to Java (callbacks.py). The call *follows*: its output goes to the calculation that
  runs just then.
- A thread that a library has started for a function of its own (a callback server, the worker of a pool) also
  serves later calculations. The thread follows, too.

Between calculations, the output of what follows goes to the files of the calculation to which it belongs.
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
    """The files of the calculation; None if the runner itself is the owner."""
    follows: bool = False


_ATTRIBUTE = "_glaux_owner"
_context_owner: ContextVar[Optional[Owner]] = ContextVar(_ATTRIBUTE, default=None)
"""The owner is set in the main thread. An asyncio loop in another thread runs each coroutine in a copy of the
context of the thread that handed it over, and so finds the owner."""


class Threads:
    def __init__(self) -> None:
        self.active: Optional[Output] = None
        self._tasks: Dict[int, Owner] = {}
        """The owners of the running tasks. The key is the id of the thread that runs the task."""
        self._leaving = threading.Lock()
        """A lock that is held while a task ends, see `in_task`."""
        self._futures: weakref.WeakKeyDictionary[Future[Any], weakref.ref[Output]] = weakref.WeakKeyDictionary()

    def activate(self, output: Optional[Output]) -> None:
        """To be called in the main thread when a calculation begins, and with None when it ends."""
        self.active = output
        _context_owner.set(None if output is None else Owner(output))

    def owner(self) -> Optional[Owner]:
        """The owner of what the current thread runs. In the main thread that is the active calculation, or
        the owner of a task. None in a thread that C code has started."""
        ident = threading.get_ident()
        if ident == threading.main_thread().ident:
            return self._tasks.get(ident) or Owner(self.active)
        thread = threading.current_thread()
        return _context_owner.get() or self._tasks.get(ident) or getattr(thread, _ATTRIBUTE, None)

    def current(self) -> Tuple[bool, Optional[Output]]:
        """(known, output): whether the current thread has an owner, and the files to which its output goes.
        Without files, it goes to the session's log."""
        owner = self.owner()
        if owner is None:
            return False, None
        return True, self.active if owner.follows and self.active is not None else owner.output

    def of(self, output: Output) -> List[Tuple[threading.Thread, bool]]:
        """The threads of a calculation without the main thread, each with whether it runs a task."""
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
        """Cancels the tasks of a calculation that no pool has begun, and its timers.
        True if there were such tasks."""
        were_any = False
        # Unlike a walk over the items, this does not fail when another thread submits a task meanwhile.
        for reference in self._futures.keyrefs():
            future = reference()
            owner = None if future is None else self._futures.get(future)
            if future is not None and owner is not None and owner() is output:
                were_any = try_to_cancel(future) or were_any
        for thread, _ in self.of(output):
            if isinstance(thread, threading.Timer):
                thread.cancel()
        return were_any

    def in_task(self, output: Output, thread: int, action: Callable[[], None]) -> bool:
        """Calls `action` if the thread runs a task of the calculation.
        The task cannot end during `action`. False if the thread runs no such task."""
        with self._leaving:
            is_in_task = thread in self._tasks and self._tasks[thread].output is output
            if is_in_task:
                action()
        return is_in_task

    def bind(self, function: Callable[..., Any], owner: Optional[Owner] = None) -> Callable[..., Any]:
        """The function as a task of `owner`,
        by default the current thread's owner, whichever thread calls it."""
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
                # This is done again, as SystemExit (which stop_threads.py raises by `in_task`) may hit this
                # thread as soon as it has the lock.
                self._restore(thread, before)

    def _restore(self, thread: int, before: Optional[Owner]) -> None:
        if before is None:
            self._tasks.pop(thread, None)
        else:
            self._tasks[thread] = before

    def install(self) -> None:
        """Makes every thread that is started from now on remember its owner until the thread ends. After its
        end, a `Thread` object that user code keeps must not keep files open."""
        start: Any = threading.Thread.start
        # `_bootstrap` calls `run`, and reports an error that `run` raises.
        # That report belongs to the owner, too.
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
        """Replaces the lock in a forked child.
        The thread that holds the old lock may not exist in the child."""
        self._leaving = threading.Lock()


def try_to_cancel(future: Future[Any]) -> bool:
    """Cancels the future if it has not begun; True if it is canceled by this call. Does not wait for the
    future's lock: a thread that was told to end may hold it for ever."""
    # No public method tries to cancel without waiting for the lock.
    # The type stubs leave out private attributes.
    lock = future._condition  # type: ignore[attr-defined]
    if not lock.acquire(blocking=False):
        return False
    try:
        return not future.cancelled() and future.cancel()
    finally:
        lock.release()
