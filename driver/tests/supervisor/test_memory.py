"""The kernel kills processes for want of memory.

The tests put a session's processes into too small a memory cgroup.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Iterator, Optional

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import Session, wait_for

# The kernel counts its kills for want of memory only for the whole machine, so these tests run on one engine
# only.
pytestmark = pytest.mark.main_engine

_ROOT = Path("/sys/fs/cgroup")


class MemoryGroup:
    """A memory cgroup of either version of cgroups.

    `make` returns None if this user may not make a cgroup.
    """

    def __init__(self, folder: Path, limit: str) -> None:
        self._folder = folder
        self._limit = limit

    @staticmethod
    def make() -> Optional[MemoryGroup]:
        for parent, limit in ((_ROOT / "memory", "memory.limit_in_bytes"), (_ROOT, "memory.max")):
            folder = parent / f"glaux-test-{os.getpid()}"
            try:
                folder.mkdir()
            except OSError:
                continue
            if (folder / limit).exists():
                return MemoryGroup(folder, limit)
            folder.rmdir()
        return None

    def confine(self, pid: int, megabytes: int) -> None:
        (self._folder / self._limit).write_text(str(megabytes * 2**20))
        (self._folder / "cgroup.procs").write_text(str(pid))

    def remove(self) -> None:
        wait_for(lambda: not (self._folder / "cgroup.procs").read_text())
        self._folder.rmdir()


@pytest.fixture
def group() -> Iterator[MemoryGroup]:
    group = MemoryGroup.make()
    if group is None:
        pytest.skip("this user may not make a memory cgroup")
    yield group
    group.remove()


def test_python_that_takes_too_much_is_killed_alone_and_the_reason_says_memory(
    engine: Engine, group: MemoryGroup, new_session: Callable[..., Session]
) -> None:
    session = new_session(engine)
    runner = session.ready()["runnerPid"]
    session.run("spark.range(3).createOrReplaceTempView('kept')")
    group.confine(runner, 400)
    killed = session.run("hold = []\nwhile True: hold.append(bytearray(2**20))")
    assert (killed["outcome"], killed["errorType"], killed["variablesLost"]) == ("failed", "PythonProcessLost", True)
    assert "because the memory ran out" in killed["errorMessage"]
    assert session.run("print(spark.table('kept').count())")["stdout"] == "3\n"
    session.shut_down()
    assert session.process.wait(30) == 0


def test_a_spark_driver_that_takes_too_much_is_killed_and_the_session_says_so(
    engine: Engine, group: MemoryGroup, new_session: Callable[..., Session]
) -> None:
    session = new_session(engine, driverMemoryMb=4096)
    jvm = session.ready()["jvmPid"]
    group.confine(jvm, 700)
    run = session.start("hold = []\nwhile True: hold.append(sc._jvm.java.nio.ByteBuffer.allocate(2**26))")
    failed = session.finished(run)
    assert (failed["outcome"], failed["errorType"]) == ("failed", "SparkDriverLost")
    assert "memory" in failed["errorMessage"]
    ended = session.until("ended")
    assert (ended["clean"], ended["reason"]) == (False, failed["errorMessage"])
    assert session.process.wait(30) == 0
    assert session.processes() == {}
