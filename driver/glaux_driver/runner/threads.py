"""Which calculation a thread belongs to: the one that started it, or, in a thread pool, the one that submitted its task."""

from __future__ import annotations

import functools
import os
import threading
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Optional, Tuple

from glaux_driver.runner.output import Output

Owner = Tuple[bool, Optional[Output]]
"""(known, output): a known owner without output is the runner itself; threads made by C code are not known."""

_ATTRIBUTE = "_glaux_output"


class Threads:
    def __init__(self) -> None:
        self.active: Output | None = None
        self._tasks: Dict[int, Owner] = {}
        """By the id of the thread that runs one."""
        self._leaving = threading.Lock()
        """Held while a task ends: see `in_task`."""
        self._futures: weakref.WeakKeyDictionary[Future[Any], weakref.ref[Output]] = weakref.WeakKeyDictionary()

    def current(self) -> Owner:
        """The owner of the current thread; of the main thread, the active calculation."""
        task = self._tasks.get(threading.get_ident())
        if task is not None:
            return task
        if threading.get_ident() == threading.main_thread().ident:
            return True, self.active
        thread = threading.current_thread()
        return hasattr(thread, _ATTRIBUTE), getattr(thread, _ATTRIBUTE, None)

    def of(self, output: Output) -> List[Tuple[threading.Thread, bool]]:
        """The threads of a calculation, and whether what they run is a task for a pool; not the main thread."""
        found = []
        for thread in threading.enumerate():
            task = self._tasks.get(thread.ident or 0)
            owner = getattr(thread, _ATTRIBUTE, None) if task is None else task[1]
            if owner is output and thread is not threading.main_thread():
                found.append((thread, task is not None))
        return found

    def cancel_what_waits(self, output: Output) -> bool:
        """Cancels the tasks of a calculation that no pool has begun, and its timers. True if there were such tasks."""
        were_any = False
        for reference in self._futures.keyrefs():  # unlike a walk over the items, not broken by threads that submit
            future = reference()
            owner = None if future is None else self._futures.get(future)
            if future is not None and owner is not None and owner() is output:
                were_any = _cancel(future) or were_any
        for thread, _ in self.of(output):
            if isinstance(thread, threading.Timer):
                thread.cancel()
        return were_any

    def in_task(self, output: Output, thread: int, action: Callable[[], None]) -> bool:
        """Calls `action` while that thread runs a task of the calculation, which cannot end meanwhile. False if it runs none."""
        with self._leaving:
            is_in_task = thread in self._tasks and self._tasks[thread][1] is output
            if is_in_task:
                action()
        return is_in_task

    def install(self) -> None:
        """Makes every thread from now on remember its owner, until it ends: a `Thread` that is kept must not keep files open."""
        start: Any = threading.Thread.start
        # Python's own, around `run` and the report of what it raised, which belongs to the owner, too.
        bootstrap: Any = threading.Thread._bootstrap  # type: ignore[attr-defined]
        submit: Any = ThreadPoolExecutor.submit

        @functools.wraps(start)
        def start_owned(thread: threading.Thread) -> None:
            known, output = self.current()
            if known:
                setattr(thread, _ATTRIBUTE, output)
            start(thread)

        @functools.wraps(bootstrap)
        def bootstrap_owned(thread: threading.Thread) -> None:
            try:
                bootstrap(thread)
            finally:
                thread.__dict__.pop(_ATTRIBUTE, None)

        @functools.wraps(submit)
        def submit_owned(pool: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            owner = self.current()
            future: Future[Any] = submit(pool, functools.partial(self._run_owned, owner, fn), *args, **kwargs)
            if owner[1] is not None:
                self._futures[future] = weakref.ref(owner[1])
            return future

        os.register_at_fork(after_in_child=self._after_fork)
        threading.Thread.start = start_owned  # type: ignore[method-assign, assignment]
        threading.Thread._bootstrap = bootstrap_owned  # type: ignore[attr-defined]
        ThreadPoolExecutor.submit = submit_owned  # type: ignore[method-assign, assignment]

    def _after_fork(self) -> None:
        """The thread that holds the lock may not be in the child."""
        self._leaving = threading.Lock()

    def _run_owned(self, owner: Owner, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        thread = threading.get_ident()
        self._tasks[thread] = owner
        try:
            return fn(*args, **kwargs)
        finally:
            with self._leaving:
                self._tasks.pop(thread, None)


def _cancel(future: Future[Any]) -> bool:
    """True if it was waiting until now. Does not wait for its lock, which a thread may hold for ever that was told to end."""
    # Nothing public tries to cancel without waiting; the type stubs leave out what is private.
    lock = future._condition  # type: ignore[attr-defined]
    if not lock.acquire(blocking=False):
        return False
    try:
        return not future.cancelled() and future.cancel()
    finally:
        lock.release()
