"""A store in memory for what IPython keeps on disk for all sessions of a user:
directories, bookmarks, what `%store` stored.

In Glaux these data last as long as the session's Python process.
"""

from __future__ import annotations

import fnmatch
from typing import Any, Dict, List, Optional


class MemoryStore(Dict[str, Any]):
    """Has the methods of PickleShareDB that IPython calls."""

    def keys(self, globpat: Optional[str] = None) -> List[str]:  # type: ignore[override]
        return [key for key in self if globpat is None or fnmatch.fnmatchcase(key, globpat)]

    def __delitem__(self, key: str) -> None:
        """Like PickleShareDB, raises no error if the key is missing."""
        self.pop(key, None)
