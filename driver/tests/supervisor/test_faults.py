"""Faults that a session survives, and its end in spite of faults.

Stand-ins for Spark and the runner fail on demand.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Callable

import pytest

from tests.supervisor.harness import FakeSession, wait_for

NewSession = Callable[..., FakeSession]


def test_a_session_of_fakes_runs_code_to_its_end(fake_session: NewSession) -> None:
    session = fake_session()
    assert session.finished(session.start("x = 1"))["outcome"] == "completed"
    assert session.finished(session.start("x + y"))["errorType"] == "NameError"
    assert session.shut_down()["clean"]
    assert session.process.wait(10) == 0


@pytest.mark.parametrize("by_signal", [False, True])
def test_it_can_be_ended_while_there_is_no_runner(fake_session: NewSession, by_signal: bool) -> None:
    session = fake_session()
    session.fault("make_context", "hang")
    session.start("import os; os._exit(7)")
    session.until("runner_lost")
    if by_signal:
        session.process.terminate()
    else:
        session.send("shutdown", graceMs=100)
    assert session.until("ended")["clean"]
    assert session.process.wait(10) == 0
    assert session.processes() == {}


@pytest.mark.parametrize("step", ["ask_to_end", "end_all", "close"])
def test_a_fault_at_the_end_does_not_keep_it_from_ending(fake_session: NewSession, step: str) -> None:
    session = fake_session()
    session.fault(step, "fail")
    run = session.start("import time; time.sleep(600)")
    session.until("running")
    session.send("shutdown", graceMs=10)
    assert session.finished(run)["outcome"] == "canceled"
    assert session.until("ended")["clean"]
    assert session.process.wait(10) == 0
    wait_for(lambda: session.processes() == {}, 10)
    assert not (session.folder / "local").exists()


def test_a_session_is_assigned_while_there_is_no_runner(fake_session: NewSession) -> None:
    session = fake_session()
    session.fault("make_context", "hang")
    run = session.start("import os; os._exit(7)")
    session.finished(run)
    session.send("assign", sessionId="s", workGroup="primary", engineVersion="3.5")
    session.send("ping", id=1)
    session.until("pong")
    session.mend("make_context")
    assert session.finished(session.start("1"))["outcome"] == "completed"


def test_a_runner_is_replaced_although_jobs_cannot_be_canceled(fake_session: NewSession) -> None:
    session = fake_session()
    session.fault("cancel_all", "fail")
    session.finished(session.start("import os; os._exit(7)"))
    session.until("runner_ready")
    assert session.finished(session.start("1"))["outcome"] == "completed"


_EXIT = "import os; os._exit(7)"
_KILL_JVM = """
import os, pathlib, select
jvm = int(pathlib.Path("java-pid").read_text())
end = os.pidfd_open(jvm)
os.kill(jvm, 9)
select.select([end], [], [])
"""


@pytest.mark.parametrize(
    ("at_attach", "reason"), [(_EXIT, "exit code 7"), (_KILL_JVM + _EXIT, "the Spark driver was killed")]
)
def test_a_boot_that_fails_with_the_python_process_names_what_ended_first(
    new_fake_session: NewSession, at_attach: str, reason: str
) -> None:
    session = new_fake_session(env={"FAKE_ATTACH": at_attach})
    while (message := session.receive())["type"] != "ended":
        pass
    assert reason in message["reason"]


def test_a_new_runner_that_does_not_attach_is_given_up_for_another(fake_session: NewSession) -> None:
    session = fake_session()
    session.hang_attach(2)
    session.finished(session.start("import os; os._exit(7)"))
    session.until("runner_ready")
    assert session.finished(session.start("1"))["outcome"] == "completed"


def test_a_runner_that_does_not_take_a_new_context_is_replaced(fake_session: NewSession) -> None:
    session = fake_session()
    session.hang_attach(1)
    session.finished(session.start("raise SystemExit"))  # stands for code that stops the context
    session.until("runner_lost")
    session.until("runner_ready")
    assert session.finished(session.start("1"))["outcome"] == "completed"


def test_the_session_ends_if_no_runner_attaches_at_all(fake_session: NewSession) -> None:
    session = fake_session()
    session.hang_attach(9)
    session.finished(session.start("import os; os._exit(7)"))
    assert "no new Python process" in session.until("ended")["reason"]
    assert session.process.wait(10) == 0


def test_a_stop_need_not_wait_for_what_comes_before_the_code(fake_session: NewSession) -> None:
    session = fake_session()
    session.fault("make_context", "hang")
    session.finished(session.start("import os; os._exit(7)"))
    run = session.start("1")
    session.until("accepted")
    canceled = session.stop(run)
    assert (canceled["outcome"], canceled["errorType"]) == ("canceled", None)
    session.mend("make_context")
    assert session.finished(session.start("1"))["outcome"] == "completed"
    assert [event["type"] for event in session.journal()].count("running") == 2


def test_a_jvm_that_hangs_does_not_keep_the_last_rung_waiting_but_the_end_being_told(fake_session: NewSession) -> None:
    session = fake_session(stop={"repeatMs": 50, "killAfterMs": 200})
    run = session.start("import time; time.sleep(600)")
    session.until("running")
    session.fault("settled_activity", "hang")
    runner = session.journal()[1]["runnerPid"]
    session.send("stop", calculationId=run.id)
    wait_for(lambda: not Path("/proc", str(runner)).exists())
    session.send("ping", id=1)
    session.until("pong")
    assert session.journal()[-1]["type"] == "stopping"
    session.mend("settled_activity")
    killed = session.finished(run)
    assert (killed["outcome"], killed["errorType"]) == ("canceled", "PythonProcessKilled")
    assert session.finished(session.start("1"))["outcome"] == "completed"


@pytest.mark.parametrize("kind", ["fail", "break"])
def test_a_stop_is_not_told_before_it_is_known_what_runs(fake_session: NewSession, kind: str) -> None:
    session = fake_session()
    run = session.start("import time; time.sleep(600)")
    session.until("running")
    session.fault("settled_activity", kind)
    session.send("stop", calculationId=run.id)
    session.until("stopping")
    session.send("ping", id=1)
    session.until("pong")
    wait_for(lambda: session.log().count("what runs is not known") > 3, 20)
    assert session.journal()[-1]["type"] == "stopping"
    session.mend("settled_activity")
    assert session.finished(run)["outcome"] == "canceled"


@pytest.mark.parametrize("method", ["work", "ends_calls_of_others"])
@pytest.mark.parametrize("kind", ["busy", "fail", "break"])
def test_a_stop_is_not_told_while_a_call_goes_on_that_may_submit_a_job(
    fake_session: NewSession, method: str, kind: str
) -> None:
    session = fake_session(stop={"repeatMs": 50, "killAfterMs": 200})
    run = session.start("import time; time.sleep(600)")
    session.until("running")
    session.fault(method, kind)
    runner = session.journal()[1]["runnerPid"]
    session.send("stop", calculationId=run.id)
    wait_for(lambda: not Path("/proc", str(runner)).exists())
    for _ in range(3):  # gives the ladder time to go on
        session.send("ping", id=1)
        session.until("pong")
        time.sleep(0.1)
    assert session.journal()[-1]["type"] == "stopping"
    session.mend(method)
    assert session.finished(run)["outcome"] == "canceled"


def test_a_job_that_shows_up_late_is_canceled_and_waited_for(fake_session: NewSession) -> None:
    session = fake_session()
    run = session.start("import time; time.sleep(1)")
    session.until("running")
    session.fault("settled_activity", "busy")
    session.send("stop", calculationId=run.id)
    session.until("stopping")
    session.fault("cancel_all", "fail")  # each failed call leaves a line in the log, which the test counts

    def canceled() -> int:
        return session.whole_log().count("a step of the stop ladder failed: a fault")

    time.sleep(1.5)  # by then the code has returned, and the ladder's rounds have ended
    before = canceled()
    wait_for(lambda: canceled() > before + 3)
    assert session.journal()[-1]["type"] == "stopping"
    session.mend("settled_activity")
    assert session.finished(run)["outcome"] == "canceled"


@pytest.mark.parametrize("method", ["object_ids", "release"])
@pytest.mark.parametrize("kind", ["fail", "break"])
def test_a_runner_is_replaced_although_what_the_dead_one_held_cannot_be_released(
    fake_session: NewSession, method: str, kind: str
) -> None:
    session = fake_session()
    session.fault(method, kind)
    session.finished(session.start("import os; os._exit(1)"))
    session.until("runner_ready")
    assert "stays there" in session.log()
    assert session.finished(session.start("1"))["outcome"] == "completed"


def test_a_failure_that_looks_like_a_lost_jvm_but_is_none_is_told_as_it_is(fake_session: NewSession) -> None:
    session = fake_session()
    for kind in ("fail", "break"):
        session.fault("answer", kind)
        assert session.finished(session.start("raise ConnectionError"))["errorType"] == "ConnectionError"


def test_a_runner_that_ends_with_its_jvm_is_not_what_was_lost(fake_session: NewSession) -> None:
    session = fake_session()
    session.fault("answer", "break")
    run = session.start("import os; os._exit(1)")
    wait_for(lambda: session.journal()[1]["runnerPid"] not in session.processes())
    os.kill(session.journal()[1]["jvmPid"], 9)  # the supervisor notices this after the runner's end
    finished = session.finished(run)
    assert (finished["outcome"], finished["errorType"]) == ("failed", "SparkDriverLost")
    assert "Spark driver was killed" in session.until("ended")["reason"]


@pytest.mark.parametrize("cause", ["jvm", "sigterm"])
def test_a_driver_that_ends_with_a_canceled_calculation_says_so_with_its_end(
    fake_session: NewSession, cause: str
) -> None:
    session = fake_session()
    run = session.start("import time; time.sleep(600)")
    session.until("running")
    if cause == "jvm":
        session.fault("settled_activity", "hang")
        session.send("stop", calculationId=run.id)
        session.until("stopping")
        os.kill(session.journal()[1]["jvmPid"], 9)
    else:
        session.process.terminate()
    finished = session.finished(run)
    assert (finished["outcome"], finished["errorType"]) == ("canceled", None)
    assert finished["driverLost"] == session.until("ended")["reason"]


def test_a_jvm_that_refuses_connections_is_silent(fake_session: NewSession) -> None:
    session = fake_session(heartbeat={"intervalMs": 50, "degradedMs": 300, "endMs": 3000})
    session.fault("answer", "break")
    session.until("degraded")
    session.mend("answer")
    session.until("recovered")
    session.fault("answer", "break")
    assert "3 s" in session.until("ended")["reason"]
    assert session.process.wait(10) == 0


def test_ended_is_the_last_event_and_finished_comes_once(fake_session: NewSession) -> None:
    session = fake_session()
    run = session.start("open('began', 'w').close()\nimport time; time.sleep(600)")
    wait_for(lambda: (session.folder / "work" / "began").exists())
    os.kill(session.journal()[1]["runnerPid"], 9)
    session.send("shutdown", graceMs=100)
    session.until("ended")
    assert session.process.wait(10) == 0
    types = [event["type"] for event in session.journal()]
    assert types[-1] == "ended"
    assert types.count("finished") == 1
    assert session.journal()[-2]["calculationId"] == run.id or types[-2] != "finished"
