"""A Spark DataFrame as a table of its first rows.
The rows are fetched once for the table's two forms, text and HTML."""

from __future__ import annotations

import html
from typing import Any

ROWS = 20
WIDTH = 20  # characters of a cell, at which show() cuts it, too


def to_bundle(frame: Any) -> dict[str, str]:
    """The table as text/plain, in the form that `show()` prints, and as text/html."""
    if frame.isStreaming:
        return {"text/plain": repr(frame)}
    # The rows come as show() formats them: the header first, null as NULL, long cells cut,
    # control characters escaped. So no cell holds a line break, and line breaks can separate the cells.
    rows = frame._jdf.getRows(ROWS, WIDTH)
    cells = [rows.apply(index).mkString("\n").split("\n") for index in range(rows.size())]
    header, body = (cells[0] if frame.columns else []), [row if frame.columns else [] for row in cells[1:]]
    more = len(body) > ROWS
    note = f"only showing top {ROWS} rows" if more else ""
    return {"text/plain": _text(header, body[:ROWS], note), "text/html": _html(header, body[:ROWS], note)}


def from_rows(header: list[str], rows: list[list[Any]]) -> dict[str, str]:
    """The same table, of rows that Python has."""
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
