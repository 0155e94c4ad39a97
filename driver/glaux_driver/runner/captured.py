"""What `%%capture` uses: IPython's `capture_output`, but for output of the running calculation only.

IPython replaces `sys.stdout` and `sys.stderr` for all threads. Threads of other calculations, and callbacks
of their streaming queries, print meanwhile, too. Their output must stay with those calculations.
"""

from __future__ import annotations

import io
import sys
from typing import Any

from IPython.utils.capture import capture_output

from glaux_driver.runner.threads import Threads


class Captured(capture_output):  # type: ignore[misc]
    def __init__(self, threads: Threads, stdout: bool, stderr: bool, display: bool) -> None:
        super().__init__(stdout=False, stderr=False, display=display)
        self._threads = threads
        self._names = [name for name, is_asked in (("stdout", stdout), ("stderr", stderr)) if is_asked]

    def __enter__(self) -> Any:
        captured = super().__enter__()
        for name in self._names:
            stream = _StreamOfCalculation(self._threads, name)
            setattr(captured, f"_{name}", stream)
            setattr(sys, name, stream)
        return captured


class _StreamOfCalculation(io.StringIO):
    """Keeps what the running calculation prints.
    What other calculations print goes where it would go without `%%capture`."""

    def __init__(self, threads: Threads, name: str) -> None:
        super().__init__()
        self._threads = threads
        self._uncaptured = f"__{name}__"

    def write(self, text: str) -> int:
        owner = self._threads.owner()
        if owner is not None and owner.output is not self._threads.active:
            return int(getattr(sys, self._uncaptured).write(text))
        return super().write(text)
