"""Pool members, with stand-ins for Spark and the runner: claims, pauses, runs, and failures on the way."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import time
from pathlib import Path
from typing import Callable

import pytest

from glaux_driver.supervisor.priority import group_nice
from tests.supervisor.harness import FakeSession, wait_for

NewSession = Callable[..., FakeSession]

_POOL = {"nice": 0}


def _type_of_each(session: FakeSession) -> list[str]:
    return [event["type"] for event in session.journal()]


def test_a_member_is_claimed_once_and_is_like_any_other_from_then_on(fake_session: NewSession) -> None:
    session = fake_session(pool=_POOL)
    assert session.connect()["pooled"]
    claimed = session.claim()
    assert (claimed["sessionId"], claimed["applicationId"], claimed["contextReplaced"]) == ("s-1", "local-1", False)
    assert claimed["tookMs"] >= 0
    assert session.finished(session.start("x = 1"))["outcome"] == "completed"
    assert "pooled" not in session.connect()
    assert session.shut_down()["clean"]
    assert session.process.wait(10) == 0


def test_a_claim_again_changes_nothing_and_another_one_is_refused(fake_session: NewSession) -> None:
    session = fake_session(pool=_POOL)
    session.claim()
    session.send_claim()
    session.send_claim(id="s-2")
    session.send("ping", id=1)
    session.until("pong")
    assert _type_of_each(session) == ["started", "ready", "claimed"]
    assert "claim for session s-2 is refused" in session.log()


def test_a_driver_that_is_no_member_is_not_claimed_or_paused(fake_session: NewSession) -> None:
    session = fake_session()
    session.send_claim()
    session.send("pause")
    assert session.finished(session.start("x = 1"))["outcome"] == "completed"
    assert "claimed" not in _type_of_each(session)


@pytest.mark.parametrize("is_claimed", [False, True])
def test_garbage_is_collected_once_more_unless_it_is_claimed(fake_session: NewSession, is_claimed: bool) -> None:
    session = fake_session(pool={**_POOL, "settledMs": 2000})
    session.fault("collect_garbage", "fail")  # leaves a line in the log; the member goes on
    if is_claimed:
        session.claim()
        time.sleep(2.5)
        assert "a call into Spark failed" not in session.log()
    else:
        wait_for(lambda: "a call into Spark failed" in session.log())
        session.claim()
    assert session.finished(session.start("x = 1"))["outcome"] == "completed"


def test_nothing_runs_before_the_claim(fake_session: NewSession) -> None:
    session = fake_session(pool=_POOL)
    run = session.start("x = 1")
    session.claim()
    assert session.finished(session.start("y = 1"))["outcome"] == "completed"
    assert run.id not in str(session.journal())


def test_a_run_right_behind_the_claim_waits_for_it(fake_session: NewSession) -> None:
    session = fake_session(pool=_POOL)
    session.fault("configure", "hang")
    session.send_claim({"spark.sql.shuffle.partitions": "3"})
    run = session.start("x = 1")
    session.until("accepted")
    session.mend("configure")
    assert session.finished(run)["outcome"] == "completed"
    assert _type_of_each(session) == ["started", "ready", "accepted", "claimed", "running", "finished"]


def test_a_context_is_replaced_for_what_only_a_new_one_takes(fake_session: NewSession) -> None:
    session = fake_session(pool=_POOL)
    assert session.claim(context_conf={"spark.scheduler.mode": "FAIR"})["contextReplaced"]
    assert session.finished(session.start("x = 1"))["outcome"] == "completed"


def test_a_runner_that_does_not_take_the_replaced_context_is_replaced(fake_session: NewSession) -> None:
    session = fake_session(pool=_POOL)
    session.hang_attach(1)
    session.send_claim(context_conf={"spark.scheduler.mode": "FAIR"})
    session.until("claimed")
    assert "runner_ready" in _type_of_each(session)
    assert session.finished(session.start("x = 1"))["outcome"] == "completed"


@pytest.mark.parametrize("conf", [{"spark.sql.shuffle.partitions": "x"}, {}])
def test_properties_that_are_not_taken_end_the_driver(fake_session: NewSession, conf: dict[str, str]) -> None:
    session = fake_session(pool=_POOL)
    session.fault("configure" if conf else "make_context", "fail")
    session.send_claim(conf, {} if conf else {"spark.scheduler.mode": "none"})
    ended = session.until("ended")
    assert (ended["clean"], "did not take the session's properties" in ended["reason"]) == (False, True)
    assert session.process.wait(10) == 0


def test_a_runner_that_dies_while_its_member_is_claimed_is_replaced(fake_session: NewSession) -> None:
    session = fake_session(pool=_POOL)
    runner = session.journal()[1]["runnerPid"]
    session.fault("configure", "hang")
    session.send_claim({"spark.sql.shuffle.partitions": "3"})
    os.kill(runner, 9)
    wait_for(lambda: runner not in session.processes())
    session.mend("configure")
    session.until("claimed")
    assert session.finished(session.start("x = 1"))["outcome"] == "completed"
    assert [kind for kind in _type_of_each(session) if kind.startswith("runner")] == ["runner_lost", "runner_ready"]


def test_a_claim_waits_for_a_runner_that_is_being_replaced(fake_session: NewSession) -> None:
    session = fake_session(pool=_POOL)
    session.fault("make_context", "hang")
    os.kill(session.journal()[1]["runnerPid"], 9)
    session.until("runner_lost")
    session.send_claim()
    session.mend("make_context")
    session.until("claimed")
    assert session.finished(session.start("x = 1"))["outcome"] == "completed"


@pytest.mark.parametrize("fault", ["raise KeyError('cold')", "import os; os._exit(7)"])
def test_a_member_that_cannot_be_warmed_up_ends_and_says_why(
    new_fake_session: Callable[..., FakeSession], fault: str
) -> None:
    session = new_fake_session(pool=_POOL, env={"FAKE_WARM_UP": fault})
    ended = session.until("ended")
    assert not ended["clean"]
    assert ("The warm-up failed: KeyError: 'cold'" if "cold" in fault else "exit code 7") in ended["reason"]
    assert session.process.wait(10) == 0
    assert session.processes() == {}


def test_pausing_stops_all_but_the_supervisor_and_is_no_silence(fake_session: NewSession) -> None:
    session = fake_session(pool=_POOL, heartbeat={"intervalMs": 20, "degradedMs": 200, "endMs": 600})
    session.send("pause")
    session.send("pause")
    wait_for(lambda: set(session.states().values()) == {"T"})
    session.fault("answer", "hang")  # a stopped JVM would not answer either
    session.send("ping", id=1)
    assert session.until("pong")["id"] == 1
    with pytest.raises(subprocess.TimeoutExpired):
        session.process.wait(2)
    session.mend("answer")
    session.send("resume")
    wait_for(lambda: "T" not in session.states().values())
    session.fault("answer", "hang")
    session.until("degraded")
    assert [kind for kind in _type_of_each(session) if kind not in ("degraded", "ended")] == ["started", "ready"]


def test_a_claim_resumes_and_from_then_on_there_are_no_pauses(fake_session: NewSession) -> None:
    session = fake_session(pool=_POOL)
    session.send("pause")
    wait_for(lambda: set(session.states().values()) == {"T"})
    session.claim()
    session.send("pause")
    assert session.finished(session.start("x = 1"))["outcome"] == "completed"
    assert "T" not in session.states().values()


def test_a_member_is_paused_while_it_boots(new_fake_session: Callable[..., FakeSession]) -> None:
    session = new_fake_session(pool=_POOL)
    session.send("pause")
    wait_for(lambda: len(session.states()) > 1 and set(session.states().values()) <= {"T"})
    session.send("resume")
    session.until("ready")


@pytest.mark.parametrize("by_signal", [False, True])
def test_a_paused_member_can_be_ended(fake_session: NewSession, by_signal: bool) -> None:
    session = fake_session(pool=_POOL)
    session.send("pause")
    wait_for(lambda: set(session.states().values()) == {"T"})
    if by_signal:
        session.process.terminate()
    else:
        session.send("shutdown", graceMs=5000)
    assert session.until("ended")["clean"]
    assert session.process.wait(10) == 0
    assert session.processes() == {}


def test_a_paused_member_without_a_server_ends_itself(fake_session: NewSession) -> None:
    session = fake_session(pool=_POOL, orphanMs=300)
    session.send("pause")
    wait_for(lambda: set(session.states().values()) == {"T"})
    session.disconnect()
    assert session.process.wait(30) == 0
    assert session.journal()[-1]["clean"]
    assert session.processes() == {}


def test_a_member_steps_back_only_if_it_can_come_forward_again(fake_session: NewSession) -> None:
    session = fake_session(pool={"nice": 5})
    normal = os.getpriority(os.PRIO_PROCESS, session.process.pid)
    can = session.connect().get("canRaisePriority", False)
    assert session.nices() == {normal + 5 if can else normal}
    session.claim()
    assert session.nices() == {normal}


def test_a_member_s_autogroups_step_back_with_it(fake_session: NewSession) -> None:
    if not os.path.exists("/proc/self/autogroup"):
        pytest.skip("this kernel has no autogroups")
    session = fake_session(pool={"nice": 5}, driverCores=2)
    ready = session.journal()[1]

    def nices() -> set[str]:
        return {Path(f"/proc/{ready[pid]}/autogroup").read_text().split()[-1] for pid in ("jvmPid", "runnerPid")}

    # A group that is busy on two cores has half its weight on each, which equals 3.1 steps of nice.
    group = 9 if len(os.sched_getaffinity(0)) > 1 else 5
    expected = group if session.connect().get("canRaisePriority", False) else 0
    wait_for(lambda: nices() == {str(expected)})  # the kernel may take one change only every tenth of a second
    session.claim()
    wait_for(lambda: nices() == {"0"})


@pytest.mark.parametrize(("nice", "cores", "group"), [(10, 1, 10), (10, 2, 14), (10, 4, 17), (10, 64, 19)])
def test_a_group_steps_back_on_each_core(nice: int, cores: int, group: int) -> None:
    # A group that is busy on four cores has a quarter of its weight on each, which equals 6.2 steps of nice.
    assert group_nice(nice, cores) == group


class UnprivilegedSession(FakeSession):
    """A session of an ordinary user, who may not raise a priority.

    For root, the kernel checks the capability instead of the limit, so the capability is dropped too.
    """

    @staticmethod
    def prepare_process() -> None:
        drop_from_bounding_set, sys_nice, sys_admin = 24, 23, 21  # linux/prctl.h, linux/capability.h
        for capability in (sys_nice, sys_admin):
            ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)
        resource.setrlimit(resource.RLIMIT_NICE, (0, 0))


def test_an_ordinary_user_s_member_never_steps_back() -> None:
    session = UnprivilegedSession(None, pool={"nice": 5})
    try:
        welcome = session.connect()
        session.ready()
        normal = os.getpriority(os.PRIO_PROCESS, session.process.pid)
        assert "canRaisePriority" not in welcome
        assert session.nices() == {normal}
        session.claim()
        assert session.finished(session.start("x = 1"))["outcome"] == "completed"
        assert session.nices() == {normal}
    finally:
        session.close()
