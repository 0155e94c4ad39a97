"""The code of all calculations of a session: the history that IPython's magics work with."""

from __future__ import annotations

from typing import List

# At most so many characters of code are kept.
# Older code is forgotten, but its calculations keep their numbers.
_CHARACTERS = 4_000_000


class Blocks:
    """The sources of a session's calculations, by the calculations' numbers. They are kept from the first
    calculation on, even if no magic is used yet. The last source is that of the running calculation."""

    def __init__(self) -> None:
        self.sources: List[str] = [""]  # begins with an empty source, as IPython counts from 1
        self._characters = 0
        self._forgotten = 1

    def add(self, source: str) -> None:
        self.sources.append(source)
        self._characters += len(source)
        while self._characters > _CHARACTERS and self._forgotten < len(self.sources) - 1:
            self._characters -= len(self.sources[self._forgotten])
            self.sources[self._forgotten] = ""
            self._forgotten += 1
