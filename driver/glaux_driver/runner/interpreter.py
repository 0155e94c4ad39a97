"""Runs a block of code the way a script runs:
as `<stdin>`, in `__main__`, without echoing the last expression."""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
import keyword
import re
from types import CodeType
from typing import Any, Callable, Coroutine

from IPython.core.macro import Macro

from glaux_driver.runner.placed import Place, move
from glaux_driver.runner.transform import split_lines, transform, with_value_shown

_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

# Matches a single line that may be a magic without its `%`:
# a word alone, or a word and a text that is no assignment.
_WORD_FIRST = re.compile(r"\s*([A-Za-z_]\w*)(?:[ \t]+[^\s=,:;].*)?\s*")


class Interpreter:
    def __init__(self, namespace: dict[str, Any], rewrite: Callable[[str], str] = transform) -> None:
        """`rewrite` turns a block with magics into Python."""
        self._namespace = namespace
        self._rewrite = rewrite
        self._loop: asyncio.AbstractEventLoop | None = None

    def execute(self, source: str, place: Place = Place()) -> None:  # noqa: B008 (it cannot be changed)
        """Raises whatever the code raises, SyntaxError included."""
        code = compile_block(source, place, self._rewrite, self._may_be_magic(source))
        if code.co_flags & inspect.CO_COROUTINE:
            self._wait(eval(code, self._namespace))
        else:
            exec(code, self._namespace)

    def close(self) -> None:
        if self._loop is not None:
            self._loop.close()

    def _may_be_magic(self, source: str) -> bool:
        """Whether the source is a single line that begins with an unknown name.
        As Python, such a line could only fail."""
        found = _WORD_FIRST.fullmatch(source)
        word = found[1] if found else ""
        if word in self._namespace:
            return isinstance(self._namespace[word], Macro)  # the name of a macro alone runs the macro
        return bool(word) and not (hasattr(builtins, word) or keyword.iskeyword(word))

    def _wait(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Runs the coroutine in the session's loop. All calculations share this loop, so that tasks go on in
        the next calculation that awaits something."""
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        earlier = asyncio.all_tasks(self._loop)
        task = self._loop.create_task(coroutine)
        try:
            self._loop.run_until_complete(task)
        except BaseException as error:
            # The error may have hit the loop instead of the code, which is then suspended and would go on in
            # the next calculation. So the code is canceled. After a Stop its new tasks are canceled, too.
            stopped = isinstance(error, KeyboardInterrupt)
            suspended = {one for one in asyncio.all_tasks(self._loop) - earlier if stopped or one is task}
            for one in suspended:
                one.cancel()
            if suspended:
                self._loop.run_until_complete(asyncio.wait(suspended))
            raise


def compile_block(
    source: str,
    place: Place = Place(),  # noqa: B008
    rewrite: Callable[[str], str] = transform,
    may_be_magic: bool = False,
) -> CodeType:
    """Compiles a block. Magics are looked for only in a block that is not valid Python,
    so they never change the meaning of a valid program."""
    original = None
    if not may_be_magic:
        try:
            return _compile(source, place)
        except SyntaxError as error:
            original = error
    try:
        transformed = rewrite(source)
    except SyntaxError as error:
        raise move(error, place.line - 1) from None
    if transformed == source and original is not None:
        raise _with_text(original, source, place) from None
    try:
        return _compile(transformed, place, transformed != source)
    except SyntaxError as error:
        raise _with_text(error, transformed, place) from None


def _compile(source: str, place: Place, shows_value: bool = False) -> CodeType:
    if place.line == 1 and not shows_value:
        code = compile(source, place.file, "exec", flags=_FLAGS, dont_inherit=True)
    else:
        try:
            tree = compile(source, place.file, "exec", flags=_FLAGS | ast.PyCF_ONLY_AST, dont_inherit=True)
        except SyntaxError as error:
            raise move(error, place.line - 1) from None
        assert isinstance(tree, ast.Module)
        ast.increment_lineno(tree, place.line - 1)
        code = compile(with_value_shown(tree), place.file, "exec", flags=_FLAGS, dont_inherit=True)
    assert isinstance(code, CodeType)
    return code


def _with_text(error: SyntaxError, source: str, place: Place) -> SyntaxError:
    """Adds the source line to an error.
    The compiler's later stages look for the line in a file named `<stdin>`, and so leave it out."""
    lines = split_lines(source)
    number = (error.lineno or 0) - place.line
    if error.text is None and 0 <= number < len(lines):
        error.text = lines[number].rstrip("\n")
    return error
