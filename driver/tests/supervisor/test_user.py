"""A session of a user for whom the system has no name, as with `docker run --user`."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import Session

_NAMELESS = 12_345
_CODE = """
import os
print(os.getuid(), sc.sparkUser())
spark.range(7).write.parquet("s3://first/numbers")
print(spark.read.parquet("s3://first/numbers").count())
"""


def _become_nameless() -> None:
    """Moves to a new user namespace, in which the user's id has no name. The files' owners do not change."""
    user, group, new_user = os.getuid(), os.getgid(), 0x10000000
    if ctypes.CDLL(None, use_errno=True).unshare(new_user) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_NAMELESS} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{_NAMELESS} {group} 1")


class _Nameless(Session):
    prepare_process = staticmethod(_become_nameless)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    try:
        subprocess.run([sys.executable, "-c", ""], preexec_fn=_become_nameless, check=True)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("not to be had here: a user namespace")
    session = _Nameless(engine)
    session.connect()
    yield session
    session.close()


@pytest.mark.main_engine
def test_its_spark_starts_and_writes(session: Session) -> None:
    session.ready()
    finished = session.run(_CODE)
    name = os.environ.get("LOGNAME") or os.environ.get("USER") or str(_NAMELESS)
    assert finished["stdout"] == f"{_NAMELESS} {name}\n7\n", finished
