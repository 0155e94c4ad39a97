from __future__ import annotations

import asyncio
import json
import logging
import resource
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from glaux_driver.messages import Accepted, Recovered
from glaux_driver.supervisor.journal import Journal


def _seqs(lines: Iterator[bytes]) -> List[int]:
    return [json.loads(line)["seq"] for line in lines]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_events_are_numbered_and_in_the_file_before_they_are_returned(
    path: Path, loop: asyncio.AbstractEventLoop
) -> None:
    with closing(Journal(path, loop)) as journal:
        assert journal.append(Recovered()) == path.read_bytes()
        second = journal.append(Accepted("c"))
        assert path.read_bytes().endswith(second)
        assert _seqs(journal.after(0)) == [1, 2]
        assert journal.seq == 2
        assert json.loads(second)["at"] > 1_600_000_000_000
    assert path.stat().st_mode & 0o777 == 0o600


def test_only_later_events_are_replayed(path: Path, loop: asyncio.AbstractEventLoop) -> None:
    with closing(Journal(path, loop)) as journal:
        for _ in range(5):
            journal.append(Recovered())
        assert _seqs(journal.after(3)) == [4, 5]
        assert _seqs(journal.after(5)) == []
        assert _seqs(journal.after(99)) == []


def test_calculations_are_known_from_their_first_event_on(path: Path, loop: asyncio.AbstractEventLoop) -> None:
    with closing(Journal(path, loop)) as journal:
        assert not journal.knows("c")
        journal.append(Accepted("c"))
        assert journal.knows("c")
    with closing(Journal(path, loop)) as journal:
        assert journal.knows("c")


def test_a_last_line_cut_short_is_truncated_and_its_number_used_again(
    path: Path, loop: asyncio.AbstractEventLoop
) -> None:
    with closing(Journal(path, loop)) as journal:
        journal.append(Accepted("a"))
        journal.append(Accepted("b"))
    path.write_bytes(path.read_bytes()[:-7])
    with closing(Journal(path, loop)) as journal:
        assert journal.seq == 1
        assert not journal.knows("b")
        journal.append(Accepted("c"))
        assert [json.loads(line)["calculationId"] for line in path.read_bytes().splitlines()] == ["a", "c"]
        assert _seqs(journal.after(0)) == [1, 2]


def test_events_that_find_no_room_are_replayed_and_written_later(path: Path, loop: asyncio.AbstractEventLoop) -> None:
    with closing(Journal(path, loop)) as journal:
        journal.append(Accepted("a"))
        with _no_file_longer_than(path.stat().st_size + 10):
            journal.append(Accepted("b"))
            journal.append(Accepted("c"))
            assert path.read_bytes().count(b"\n") == 1
            assert path.read_bytes().endswith(b"\n")
            assert _seqs(journal.after(0)) == [1, 2, 3]
        journal.append(Accepted("d"))
        assert _seqs(iter(path.read_bytes().splitlines())) == [1, 2, 3, 4]
        assert _seqs(journal.after(1)) == [2, 3, 4]


def test_events_that_found_no_room_are_tried_again_by_themselves(
    path: Path, loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Journal(path, loop)) as journal:
        with _no_file_longer_than(10):
            journal.append(Accepted("a"))
            journal.append(Accepted("b"))
        assert path.read_bytes() == b""
        assert [record.levelno for record in caplog.records] == [logging.ERROR]
        loop.run_until_complete(asyncio.wait_for(_until(lambda: path.read_bytes().count(b"\n") == 2), 10))
        journal.append(Accepted("c"))
    assert _seqs(iter(path.read_bytes().splitlines())) == [1, 2, 3]


def test_closing_writes_what_is_left(path: Path, loop: asyncio.AbstractEventLoop) -> None:
    with closing(Journal(path, loop)) as journal:
        with _no_file_longer_than(10):
            journal.append(Accepted("a"))
        assert path.read_bytes() == b""
    assert _seqs(iter(path.read_bytes().splitlines())) == [1]


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.02)


@contextmanager
def _no_file_longer_than(size: int) -> Iterator[None]:
    """Simulates a full disk: a write is cut short, and the next write fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
