"""What IPython keeps on disk for all sessions of a user: directories, bookmarks, what `%store` stored.

Here all of that lasts as long as the session's Python.
"""

from __future__ import annotations

import fnmatch
from typing import Any, Dict, List, Optional


class MemoryStore(Dict[str, Any]):
    """Has those methods of PickleShareDB that IPython calls."""

    def keys(self, globpat: Optional[str] = None) -> List[str]:  # type: ignore[override]
        return [key for key in self if globpat is None or fnmatch.fnmatchcase(key, globpat)]

    def __delitem__(self, key: str) -> None:
        """No error if the key is not there: PickleShareDB has none either."""
        self.pop(key, None)
