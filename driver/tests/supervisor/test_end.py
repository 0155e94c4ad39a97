"""The ways in which a session ends, and that nothing is left of it."""

from __future__ import annotations

import os
import signal
from typing import Callable

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import Session, engine_members, wait_for

NewSession = Callable[..., Session]


def assert_gone(session: Session) -> None:
    wait_for(lambda: session.process.poll() is not None, 15)
    assert session.processes() == {}
    assert not session.socket_path.exists()
    assert not session.ports_socket_path.exists()
    assert not (session.folder / "local").exists()
    assert session.journal()[-1]["type"] == "ended"


@pytest.mark.main_engine
def test_shutdown_ends_everything_also_a_calculation_and_its_processes(engine: Engine, new_session: NewSession) -> None:
    session = new_session(engine)
    session.ready()
    session.run("import subprocess\nsubprocess.Popen(['setsid', 'sh', '-c', '(setsid sleep 7201 &) ; sleep 7202'])")
    run = session.start("import time\nprint('go', flush=True)\ntime.sleep(600)")
    session.says(run, "go")
    session.send("shutdown", graceMs=3000)
    assert session.finished(run)["outcome"] == "canceled"
    ended = session.receive()
    assert (ended["type"], ended["clean"]) == ("ended", True)
    with pytest.raises(EOFError):
        session.receive()
    assert session.process.wait(10) == 0
    assert_gone(session)
    assert [event["type"] for event in session.journal()[-2:]] == ["finished", "ended"]


@pytest.mark.main_engine
def test_shutdown_does_not_wait_for_a_jvm_that_hangs(engine: Engine, new_session: NewSession) -> None:
    session = new_session(engine)
    os.kill(session.ready()["jvmPid"], signal.SIGSTOP)
    assert session.shut_down(grace_ms=300)["clean"]
    assert session.process.wait(10) == 0
    assert_gone(session)


@pytest.mark.main_engine
def test_sigterm_means_shutdown_and_other_signals_of_a_terminal_nothing(
    engine: Engine, new_session: NewSession
) -> None:
    session = new_session(engine)
    session.ready()
    os.killpg(session.process.pid, signal.SIGINT)
    os.killpg(session.process.pid, signal.SIGHUP)
    assert session.run("print(spark.range(3).count())")["stdout"] == "3\n"
    session.process.terminate()
    assert session.until("ended")["clean"]
    assert session.process.wait(10) == 0
    assert_gone(session)


@pytest.mark.main_engine
def test_shutdown_while_booting(engine: Engine, new_session: NewSession) -> None:
    session = new_session(engine)
    assert session.shut_down()["clean"]
    assert_gone(session)


def test_a_jvm_that_dies_fails_the_calculation_and_the_session(engine: Engine, new_session: NewSession) -> None:
    session = new_session(engine)
    jvm = session.ready()["jvmPid"]
    run = session.start("import time\nprint('go', flush=True)\ntime.sleep(600)")
    session.says(run, "go")
    os.kill(jvm, signal.SIGKILL)
    failed = session.finished(run)
    assert (failed["outcome"], failed["errorType"]) == ("failed", "SparkDriverLost")
    assert "SIGKILL" in failed["errorMessage"]
    assert failed["driverLost"] == failed["errorMessage"]
    assert failed["errorMessage"] in run.stderr.read_text()
    ended = session.receive()
    assert (ended["type"], ended["clean"], ended["reason"]) == ("ended", False, failed["errorMessage"])
    assert_gone(session)


@pytest.mark.main_engine
def test_an_exhausted_heap_is_named(engine: Engine, new_session: NewSession) -> None:
    # Mostly the JVM ends with an OutOfMemoryError. Sometimes the rest of the heap suffices for it to go on,
    # with a garbage collection at each step.
    session = new_session(engine, driverMemoryMb=512, heartbeat={"collectingMs": 3000})
    session.ready()
    run = session.start("hold = [sc._jvm.java.nio.ByteBuffer.allocate(2**27) for _ in range(100)]")
    failed = session.finished(run)
    assert (failed["outcome"], failed["errorType"]) == ("failed", "SparkDriverLost")
    assert "ran out of its 512 MiB of heap memory" in failed["errorMessage"]
    assert session.until("ended")["reason"] == failed["errorMessage"]
    assert_gone(session)


@pytest.mark.main_engine
def test_a_supervisor_that_is_killed_takes_runner_and_jvm_along(engine: Engine, new_session: NewSession) -> None:
    session = new_session(engine)
    session.ready()
    run = session.start("print('go', flush=True)\nwhile True: pass")
    session.says(run, "go")
    session.until("running")  # the code may print before the supervisor has read that it runs
    os.kill(session.supervisor_pid, signal.SIGKILL)
    assert session.process.wait(30) == 1
    assert session.processes() == {}
    assert session.journal()[-1]["type"] == "running"


@pytest.mark.main_engine
def test_a_driver_without_a_server_ends_itself_but_not_while_it_calculates(
    engine: Engine, new_session: NewSession
) -> None:
    session = new_session(engine, orphanMs=700)
    session.ready()
    run = session.start("import time\nprint('go', flush=True)\ntime.sleep(2)\nprint('done')")
    session.says(run, "go")
    session.disconnect()
    assert session.process.wait(30) == 0
    assert_gone(session)
    *_, finished, ended = session.journal()
    assert (finished["type"], finished["outcome"]) == ("finished", "completed")
    assert run.stdout.read_text() == "go\ndone\n"
    assert ended["clean"]
    assert "0.7 s" in ended["reason"]
    assert ended["at"] - finished["at"] > 650


@pytest.mark.main_engine
def test_a_silent_jvm_is_degraded_recovers_and_is_given_up_at_last(engine: Engine, new_session: NewSession) -> None:
    session = new_session(engine, heartbeat={"intervalMs": 100, "degradedMs": 500, "endMs": 5000})
    jvm = session.ready()["jvmPid"]
    os.kill(jvm, signal.SIGSTOP)
    assert "0.5 s" in session.until("degraded")["reason"]
    os.kill(jvm, signal.SIGCONT)
    session.until("recovered")
    assert session.run("print(spark.range(3).count())")["stdout"] == "3\n"
    os.kill(jvm, signal.SIGSTOP)
    session.until("degraded")
    ended = session.until("ended")
    assert (ended["clean"], "5 s" in ended["reason"]) == (False, True)
    assert_gone(session)


def test_a_boot_that_fails_says_why(engine: Engine, new_session: NewSession) -> None:
    session = new_session(engine, conf={"spark.master": "nonsense"})
    ended = session.until("ended")
    assert not ended["clean"]
    assert "nonsense" in ended["reason"]
    assert_gone(session)


@pytest.mark.main_engine
def test_a_jvm_that_does_not_start_shows_the_end_of_its_log(engine: Engine, new_session: NewSession) -> None:
    session = new_session(None, engine=engine_members(engine, jvmFlags=["-XX:NoSuchFlag"]))
    reason = session.until("ended")["reason"]
    assert reason.startswith("Spark did not start: the Spark driver ended with exit code 1")
    assert "NoSuchFlag" in reason
    assert_gone(session)


def test_a_java_that_is_not_there_is_named(new_session: NewSession) -> None:
    # The session may end before a client can connect, so the test reads the journal.
    session = new_session(None, connected=False, engine=engine_members(None, java="/nowhere/java"))
    assert session.process.wait(30) == 0
    ended = session.journal()[-1]
    assert (ended["type"], ended["clean"]) == ("ended", False)
    assert "/nowhere/java" in ended["reason"]
    assert session.processes() == {}


@pytest.mark.main_engine
def test_a_python_that_does_not_start_is_named(engine: Engine, new_session: NewSession) -> None:
    session = new_session(None, engine=engine_members(engine, python="/bin/false"))
    assert "Python did not start" in session.until("ended")["reason"]
    assert_gone(session)
