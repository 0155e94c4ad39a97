"""Rotates the driver's logs, so that a session that lives for weeks does not fill the disk, and reads their
last lines.

A full log is put aside as `<name>.1`, which replaces the `<name>.1` before. The writers of the log (the JVM
and the processes that it starts, the runner, this process) hold the file open. So the file is copied and then
truncated. All writers append, so they go on at the new end. Lines that are logged between the copy and the
truncation may be lost.
"""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import List

_LOOK_EVERY_S = 5.0
_LAST_LINES = 20
_LAST_BYTES = 16384

logger = logging.getLogger(__name__)


async def keep_bounded(logs: List[Path], max_bytes: int, every_s: float = _LOOK_EVERY_S) -> None:
    """Checks the logs every `every_s` until cancelled.

    Between two checks a log may grow beyond `max_bytes`.
    """
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(every_s)
        for path in logs:
            try:
                if path.stat().st_size >= max_bytes:
                    await loop.run_in_executor(None, put_aside, path, max_bytes)
            except (OSError, RuntimeError) as error:  # RuntimeError: no thread can be started
                logger.info("%s could not be put aside: %s", path, error)


def put_aside(path: Path, max_bytes: int) -> None:
    """Keeps the last `max_bytes` of the log in `<name>.1`, and empties the log.

    Raises OSError. If the copy fails, the log is unchanged.
    """
    draft = path.with_name(f"{path.name}.new")
    try:
        with path.open("rb") as log, draft.open("wb") as copy:
            os.fchmod(copy.fileno(), 0o600)
            size = os.fstat(log.fileno()).st_size
            at = max(0, size - max_bytes)
            while at < size:
                sent = os.sendfile(copy.fileno(), log.fileno(), at, size - at)
                if sent == 0:
                    break
                at += sent
        draft.replace(aside(path))
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    os.truncate(path, 0)


def aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")


def last_lines(path: Path) -> str:
    """The last 20 lines of the log.

    If the log has just been rotated, lines of `<name>.1` come before them.
    """
    tail = _tail(path)
    if len(tail.splitlines()) < _LAST_LINES:
        tail = _tail(aside(path)) + tail
    return "\n".join(tail.splitlines()[-_LAST_LINES:])


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _LAST_BYTES))
            return log.read().decode("utf-8", "replace")
    except OSError:
        return ""
