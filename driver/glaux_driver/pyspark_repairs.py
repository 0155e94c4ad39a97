"""Makes pyspark 3.5 fit the pandas and pyarrow that its engine has. Spark 4 needs nothing of this.

- pandas-on-Spark passes `sort_columns` on to pandas' plots. They took that argument until pandas 2.0. Since then
  matplotlib gets it, and refuses it.
- With pandas 2, pyarrow gives times in microseconds since its version 13 (Spark 3.5 was made with 12). pyspark leaves
  those of timestamps as they are, so that their type depends on whether Arrow was used: `datetime64[us]` if it was.

The runner and Spark's Python workers call `repair_when_imported`.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any, Callable, Dict, Optional, Sequence

Names = Dict[str, Any]


def repair_when_imported() -> None:
    """Nothing is imported here: few sessions use these modules."""
    import pyspark

    if not pyspark.__version__.startswith("3."):
        return
    sys.meta_path.insert(0, _Finder())
    for name, repair in _REPAIRS.items():
        if name in sys.modules:
            repair(vars(sys.modules[name]))


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


_REPAIRS: Dict[str, Callable[[Names], None]] = {
    "pyspark.pandas.plot.matplotlib": _plot_without_sort_columns,
    "pyspark.sql.pandas.types": _times_in_nanoseconds,
}


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if name not in _REPAIRS:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        _REPAIRS[module.__name__](vars(module))
