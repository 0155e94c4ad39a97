"""Thread pools. A task belongs to the calculation that submitted it, whichever calculation made the pool.

A callback at the end of a task belongs to the calculation that registered the callback.
"""

from __future__ import annotations

import functools
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.pool import Pool, ThreadPool
from typing import Any, Callable

from glaux_driver.runner.threads import Threads


def own_tasks(threads: Threads) -> None:
    _own_submitted(threads)
    _own_callbacks_of_futures(threads)
    _own_mapped(threads)


def _own_submitted(threads: Threads) -> None:
    submit: Any = ThreadPoolExecutor.submit

    @functools.wraps(submit)
    def submit_owned(pool: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        owner = threads.owner()
        future: Future[Any] = submit(pool, threads.bind(fn, owner), *args, **kwargs)
        threads.note_future(future, owner)
        return future

    ThreadPoolExecutor.submit = submit_owned  # type: ignore[method-assign, assignment]


def _own_callbacks_of_futures(threads: Threads) -> None:
    """Gives the callbacks of futures their owners.
    They run in a thread of the pool when the task is over; process pools have such a thread, too."""
    add: Any = Future.add_done_callback

    @functools.wraps(add)
    def add_owned(future: Future[Any], fn: Callable[..., Any]) -> None:
        add(future, threads.bind(fn))

    Future.add_done_callback = add_owned  # type: ignore[method-assign, assignment]


def _own_mapped(threads: Threads) -> None:
    """Gives the tasks of multiprocessing's ThreadPool their owners. `map`, `starmap` and similar methods go
    through one of these methods, and so do joblib's threads."""
    for name in ("apply_async", "_map_async", "imap", "imap_unordered"):
        setattr(ThreadPool, name, _owned(threads, getattr(Pool, name)))


def _owned(threads: Threads, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def owned(pool: ThreadPool, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        for name in ("callback", "error_callback"):
            if kwargs.get(name) is not None:
                kwargs[name] = threads.bind(kwargs[name])
        return method(pool, threads.bind(func), *args, **kwargs)

    return owned
