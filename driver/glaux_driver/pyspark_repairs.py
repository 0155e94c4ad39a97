"""Repairs pyspark 3.5 so that it works with the versions of pandas and pyarrow of its engine. Spark 4 needs
no repair.

- pandas-on-Spark passes `sort_columns` on to pandas' plots. Before pandas 2.0, plots took that argument.
  Since then pandas passes it on to matplotlib, which refuses it.
- With pandas 2, pyarrow 13 and newer give times in microseconds (Spark 3.5 was made with pyarrow 12). pyspark
  does not convert such timestamps, so their type depends on whether Arrow was used: `datetime64[us]` with
  Arrow.
- For the same reason, pandas-on-Spark derives types in microseconds for intervals and for timestamps without
  a zone. pandas-on-Spark then refuses these types itself.

The runner and Spark's Python workers call `repair_when_imported`.
"""

from __future__ import annotations

from typing import Any, Dict

from glaux_driver.when_imported import Change, Names, change_when_imported


def repair_when_imported() -> None:
    """Registers the repairs without importing the modules, because few sessions use them."""
    import pyspark

    if not pyspark.__version__.startswith("3."):
        return
    change_when_imported(_REPAIRS)


def _plot_without_sort_columns(names: Names) -> None:
    plot = names["_plot"]

    def without_sort_columns(*arguments: Any, sort_columns: bool = False, **options: Any) -> Any:
        return plot(*arguments, **options)

    names["_plot"] = without_sort_columns


def _times_in_nanoseconds(names: Names) -> None:
    convert = names["_check_series_convert_timestamps_local_tz"]

    def in_nanoseconds(series: Any, timezone: str) -> Any:
        converted = convert(series, timezone)
        is_other = converted.dtype.kind == "M" and converted.dtype != "datetime64[ns]"
        return converted.astype("datetime64[ns]") if is_other else converted

    names["_check_series_convert_timestamps_local_tz"] = in_nanoseconds


def _types_in_nanoseconds(names: Names) -> None:
    to_dtype, type_of = names["spark_type_to_pandas_dtype"], names["np"].dtype

    def in_nanoseconds(*arguments: Any, **options: Any) -> Any:
        dtype = to_dtype(*arguments, **options)
        is_time = getattr(dtype, "kind", None) in ("M", "m")
        return type_of(str(dtype).replace("[us]", "[ns]")) if is_time else dtype

    names["spark_type_to_pandas_dtype"] = in_nanoseconds


_REPAIRS: Dict[str, Change] = {
    "pyspark.pandas.plot.matplotlib": _plot_without_sort_columns,
    "pyspark.pandas.typedef.typehints": _types_in_nanoseconds,
    "pyspark.sql.pandas.types": _times_in_nanoseconds,
}
