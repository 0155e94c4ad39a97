"""Running a block of code the way a script runs: as `<stdin>`, in `__main__`, without echoing the last expression."""

from __future__ import annotations

import ast
import asyncio
import inspect
from types import CodeType
from typing import Any, Coroutine

from glaux_driver.runner import FILENAME
from glaux_driver.runner.transform import split_lines, transform

_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Executor:
    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._loop: asyncio.AbstractEventLoop | None = None

    def execute(self, source: str) -> None:
        """Raises whatever the code raises, SyntaxError included."""
        code = compile_block(source)
        if code.co_flags & inspect.CO_COROUTINE:
            self._wait(eval(code, self._namespace))
        else:
            exec(code, self._namespace)

    def close(self) -> None:
        if self._loop is not None:
            self._loop.close()

    def _wait(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """One loop for the session, so that tasks go on in the next calculation that waits."""
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        earlier = asyncio.all_tasks(self._loop)
        task = self._loop.create_task(coroutine)
        try:
            self._loop.run_until_complete(task)
        except BaseException as error:
            # It would go on in the next calculation: the code, if it was the loop that was hit; after a Stop also its tasks.
            stopped = isinstance(error, KeyboardInterrupt)
            suspended = {one for one in asyncio.all_tasks(self._loop) - earlier if stopped or one is task}
            for one in suspended:
                one.cancel()
            if suspended:
                self._loop.run_until_complete(asyncio.wait(suspended))
            raise


def compile_block(source: str) -> CodeType:
    """Magics are looked for only in what is not Python, so they never change the meaning of a valid program."""
    try:
        return _compile(source)
    except SyntaxError as error:
        original = error
    transformed = transform(source)
    if transformed == source:
        raise _with_text(original, source) from None
    try:
        return _compile(transformed)
    except SyntaxError as error:
        raise _with_text(error, transformed) from None


def _compile(source: str) -> CodeType:
    code = compile(source, FILENAME, "exec", flags=_FLAGS, dont_inherit=True)
    assert isinstance(code, CodeType)
    return code


def _with_text(error: SyntaxError, source: str) -> SyntaxError:
    """Errors of the compiler's later stages come without their line: it looks for a file named `<stdin>`."""
    lines = split_lines(source)
    if error.text is None and error.lineno and error.lineno <= len(lines):
        error.text = lines[error.lineno - 1].rstrip("\n")
    return error
