"""The history that `%history`, `%rerun`, `%macro`, `%save` and similar magics read.
It is kept in memory only."""

from __future__ import annotations

import fnmatch
import re
from typing import Any, Iterator, List, Tuple

from IPython.core.history import HistoryManager

from glaux_driver.runner.blocks import Blocks
from glaux_driver.runner.transform import transform


class SessionHistory(HistoryManager):  # type: ignore[misc]
    """IPython's history without its database (`enabled` is False)."""

    def use(self, blocks: Blocks) -> None:
        self.input_hist_raw = blocks.sources
        self._blocks = blocks

    @property
    def input_hist_parsed(self) -> List[str]:
        """The sources with Python in place of magics. They are made when they are asked for."""
        return [_to_python(source) for source in self._blocks.sources] if hasattr(self, "_blocks") else [""]

    @input_hist_parsed.setter
    def input_hist_parsed(self, _value: Any) -> None:
        """Ignores the value, which IPython's constructor and `%reset` assign."""

    def reset(self, new_session: bool = True) -> None:
        """For `%reset`, which clears the user's names. The numbers of calculations go on."""
        self.output_hist.clear()
        self.dir_hist[:] = self._dir_hist_default()

    def get_tail(self, n: int = 10, raw: bool = True, output: bool = False, include_latest: bool = False) -> Any:
        sources = self.input_hist_raw if raw else self.input_hist_parsed
        last = len(sources) - (0 if include_latest else 1)
        return [_entry(number, sources[number], output) for number in range(max(1, last - n), last)]

    def search(
        self, pattern: str = "*", raw: bool = True, search_raw: bool = True, output: bool = False,
        n: Any = None, unique: bool = False,
    ) -> Iterator[Any]:  # fmt: skip
        sources = self.input_hist_raw if raw else self.input_hist_parsed
        glob = re.compile(fnmatch.translate(pattern), re.DOTALL)
        found = [
            (number, source) for number, source in enumerate(sources)
            if number and glob.match(self.input_hist_raw[number] if search_raw else source)
        ]  # fmt: skip
        if unique:
            found = list({source: (number, source) for number, source in found}.values())
        return iter([_entry(number, source, output) for number, source in (found[-n:] if n else found)])


def _entry(number: int, source: str, output: bool) -> Tuple[int, int, Any]:
    """(0, the calculation's number, its source). 0 is IPython's number for the running session."""
    return (0, number, (source, None) if output else source)


def _to_python(source: str) -> str:
    try:
        return transform(source)
    except SyntaxError:
        return source
