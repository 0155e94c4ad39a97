"""Which calculation a thread belongs to: the one that started it, or, in a thread pool, the one that submitted its task."""

from __future__ import annotations

import functools
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Optional, Tuple

from glaux_driver.runner.output import Output

Owner = Tuple[bool, Optional[Output]]
"""(known, output): a known owner without output is the runner itself; threads made by C code are not known."""

_ATTRIBUTE = "_glaux_output"


class Threads:
    def __init__(self) -> None:
        self.active: Output | None = None
        self._task = threading.local()

    def current(self) -> Owner:
        """The owner of the current thread; of the main thread, the active calculation."""
        task: Owner | None = getattr(self._task, "owner", None)
        if task is not None:
            return task
        if threading.get_ident() == threading.main_thread().ident:
            return True, self.active
        thread = threading.current_thread()
        return hasattr(thread, _ATTRIBUTE), getattr(thread, _ATTRIBUTE, None)

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
            owned = functools.partial(self._run_owned, self.current(), fn)
            future: Future[Any] = submit(pool, owned, *args, **kwargs)
            return future

        threading.Thread.start = start_owned  # type: ignore[method-assign, assignment]
        threading.Thread._bootstrap = bootstrap_owned  # type: ignore[attr-defined]
        ThreadPoolExecutor.submit = submit_owned  # type: ignore[method-assign, assignment]

    def _run_owned(self, owner: Owner, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._task.owner = owner
        try:
            return fn(*args, **kwargs)
        finally:
            self._task.owner = None
