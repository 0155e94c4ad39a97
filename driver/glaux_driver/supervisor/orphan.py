"""The dead-man's switch: a driver to which no server connects for `limit_s` ends itself."""

from __future__ import annotations

import asyncio
from typing import Callable, Optional


class OrphanSwitch:
    def __init__(self, limit_s: float, on_orphaned: Callable[[], None]) -> None:
        self._limit_s = limit_s
        self._on_orphaned = on_orphaned
        self._timer: Optional[asyncio.TimerHandle] = None

    def set(self, armed: bool) -> None:
        """Arms or disarms the switch. Arming an armed switch does not restart its timer."""
        if armed and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._limit_s, self._on_orphaned)
        elif not armed and self._timer is not None:
            self._timer.cancel()
            self._timer = None
