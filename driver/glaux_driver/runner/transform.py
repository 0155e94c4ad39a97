"""Turns magics, `!commands` and `name?` into Python, by IPython's transformers.
Every line keeps its number."""

from __future__ import annotations

import ast
import io
import re
from typing import List, Optional, Tuple

from IPython.core.inputtransformer2 import TransformerManager, cell_magic

from glaux_driver.runner import FILENAME

# Only source with one of these escapes goes through IPython's transformation. IPython knows more escapes
# (`,` `;` `/` call a function), but they would make the message for a plain syntax error obscure.
_ESCAPE = re.compile(r"^\s*[%!?]|=\s*[%!]|\?\s*$", re.MULTILINE)


# Matches what IPython makes of a line `%%name` inside a block.
_MISPLACED = re.compile(r"get_ipython\(\)\.run_line_magic\('%(\w+)'")

# The values of these magics are not shown:
# the magics print what they return, or return the value of the user's code.
_SHOW_NOTHING = ("env", "lsmagic", "prun", "session_id", "time", "timeit")


def transform(source: str) -> str:
    """The source with Python in place of magics; the source itself if it has none.
    Raises SyntaxError for a cell magic that is not at the start."""
    all_lines = split_lines(source)
    if not _ESCAPE.search("".join(all_lines)):
        return source
    blank, lines = _split_blank(all_lines)
    if lines and lines[0].startswith("%%"):
        lines = cell_magic(lines)
    else:
        try:
            lines = _LineKeeping().do_token_transforms(lines)
        except SyntaxError:
            return source  # IPython cannot make sense of the source; the compiler's message is better
        _refuse_cell_magics(lines, all_lines)
    return blank + "".join(lines)


def with_value_shown(tree: ast.Module) -> ast.Module:
    """Makes the last statement show its value if it is a magic, such as `%pwd`, as in a notebook."""
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr) and _magic_of(last.value) not in (None, *_SHOW_NOTHING):
        shell = ast.parse("get_ipython().show_value").body[0]
        assert isinstance(shell, ast.Expr)
        last.value = ast.fix_missing_locations(ast.copy_location(ast.Call(shell.value, [last.value], []), last.value))
    return tree


def _magic_of(value: ast.expr) -> Optional[str]:
    """The name of the magic, if the expression is a call that the transformers have made of a magic."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.args:
        name = value.args[0]
        is_magic = value.func.attr in ("run_line_magic", "run_cell_magic") and isinstance(value.func.value, ast.Call)
        if is_magic and isinstance(name, ast.Constant) and isinstance(name.value, str):
            return name.value
    return None


def split_lines(source: str) -> List[str]:
    """The lines as Python counts them, each with `\\n` at its end.
    `str.splitlines` would also split at form feeds and at separators of Unicode."""
    return list(io.StringIO(source, newline=None))


def _split_blank(lines: List[str]) -> Tuple[str, List[str]]:
    """Splits blank lines off the beginning, as a text and the other lines.
    A cell magic may follow blank lines, and they count in line numbers."""
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    rest = lines[first:]
    if rest and not rest[-1].endswith("\n"):
        rest[-1] += "\n"
    return "".join(lines[:first]), rest


def _refuse_cell_magics(lines: List[str], all_lines: List[str]) -> None:
    blank = len(all_lines) - len(lines)
    for number, line in enumerate(lines, blank + 1):
        found = _MISPLACED.search(line)
        if found:
            text = all_lines[number - 1].rstrip("\n")
            message = f"cell magic %%{found[1]} must be the first line of the block, whose rest is its input"
            raise SyntaxError(message, (FILENAME, number, text.index("%") + 1, text))


class _LineKeeping(TransformerManager):  # type: ignore[misc]
    """Turns a magic that is continued over several lines into one line,
    and adds blank lines so that later lines keep their numbers."""

    def do_one_token_transform(self, lines: List[str]) -> Tuple[bool, List[str]]:
        changed, after = super().do_one_token_transform(lines)
        missing = len(lines) - len(after)
        if changed and missing > 0:
            at = next((index for index, line in enumerate(after) if line != lines[index]), len(after) - 1)
            after = [*after[: at + 1], *["\n"] * missing, *after[at + 1 :]]
        return changed, after
