"""Splits SQL text into its statements, as Spark's own lexer sees them (SqlBaseLexer of Spark 3.5 and 4).

Spark has no splitter that both engines share. The splitter of 3.5 is a method of spark-sql's command line,
and knows neither raw strings nor scripts. The splitter of 4 is in another class. Asking the lexer in the JVM
would cost some round trips for every statement.
"""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple

# Matches what Spark's lexer takes as one piece.
# A `/*+ hint */` is taken for a comment that holds no other comment.
_PIECE = re.compile(
    r"""
    (?P<hint>     /\*\+ .*? (?: \*/ | \Z) )
  | (?P<open>     /\* )                                 # a comment, see _end_of_comment
  | (?P<line>     -- (?: \\\n | [^\r\n] )* )            # also after a backslash at a line's end
  | (?P<quoted>   (?<!\w) [rR] (?: '[^']*(?:'|\Z) | "[^"]*(?:"|\Z) )
                | ' (?: [^'\\] | \\. | '' )* (?: ' | \\?\Z )
                | " (?: [^"\\] | \\. | "" )* (?: " | \\?\Z )
                | ` (?: [^`] | `` )* (?: ` | \Z )
                | (?P<tag> \$[A-Za-z]*\$ ) .*? (?: (?P=tag) | \Z ) )
  | (?P<word>     \w+ )
  | (?P<space>    \s+ )
  | (?P<other>    . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*(?!\+)|\*/")

# In a script, a statement may follow the pieces in _BEFORE_STATEMENTS; so BEGIN may follow them.
# An END that is followed by one of _OTHER_ENDS ends something else than a block.
_BEFORE_STATEMENTS = frozenset((";", "THEN", "ELSE", "DO", "LOOP", "REPEAT"))
_OTHER_ENDS = frozenset(("IF", "WHILE", "REPEAT", "LOOP", "FOR"))


class Statement(NamedTuple):
    text: str
    line: int
    """The number of the line in which the statement begins; the text's first line has the number 1."""
    end: int
    """The index of the statement's semicolon, or of the text's end."""


def split_statements(text: str) -> List[Statement]:
    """The statements, without comments before them and without the semicolons behind them.
    `BEGIN … END` is one statement."""
    statements: List[Statement] = []
    script = _Script()
    first = -1
    for kind, piece, at in _pieces(text):
        if kind == "skip":
            continue
        if script.ends_with(piece if kind == "bare" else ""):
            if first >= 0:
                statements.append(_statement(text, first, at))
            first, script = -1, _Script()
        elif first < 0:
            first = at
    if first >= 0:
        statements.append(_statement(text, first, len(text)))
    return statements


def _statement(text: str, first: int, end: int) -> Statement:
    return Statement(text[first:end].strip(), text.count("\n", 0, first) + 1, end)


def _pieces(text: str) -> Iterator[tuple[str, str, int]]:
    """(kind, piece, index). The kind is `skip` (blank or comment), `quoted` or `bare`.
    The piece is in capitals."""
    at = 0
    while at < len(text):
        found = _PIECE.match(text, at)
        assert found is not None
        kind, end = str(found.lastgroup), found.end()
        if kind == "open":
            end = _end_of_comment(text, at)
        if kind in ("open", "hint", "line", "space"):
            yield "skip", "", at
        else:
            yield ("quoted" if kind in ("quoted", "tag") else "bare"), text[at:end].upper(), at
        at = end


def _end_of_comment(text: str, at: int) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, at):
        depth += -1 if edge[0] == "*/" else 1
        if depth == 0:
            return edge.end()
    return len(text)


class _Script:
    """The open blocks of one statement.
    Open CASEs are counted too, as their END could be taken for that of a block.

    BEGIN and END may also be names of columns. So a block begins and ends only where a statement may begin.
    """

    def __init__(self) -> None:
        self._open: List[str] = []
        self._last = ""
        self._may_begin = True  # a statement may begin with the next piece
        self._may_label = False  # a colon as the next piece makes the last piece a statement's label
        self._in_handler = False  # the last pieces are in DECLARE … HANDLER FOR … BEGIN
        self._has_ended = False  # the last piece was an END; the next piece may say that it ends no block

    def ends_with(self, piece: str) -> bool:
        """Takes the next piece, in capitals; a quoted piece is given as "".
        True for a semicolon between statements."""
        if self._has_ended and piece not in _OTHER_ENDS:
            self._open.pop()
        if piece == ";" and not self._open:
            return True
        begins_block = piece == "BEGIN" and (self._may_begin or self._in_handler)
        if begins_block or piece == "CASE" and self._open and self._last not in ("END", "."):
            self._open.append(piece)
        self._has_ended = (
            piece == "END" and bool(self._open) and self._last != "." and (self._may_begin or self._open[-1] == "CASE")
        )
        self._in_handler = (
            bool(self._open) and not begins_block and (piece == "HANDLER" or self._in_handler and piece != ";")
        )
        is_label = piece == ":" and self._may_label
        self._may_label = self._may_begin and not begins_block
        self._may_begin = begins_block or is_label or bool(self._open) and piece in _BEFORE_STATEMENTS
        self._last = piece
        return False
