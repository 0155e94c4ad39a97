"""Gives code that a magic runs, such as the body of `%%time`, the line numbers that it has in its block."""

from __future__ import annotations

import ast
from types import CodeType
from typing import Any, Mapping, NamedTuple, Optional

from IPython.core.compilerop import CachingCompiler

from glaux_driver.runner import FILENAME

# The file names under which IPython's magics compile the user's code.
_NAMES_OF_MAGICS = ("<timed eval>", "<timed exec>", "<magic-timeit>", "<magic-timeit-setup>", "<magic-timeit-stmt>")


class Place(NamedTuple):
    """Where a magic was called, and the names that its caller sees (`scope`)."""

    file: str = FILENAME
    line: int = 1
    scope: Optional[Mapping[str, Any]] = None


class Placed(str):
    """Source text that knows where its first line stands."""

    place: Place


def placed(source: str, place: Place) -> Placed:
    text = Placed(source)
    text.place = place
    return text


def move(error: SyntaxError, lines: int) -> SyntaxError:
    """Adds `lines` to the error's line numbers."""
    for name in ("lineno", "end_lineno"):
        number: Optional[int] = getattr(error, name, None)
        if number:
            setattr(error, name, number + lines)
    return error


class PlacingCompiler(CachingCompiler):  # type: ignore[misc]
    """The compiler that IPython's magics use."""

    place = Place()
    """The place of the running magic. Source that is not `Placed` counts as beginning there."""

    def ast_parse(self, source: str, filename: str = FILENAME, symbol: str = "exec") -> Any:
        place = source.place if isinstance(source, Placed) else self.place
        try:
            tree = super().ast_parse(str(source), place.file, symbol)
        except SyntaxError as error:
            raise move(error, place.line - 1) from None
        return ast.increment_lineno(tree, place.line - 1)

    def __call__(self, source: Any, filename: str, symbol: str, *rest: Any, **options: Any) -> Any:
        of_magic = filename in _NAMES_OF_MAGICS
        code = super().__call__(source, self.place.file if of_magic else filename, symbol, *rest, **options)
        return _without_function(code) if filename == "<magic-timeit>" else code


def _without_function(code: CodeType) -> CodeType:
    """Renames the function `inner`, into which `%timeit` puts the statement.
    An error must not show that name."""
    renamed = (
        one.replace(co_name="<module>") if isinstance(one, CodeType) and one.co_name == "inner" else one
        for one in code.co_consts
    )
    return code.replace(co_consts=tuple(renamed))
