"""The files of one calculation."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Mapping

from glaux_driver.messages import Run

_APPEND = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC


class Output:
    """The output files of a calculation. They are open until nothing refers to this object. The runner refers
    to it while the calculation runs, and so does every thread that belongs to the calculation."""

    def __init__(self, request: Run) -> None:
        self.calculation_id = request.calculation_id
        self.descriptors = [os.open(path, _APPEND, 0o600) for path in (request.stdout, request.stderr)]
        self.displayed = False
        self._results = request.results

    def write_error(self, text: str) -> None:
        """Writes to the calculation's stderr file, not to descriptor 2,
        which user code may have closed or redirected."""
        write_all(self.descriptors[1], text.encode("utf-8", "backslashreplace"))

    def add_result(self, bundle: Mapping[str, Any]) -> None:
        """Appends a MIME bundle to the results file, as a line of JSON. The first bundle makes the file."""
        # The line is ASCII, because readers could take other line separators of Unicode for its end.
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
    """Writes all of the data. One write(2) takes at most 2 GiB, and less when the disk fills up.
    Returns the number of bytes."""
    view = memoryview(data).cast("B")
    length = len(view)
    while view:
        view = view[os.write(descriptor, view) :]
    return length
