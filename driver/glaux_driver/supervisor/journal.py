"""The journal: what this driver did, one event a line, numbered from 1.

It promises that an event is in the file before the event is sent to anybody, and that no number is used
twice. The file is written without fsync, so it survives the end of every process, but not a loss of power.
When the disk is full, events are kept in memory. They are still numbered and sent, and writing is retried
once a second.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import time
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Set, Tuple

from glaux_driver.messages import Message, encode, to_members

_RETRY_S = 1.0

logger = logging.getLogger(__name__)


class Journal:
    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._loop = loop
        self._retry: Optional[asyncio.TimerHandle] = None
        self._fails = False
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
        """Numbers and writes the event. Returns its line, as it is sent to the server."""
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
        if self._retry is not None:
            self._retry.cancel()
        self._write()
        if self._unwritten:
            logger.error("%d events could not be written to the journal", len(self._unwritten))
        os.close(self._file)

    def _write(self) -> None:
        try:
            if self._fails:
                os.ftruncate(self._file, self._size)
            while self._unwritten:
                line = self._unwritten[0]
                if os.write(self._file, line) < len(line):
                    os.ftruncate(self._file, self._size)
                    raise OSError(errno.ENOSPC, "an event was written in part")
                self._size += len(line)
                self._unwritten.pop(0)
        except OSError as error:
            self._on_failure(error)
        else:
            self._fails = False

    def _on_failure(self, error: OSError) -> None:
        if not self._fails:
            self._fails = True
            logger.error("the journal cannot be written, its events are kept in memory: %s", error)
        if self._retry is None:
            self._retry = self._loop.call_later(_RETRY_S, self._write_again)

    def _write_again(self) -> None:
        self._retry = None
        self._write()

    def _remember(self, line: bytes) -> None:
        event = json.loads(line)
        self.seq = event["seq"]
        self._note_calculation(event)

    def _note_calculation(self, event: Dict[str, object]) -> None:
        calculation_id = event.get("calculationId")
        if isinstance(calculation_id, str):
            self._calculations.add(calculation_id)


def _whole_lines(path: Path) -> Iterator[Tuple[int, bytes]]:
    """Each complete line, with the offset of its end. A last line without a line feed is left out."""
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
