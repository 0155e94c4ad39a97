"""Listens to what pip prints, as nothing else tells why pip has failed."""

from __future__ import annotations

import sys
from typing import Any, Optional

_LENGTH = 100_000


class Heard:
    """A context manager that listens to the output of this process, and passes the output on."""

    def __init__(self) -> None:
        self._streams = _Listening(sys.stdout), _Listening(sys.stderr)

    def __enter__(self) -> Heard:
        sys.stdout, sys.stderr = self._streams  # type: ignore[assignment]
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = (stream.stream for stream in self._streams)

    @property
    def reason(self) -> Optional[str]:
        """The first line that pip marks as an error."""
        lines = self._streams[1].text.split("\n")
        return next((line[7:].strip() for line in lines if line.startswith("ERROR: ")), None)

    def blames(self, package: str) -> bool:
        """Whether pip has named the pinned version of this package as a conflict."""
        return any(f"(constraint) {package}==" in stream.text for stream in self._streams)


class _Listening:
    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.text = ""
        """The last characters that were written, _LENGTH at most."""

    def write(self, text: str) -> int:
        self.text = (self.text + text)[-_LENGTH:]
        return int(self.stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
