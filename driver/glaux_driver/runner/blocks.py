"""The code of a session's calculations from the first one on: the history that IPython's magics work with."""

from __future__ import annotations

from typing import List

# Of all the code that is kept. What is older is forgotten, its number is not.
_CHARACTERS = 4_000_000


class Blocks:
    """From before the first magic on; the calculation that runs is the last one."""

    def __init__(self) -> None:
        self.sources: List[str] = [""]  # as IPython counts from 1
        self._characters = 0
        self._forgotten = 1

    def add(self, source: str) -> None:
        self.sources.append(source)
        self._characters += len(source)
        while self._characters > _CHARACTERS and self._forgotten < len(self.sources) - 1:
            self._characters -= len(self.sources[self._forgotten])
            self.sources[self._forgotten] = ""
            self._forgotten += 1
