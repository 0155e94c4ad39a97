"""Lets pandas-on-Spark of Spark 3.5 draw data frames with matplotlib under pandas 2.

It passes `sort_columns` on to pandas' plots. They took that argument until pandas 2.0; since then matplotlib gets it, and
refuses it. Spark 4 does not pass it.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any, Optional, Sequence

_MODULE = "pyspark.pandas.plot.matplotlib"


def mend_when_imported() -> None:
    """Nothing is imported here: few sessions ever draw with pandas-on-Spark."""
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if name != _MODULE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        names = vars(module)
        plot = names["_plot"]

        def without_sort_columns(*arguments: Any, sort_columns: bool = False, **options: Any) -> Any:
            return plot(*arguments, **options)

        names["_plot"] = without_sort_columns
