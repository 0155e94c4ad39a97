"""The files of one calculation."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Mapping

from glaux_driver.messages import Run

_APPEND = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC


class Output:
    """Its files are open until nothing refers to it: the running calculation does, and every thread that belongs to it."""

    def __init__(self, request: Run) -> None:
        self.calculation_id = request.calculation_id
        self.descriptors = [os.open(path, _APPEND, 0o600) for path in (request.stdout, request.stderr)]
        self.displayed = False
        self._results = request.results

    def write_error(self, text: str) -> None:
        """Past descriptor 2, which user code may have closed or redirected."""
        write_all(self.descriptors[1], text.encode("utf-8", "backslashreplace"))

    def add_result(self, bundle: Mapping[str, Any]) -> None:
        """Appends one MIME bundle as a line; without any, no file is made."""
        # In ASCII: other line separators of Unicode could be taken for the end of the line.
        line = json.dumps(bundle, separators=(",", ":"), default=str)
        file = os.open(self._results, _APPEND, 0o600)
        try:
            write_all(file, line.encode("ascii") + b"\n")
        finally:
            os.close(file)
        self.displayed = True

    def __del__(self) -> None:
        for descriptor in getattr(self, "descriptors", ()):
            with contextlib.suppress(OSError):
                os.close(descriptor)


def write_all(descriptor: int, data: Any) -> int:
    """Writes all of it: one write(2) takes at most 2 GiB, and less when the disk fills up."""
    view = memoryview(data).cast("B")
    length = len(view)
    while view:
        view = view[os.write(descriptor, view) :]
    return length
