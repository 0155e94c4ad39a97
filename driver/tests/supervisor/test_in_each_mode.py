"""What a supervisor does in each of its modes (mode.py), with stand-ins for Spark and the runner."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Callable, List, Optional, Type

import pytest

from glaux_driver.supervisor.mode import TABLE
from tests.supervisor.harness import FakeSession, Json, Run, wait_for

NewSession = Callable[..., FakeSession]

_HELD = "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(.01)"
_SLEEP = "import time; time.sleep(600)"
_EXIT = "import os; os._exit(7)"
_CONF = {"spark.sql.shuffle.partitions": "3"}


class Case:
    """A session that stays in one mode until `release` is called."""

    phase: str = "ready"
    is_pooled = False
    run: Optional[Run] = None
    """The calculation that was accepted and has not finished."""

    def __init__(self, new: NewSession) -> None:
        self.session = self.reach(new)

    def reach(self, new: NewSession) -> FakeSession:
        raise NotImplementedError

    def release(self) -> None:
        pass


def _ready(session: FakeSession) -> FakeSession:
    session.ready()
    return session


def _pid(session: FakeSession, name: str) -> int:
    """The process id of the first runner or of the JVM, from the journal's member `name`."""
    return int(next(event[name] for event in session.journal() if name in event))


class InBooting(Case):
    phase = "booting"

    def reach(self, new: NewSession) -> FakeSession:
        return new(env={"FAKE_ATTACH": _HELD})

    def release(self) -> None:
        (self.session.folder / "work" / "go").touch()


class InBootingWithARun(InBooting):
    def reach(self, new: NewSession) -> FakeSession:
        session = super().reach(new)
        self.run = session.start("x = 1")
        session.until("accepted")
        return session


class InBootingAfterAClaim(InBooting):
    def reach(self, new: NewSession) -> FakeSession:
        session = new(env={"FAKE_ATTACH": _HELD}, pool={"nice": 0})
        session.send_claim()
        return session


class InPreparing(Case):
    def reach(self, new: NewSession) -> FakeSession:
        session = _ready(new())
        session.fault("make_context", "hang")
        session.finished(session.start(_EXIT))
        return session

    def release(self) -> None:
        self.session.mend("make_context")


class InPreparingWithARun(InPreparing):
    def reach(self, new: NewSession) -> FakeSession:
        session = super().reach(new)
        self.run = session.start("x = 1")
        session.until("accepted")
        return session


class InPreparingForAClaim(Case):
    def reach(self, new: NewSession) -> FakeSession:
        session = _ready(new(pool={"nice": 0}))
        session.fault("configure", "hang")
        session.send_claim(_CONF)
        return session

    def release(self) -> None:
        self.session.mend("configure")


class InIdle(Case):
    def reach(self, new: NewSession) -> FakeSession:
        return _ready(new())


class InIdleAfterACalculation(Case):
    def reach(self, new: NewSession) -> FakeSession:
        session = _ready(new())
        session.finished(session.start("x = 1"))
        return session


class InRunning(Case):
    def reach(self, new: NewSession) -> FakeSession:
        session = _ready(new(stop={"repeatMs": 50, "killAfterMs": 200}))
        self.run = session.start(_SLEEP)
        session.until("running")
        return session


class InWarming(InBooting):
    is_pooled = True

    def reach(self, new: NewSession) -> FakeSession:
        return new(env={"FAKE_ATTACH": _HELD}, pool={"nice": 0})


class InMending(Case):
    is_pooled = True

    def reach(self, new: NewSession) -> FakeSession:
        session = _ready(new(pool={"nice": 0}))
        session.fault("make_context", "hang")
        os.kill(_pid(session, "runnerPid"), signal.SIGKILL)
        session.until("runner_lost")
        return session

    def release(self) -> None:
        self.session.mend("make_context")


class InPooled(Case):
    is_pooled = True

    def reach(self, new: NewSession) -> FakeSession:
        return _ready(new(pool={"nice": 0}))


class InEnding(Case):
    phase = "ending"

    def reach(self, new: NewSession) -> FakeSession:
        return self._end(_ready(new()))

    def _end(self, session: FakeSession) -> FakeSession:
        jvm = _pid(session, "jvmPid")
        os.kill(jvm, signal.SIGSTOP)
        wait_for(lambda: session.states()[jvm] == "T")
        session.send("shutdown", graceMs=600_000)
        return session

    def release(self) -> None:
        for name in ("runnerPid", "jvmPid"):
            with suppress(ProcessLookupError):
                os.kill(_pid(self.session, name), signal.SIGKILL)


class InEndingWithARun(InEnding):
    def reach(self, new: NewSession) -> FakeSession:
        session = _ready(new())
        self.run = session.start(_SLEEP)
        session.until("running")
        return self._end(session)


class InEndingOfAMember(InEnding):
    is_pooled = True

    def reach(self, new: NewSession) -> FakeSession:
        return self._end(_ready(new(pool={"nice": 0})))


_CASES = (
    InBooting,
    InBootingWithARun,
    InBootingAfterAClaim,
    InPreparing,
    InPreparingWithARun,
    InPreparingForAClaim,
    InIdle,
    InIdleAfterACalculation,
    InRunning,
    InWarming,
    InMending,
    InPooled,
    InEnding,
    InEndingWithARun,
    InEndingOfAMember,
)


def test_every_mode_but_the_last_has_a_case() -> None:
    cases = [case.__name__ for case in _CASES]
    modes = {kind.__name__ for kind in TABLE}
    assert {mode for mode in modes if not any(case.startswith(f"In{mode}") for case in cases)} == {"Over"}


@pytest.fixture(params=_CASES, ids=lambda case: case.__name__)
def case(request: pytest.FixtureRequest, new_fake_session: NewSession) -> Case:
    made = request.param(new_fake_session)
    assert isinstance(made, Case)
    _heard(made.session)
    return made


def _heard(session: FakeSession) -> None:
    """Waits until the supervisor has handled all messages that were sent before."""
    session.send("ping", id="heard")
    session.until("pong")


def _outcome(session: FakeSession, run: Run) -> str:
    def finished() -> List[Json]:
        return [event for event in session.events("finished") if event["calculationId"] == run.id]

    wait_for(lambda: bool(finished()))
    return str(finished()[0]["outcome"])


def _is_ending(case: Case) -> bool:
    return case.phase == "ending"


def test_a_server_is_welcomed_and_answered(case: Case) -> None:
    session = case.session
    welcome = session.connect()
    assert welcome["phase"] == case.phase
    assert welcome.get("pooled", False) == case.is_pooled
    assert welcome["calculationId"] == (case.run.id if case.run else None)
    session.send("executors", id=1)
    session.send("queries", id=2)
    session.send("resume")
    session.send("assign", sessionId="s-9", workGroup="primary", engineVersion="3.5")
    assert session.until("executors", "queries")["id"] == 1
    assert session.until("queries")["queries"] == []
    _heard(session)


def test_a_run_is_accepted_waits_is_refused_or_ignored(case: Case) -> None:
    session = case.session
    run = session.start("x = 1")
    _heard(session)
    events = [event for event in session.journal() if event.get("calculationId") == run.id]
    if case.is_pooled or _is_ending(case):
        assert events == []
        assert session.connect()["calculationId"] == (case.run.id if case.run else None)
    elif case.run is not None:
        assert [(event["type"], event["errorType"]) for event in events] == [("finished", "DriverBusy")]
    else:
        assert events[0]["type"] == "accepted"
        assert isinstance(case, (InIdle, InIdleAfterACalculation)) or len(events) == 1
        case.release()
        assert _outcome(session, run) == "completed"


def test_a_calculation_that_is_stopped_is_canceled_and_the_next_one_runs(case: Case) -> None:
    session = case.session
    session.send("stop", calculationId="another")
    _heard(session)
    assert not session.events("stopping")
    if case.run is None:
        return
    session.send("stop", calculationId=case.run.id)
    session.send("stop", calculationId=case.run.id)
    if _is_ending(case):
        _heard(session)
        assert session.events("stopping", "finished", "ended") == session.events("stopping")
        case.release()
        assert session.finished(case.run)["outcome"] == "canceled"
        session.until("ended")
    else:
        # The mode was not released yet: a stop need not wait for that.
        assert session.finished(case.run)["outcome"] == "canceled"
        next_run = session.start("x = 1")
        case.release()
        assert session.finished(next_run)["outcome"] == "completed"
        ran = {event["calculationId"] for event in session.events("running")}
        assert (case.run.id in ran) == isinstance(case, InRunning)
    assert len(session.events("stopping")) == 1


def test_a_claim_is_applied_once_to_a_member_and_refused_by_any_other(case: Case) -> None:
    session = case.session
    is_member = case.is_pooled and not _is_ending(case)
    session.send_claim(_CONF, id="s-2")
    session.send_claim(_CONF, id="s-2")
    session.send_claim(_CONF, id="s-3")
    _heard(session)
    assert ("a claim for session s-2 is refused" in session.whole_log()) == (not is_member)
    assert "a claim for session s-3 is refused" in session.whole_log()
    assert session.connect().get("pooled", False) == (case.is_pooled and _is_ending(case))
    if is_member:
        run = session.start("x = 1")  # the calculation waits until the claim is applied
        case.release()
        assert session.finished(run)["outcome"] == "completed"
        told = [event["type"] for event in session.events("ready", "claimed", "running")]
        assert told == ["ready", "claimed", "running"]
        assert session.events("claimed")[0]["sessionId"] == "s-2"


def test_a_pause_makes_a_member_stand_still_and_no_other(case: Case) -> None:
    session = case.session
    before = session.states()
    session.send("pause")
    _heard(session)
    if case.is_pooled and not _is_ending(case):
        wait_for(lambda: set(session.states().values()) == {"T"})
        session.send("resume")
        wait_for(lambda: "T" not in session.states().values())
    else:
        after = session.states()
        assert {pid for pid, state in after.items() if state == "T"} == {
            pid for pid, state in before.items() if state == "T"
        }


def test_a_shutdown_ends_it(case: Case) -> None:
    session = case.session
    session.send("shutdown", graceMs=100)
    if _is_ending(case):
        case.release()
    _assert_ended(case, "canceled", clean=True)


def test_a_jvm_that_dies_ends_it(case: Case) -> None:
    session = case.session
    if _is_ending(case):
        case.release()
    else:
        jvm = next(pid for pid, command in session.processes().items() if "fakes/java.py" in command)
        os.kill(jvm, signal.SIGKILL)
        case.release()  # the step that was held back now finds that the JVM is gone
    _assert_ended(case, "canceled" if _is_ending(case) else "failed", clean=_is_ending(case))


def _assert_ended(case: Case, outcome: str, clean: bool) -> None:
    session = case.session
    assert session.process.wait(30) == 0
    assert session.processes() == {}
    ended = session.events("ended")
    assert (session.journal()[-1:], [event["clean"] for event in ended]) == (ended, [clean])
    if case.run is not None:
        finished = [event for event in session.events("finished") if event["calculationId"] == case.run.id]
        assert [event["outcome"] for event in finished] == [outcome]
    assert "Traceback" not in session.whole_log()


@pytest.mark.parametrize("reach", [InIdle, InIdleAfterACalculation, InPooled])
def test_a_runner_that_dies_while_nothing_goes_on_is_replaced_at_once(
    new_fake_session: NewSession, reach: Type[Case]
) -> None:
    session = reach(new_fake_session).session
    os.kill(_pid(session, "runnerPid"), signal.SIGKILL)
    session.until("runner_lost")
    session.until("runner_ready")
    assert len(session.events("runner_lost")) == 1


def test_a_runner_that_dies_when_it_has_just_been_attached_is_replaced_before_the_next_calculation(
    new_fake_session: NewSession,
) -> None:
    session = InPreparingWithARun(new_fake_session)
    assert session.run is not None
    fakes = session.session
    # The runner is killed during the last step of Preparing, in which the number of the next job is asked
    # for.
    fakes.fault("next_job_id", "hang")
    session.release()
    second = fakes.until("runner_ready")["runnerPid"]
    os.kill(second, signal.SIGKILL)
    wait_for(lambda: second not in fakes.processes())
    fakes.mend("next_job_id")
    assert fakes.finished(session.run)["outcome"] == "completed"
    assert len(fakes.events("runner_lost")) == len(fakes.events("runner_ready")) == 2
