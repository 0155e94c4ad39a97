"""A Spark DataFrame as a bounded table: the first rows, fetched once for both of its forms."""

from __future__ import annotations

import html
from typing import Any

ROWS = 20
WIDTH = 20  # characters of a cell, as show() cuts them


def to_bundle(frame: Any) -> dict[str, str]:
    """text/plain as `show()` prints it, and text/html."""
    if frame.isStreaming:
        return {"text/plain": repr(frame)}
    # The rows as show() formats them: a header first, null as NULL, long cells cut, control characters escaped, so that a line
    # break is free to separate cells.
    rows = frame._jdf.getRows(ROWS, WIDTH)
    cells = [rows.apply(index).mkString("\n").split("\n") for index in range(rows.size())]
    header, body = (cells[0] if frame.columns else []), [row if frame.columns else [] for row in cells[1:]]
    more = len(body) > ROWS
    note = f"only showing top {ROWS} rows" if more else ""
    return {"text/plain": _text(header, body[:ROWS], note), "text/html": _html(header, body[:ROWS], note)}


def from_rows(header: list[str], rows: list[list[Any]]) -> dict[str, str]:
    """The same of rows that Python holds."""
    note = f"only showing top {ROWS} rows" if len(rows) > ROWS else ""
    body = [[_cell(value) for value in row] for row in rows[:ROWS]]
    return {"text/plain": _text(header, body, note), "text/html": _html(header, body, note)}


def _cell(value: Any) -> str:
    text = "NULL" if value is None else str(value).replace("\n", "\\n")
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def _text(header: list[str], body: list[list[str]], note: str) -> str:
    widths = [max(3, *(len(row[column]) for row in [header, *body])) for column in range(len(header))]
    rule = "+" + "".join("-" * width + "+" for width in widths)
    header_line, *lines = [
        "|" + "".join(f"{cell:>{width}}|" for cell, width in zip(row, widths)) for row in [header, *body]
    ]
    return "\n".join([rule, header_line, rule, *lines, rule, *([note] if note else [])])


def _html(header: list[str], body: list[list[str]], note: str) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
    rows = "\n".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in body)
    return f"<table border='1'>\n<tr>{head}</tr>\n{rows}\n</table>" + (f"\n{note}" if note else "")
