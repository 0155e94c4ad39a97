"""A session on a disk that becomes full. The test mounts a small disk, which only root may do."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.supervisor.harness import FakeSession, wait_for


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    mounted = tmp_path / "disk"
    mounted.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "glaux-test", str(mounted)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may not mount a small disk")
    yield mounted
    subprocess.run(["umount", "--lazy", str(mounted)], check=True)


def fill(disk: Path) -> None:
    with (disk / "ballast").open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 64, 8, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def test_what_finishes_on_a_full_disk_is_told_at_once_and_journaled_when_there_is_room(
    disk: Path, tmp_path: Path, fake_session: Callable[..., FakeSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    session = fake_session()
    go = tmp_path / "go"
    # The `finished` event is longer than the rest of the journal's last page on the disk.
    code = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)\nraise ValueError('x' * 10_000)"
    run = session.start(code)
    session.until("running")
    fill(disk)
    go.touch()
    finished = session.finished(run)
    assert (finished["outcome"], finished["errorType"]) == ("failed", "ValueError")
    assert session.journal()[-1]["type"] == "running"
    # A server that connects now gets the event too, although it is not in the file yet.
    session.connect(after=finished["seq"] - 1)
    assert session.receive()["type"] == "finished"
    os.unlink(disk / "ballast")
    wait_for(lambda: session.journal()[-1]["type"] == "finished")
    assert [event["seq"] for event in session.journal()] == list(range(1, finished["seq"] + 1))
    assert session.finished(session.start("1"))["outcome"] == "completed"
    assert session.shut_down()["clean"]
    assert session.process.wait(30) == 0
