"""A killed supervisor leaves no process, not even one that has lost the tag because its environment
is empty.
"""

from __future__ import annotations

import os
import signal
from typing import Callable

import pytest

from tests.supervisor.harness import FakeSession, is_running, wait_for

NewSession = Callable[..., FakeSession]

# Starts processes that have left their session and their parents, and have an empty environment.
_HIDE = """
import subprocess
subprocess.Popen(['setsid', 'sh', '-c', '(setsid sleep {0} &) ; (setsid sleep {0} &)'], env={{}}).wait()
"""


@pytest.fixture
def hidden() -> str:
    return f"7211.{os.getpid()}"


def start_hidden(session: FakeSession, seconds: str) -> None:
    assert session.finished(session.start(_HIDE.format(seconds)))["outcome"] == "completed"
    wait_for(lambda: is_running(f"sleep {seconds}"))


def test_a_killed_supervisor_leaves_nothing(fake_session: NewSession, hidden: str) -> None:
    session = fake_session()
    start_hidden(session, hidden)
    os.kill(session.supervisor_pid, signal.SIGKILL)
    assert session.process.wait(30) == 1
    assert not is_running(f"sleep {hidden}")
    assert session.processes() == {}
    assert "the supervisor was ended by SIGKILL" in session.log()


def test_a_killed_guardian_ends_the_session(fake_session: NewSession, hidden: str) -> None:
    session = fake_session()
    start_hidden(session, hidden)
    run = session.start("import time; time.sleep(600)")
    session.until("running")
    os.kill(session.process.pid, signal.SIGKILL)
    failed = session.finished(run)
    assert (failed["outcome"], failed["errorType"]) == ("failed", "SparkDriverLost")
    ended = session.until("ended")
    assert (ended["clean"], "guardian" in ended["reason"]) == (False, True)
    wait_for(lambda: session.processes() == {})
    assert not is_running(f"sleep {hidden}")


def test_a_session_that_ends_takes_along_what_hides(fake_session: NewSession, hidden: str) -> None:
    session = fake_session()
    start_hidden(session, hidden)
    assert session.shut_down()["clean"]
    assert session.process.wait(30) == 0
    assert not is_running(f"sleep {hidden}")


def test_a_stopped_supervisor_is_ended_by_whoever_kills_it(fake_session: NewSession, hidden: str) -> None:
    session = fake_session()
    start_hidden(session, hidden)
    supervisor = session.supervisor_pid
    os.kill(supervisor, signal.SIGSTOP)
    # The guardian passes SIGTERM on to the supervisor, which is stopped and cannot handle it.
    session.process.terminate()
    os.kill(supervisor, signal.SIGKILL)
    assert session.process.wait(30) == 1
    assert not is_running(f"sleep {hidden}")
