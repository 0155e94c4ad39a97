"""What `%table` and `%plotly` show."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping

from glaux_driver.runner import tables
from glaux_driver.runner.shell import UsageError


class Table:
    """Shows rows as `display` shows those of a Spark data frame.
    Only the first rows of a long list are shown."""

    def __init__(self, header: List[str], rows: List[List[Any]]) -> None:
        self._bundle = tables.from_rows(header, rows)

    def _repr_mimebundle_(self, **_: Any) -> Dict[str, str]:
        return self._bundle


def as_table(value: Any) -> Any:
    """What displays the value as a table; a data frame displays itself.
    Raises UsageError for a value without rows."""
    if _is_data_frame(value):
        return value
    if hasattr(value, "to_frame"):  # a series of pandas
        return value.to_frame()
    if isinstance(value, Mapping):
        return Table(["key", "value"], [[key, one] for key, one in value.items()])
    if hasattr(value, "tolist"):  # an array of numpy
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return _table_of(list(value))
    raise UsageError(f"%table shows data frames and lists of rows, not {type(value).__name__}.")


def plotly_bundle(figure: Any) -> Dict[str, Any]:
    """The figure as a MIME bundle.
    The HTML includes Plotly's script, so that a browser needs no network to draw the figure."""
    if not (hasattr(figure, "to_html") and hasattr(figure, "to_json") and hasattr(figure, "to_plotly_json")):
        raise UsageError(f"%plotly shows figures of Plotly, not {type(figure).__name__}.")
    return {
        "text/plain": f"<{type(figure).__name__} of Plotly>",
        "text/html": figure.to_html(full_html=False, include_plotlyjs=True),
        "application/vnd.plotly.v1+json": json.loads(figure.to_json()),
    }


def _is_data_frame(value: Any) -> bool:
    """Whether the value is a data frame of Spark, of pandas, or of pandas on Spark."""
    return hasattr(value, "columns") and hasattr(value, "dtypes")


def _table_of(rows: List[Any]) -> Table:
    """A table of the rows. If all rows are dictionaries, Spark's rows or named tuples, their keys name the
    columns. If all rows are lists or tuples, the columns are numbered. Otherwise there is one column."""
    dictionaries = [_as_dictionary(row) for row in rows]
    named = [row for row in dictionaries if row is not None]
    if rows and len(named) == len(rows):
        names = list(dict.fromkeys(name for row in named for name in row))
        return Table([str(name) for name in names], [[row.get(name) for name in names] for row in named])
    if rows and all(isinstance(row, (list, tuple)) for row in rows):
        width = max(len(row) for row in rows)
        return Table([str(n) for n in range(width)], [[*row, *[None] * (width - len(row))] for row in rows])
    return Table(["value"], [[row] for row in rows])


def _as_dictionary(row: Any) -> Any:
    for name in ("asDict", "_asdict"):
        if isinstance(row, tuple) and hasattr(row, name):
            return getattr(row, name)()
    return row if isinstance(row, Mapping) else None
