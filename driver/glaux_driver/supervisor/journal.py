"""The journal: what this driver did, one event a line, numbered from 1.

Promises: an event is in the file before anybody hears of it, and its number is never used twice. Written without fsync, so it
outlives every process but not a loss of power. When the disk is full, events are kept in memory, still numbered and still
sent, and are written as soon as there is room again.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

from glaux_driver.messages import Message, encode, to_members


class Journal:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._unwritten: List[bytes] = []
        self._calculations: Set[str] = set()
        self.seq = 0
        whole = 0
        for end, line in _whole_lines(path):
            whole = end
            self._remember(line)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._file, whole)
        self._size = whole

    def append(self, event: Message) -> bytes:
        """Returns the event's line, which is what the server gets."""
        self.seq += 1
        line = encode(event, seq=self.seq, at=time.time_ns() // 1_000_000)
        self._note_calculation(to_members(event))
        self._unwritten.append(line)
        self._write()
        return line

    def knows(self, calculation_id: str) -> bool:
        return calculation_id in self._calculations

    def after(self, seq: int) -> Iterator[bytes]:
        """The lines of all events with a higher number."""
        for _, line in _whole_lines(self._path):
            if json.loads(line)["seq"] > seq:
                yield line
        for line in self._unwritten:
            if json.loads(line)["seq"] > seq:
                yield line

    def close(self) -> None:
        os.close(self._file)

    def _write(self) -> None:
        while self._unwritten:
            line = self._unwritten[0]
            try:
                written = os.write(self._file, line)
            except OSError:
                return
            if written < len(line):
                os.ftruncate(self._file, self._size)
                return
            self._size += written
            self._unwritten.pop(0)

    def _remember(self, line: bytes) -> None:
        event = json.loads(line)
        self.seq = event["seq"]
        self._note_calculation(event)

    def _note_calculation(self, event: Dict[str, object]) -> None:
        calculation_id = event.get("calculationId")
        if isinstance(calculation_id, str):
            self._calculations.add(calculation_id)


def _whole_lines(path: Path) -> Iterator[Tuple[int, bytes]]:
    """Each line that was written to its end, with the offset behind it. A last line cut short is not one."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    end = 0
    with file:
        for line in file:
            end += len(line)
            if not line.endswith(b"\n"):
                return
            yield end, line
