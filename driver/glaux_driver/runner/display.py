"""`display(object)` writes a MIME bundle to the calculation's results, and its plain text to stdout.

The plain text is for those who read only stdout. What AWS prints for `display` is not known.
"""

from __future__ import annotations

import base64
from typing import Any, Mapping

from IPython.core.displaypub import DisplayPublisher

from glaux_driver.runner.threads import Threads


class ResultPublisher(DisplayPublisher):  # type: ignore[misc]
    """Takes from IPython what `display` and figures have made. `threads` must be set."""

    threads: Threads

    def publish(self, data: Mapping[str, Any], metadata: Any = None, *_: Any, **__: Any) -> None:
        known, output = self.threads.current()
        output = output if known else self.threads.active
        # A calculation that is over has already reported whether it displayed anything,
        # so it gets no more results.
        if output is not None and output is self.threads.active:
            output.add_result({mime: _wire_value(value) for mime, value in data.items()})
        if "text/plain" in data:
            print(data["text/plain"])

    def clear_output(self, wait: bool = False) -> None:
        """Does nothing: what was written stays written."""


def _wire_value(value: Any) -> Any:
    return base64.b64encode(value).decode("ascii") if isinstance(value, (bytes, bytearray)) else value
