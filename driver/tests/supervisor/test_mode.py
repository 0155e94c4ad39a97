"""The modes of a supervisor: their table, and what a supervisor of fakes does in each."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Type

import pytest

from glaux_driver.messages import FROM_SERVER, Ack, Claim, Hello, Pause, Run, Stop
from glaux_driver.supervisor import mode
from glaux_driver.supervisor.calculation import Calculation
from glaux_driver.supervisor.mode import (
    TABLE,
    Booting,
    Ending,
    Idle,
    Mending,
    Mode,
    ModeError,
    Over,
    Pooled,
    Preparing,
    Running,
    Warming,
    follow,
)
from tests.supervisor.harness import FakeSession, Json, wait_for
from tests.supervisor.harness import Run as Started

NewSession = Callable[..., FakeSession]

_MEMBERS = {Warming, Mending, Pooled}
_SESSIONS = {Booting, Preparing, Idle, Running}


# The table


def _any(kind: Type[Mode]) -> Mode:
    """With data that do not count."""
    calculation = Calculation.__new__(Calculation)
    made: Dict[Type[Mode], Mode] = {
        Running: Running(calculation),
        Ending: Ending("", clean=True, grace_s=0, was_pooled=False, calculation=None),
        Over: Over(was_pooled=False),
    }
    return made.get(kind) or kind()


def test_every_mode_has_its_row_and_its_words() -> None:
    assert set(TABLE) == set(Mode.__subclasses__())
    assert all(f"\n- {kind.__name__}. " in (mode.__doc__ or "") for kind in TABLE)


@pytest.mark.parametrize(("before", "after"), itertools.product(TABLE, TABLE))
def test_a_mode_follows_only_where_the_table_says_so(before: Type[Mode], after: Type[Mode]) -> None:
    next_mode = _any(after)
    if after in TABLE[before].next:
        assert follow(_any(before), next_mode) is next_mode
    else:
        with pytest.raises(ModeError, match=f"{after.__name__} cannot follow {before.__name__}"):
            follow(_any(before), next_mode)


def test_each_mode_may_end_and_nothing_comes_after_the_end() -> None:
    assert all(Ending in TABLE[kind].next for kind in _MEMBERS | _SESSIONS)
    assert TABLE[Ending].next == {Ending, Over}
    assert TABLE[Over].next == set()


def test_a_session_never_becomes_a_pool_member_and_no_phase_comes_back() -> None:
    assert not any(TABLE[kind].next & _MEMBERS for kind in _SESSIONS)
    phases = ["booting", "ready", "ending"]
    for kind, row in TABLE.items():
        assert all(phases.index(TABLE[after].phase) >= phases.index(row.phase) for after in row.next), kind


def test_what_a_mode_takes() -> None:
    modal = {Run, Stop, Claim, Pause}
    always = set(FROM_SERVER.values()) - modal - {Hello, Ack}
    took = {kind: row.takes & modal for kind, row in TABLE.items()}
    assert took == {
        Booting: {Run, Stop},
        Preparing: {Run, Stop},
        Idle: {Run},
        Running: {Run, Stop},
        Warming: {Claim, Pause},
        Mending: {Claim, Pause},
        Pooled: {Claim, Pause},
        Ending: {Stop},
        Over: set(),
    }
    assert all(row.takes - modal == always for kind, row in TABLE.items() if kind is not Over)


# A supervisor in each mode

_HELD = "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(.01)"
_SLEEP = "import time; time.sleep(600)"
_EXIT = "import os; os._exit(7)"
_CONF = {"spark.sql.shuffle.partitions": "3"}


class Case:
    """A session in a mode, where it stays until `release`."""

    phase: str = "ready"
    is_pooled = False
    run: Optional[Started] = None
    """Accepted, and not finished."""

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
    """Of the first runner, or the JVM."""
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
        os.kill(_pid(session, "jvmPid"), signal.SIGSTOP)
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


@pytest.fixture(params=_CASES, ids=lambda case: case.__name__)
def case(request: pytest.FixtureRequest, new_fake_session: NewSession) -> Case:
    made = request.param(new_fake_session)
    assert isinstance(made, Case)
    _heard(made.session)
    return made


def _heard(session: FakeSession) -> None:
    """Waits until the supervisor has handled whatever was sent before."""
    session.send("ping", id="heard")
    session.until("pong")


def _events(session: FakeSession, *types: str) -> List[Json]:
    return [event for event in session.journal() if event["type"] in types]


def _outcome(session: FakeSession, run: Started) -> str:
    def finished() -> List[Json]:
        return [event for event in _events(session, "finished") if event["calculationId"] == run.id]

    wait_for(lambda: bool(finished()))
    return str(finished()[0]["outcome"])


def _log(session: FakeSession) -> str:
    return (session.folder / "driver.log").read_text()


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
    assert not _events(session, "stopping")
    if case.run is None:
        return
    session.send("stop", calculationId=case.run.id)
    session.send("stop", calculationId=case.run.id)
    if _is_ending(case):
        _heard(session)
        assert _events(session, "stopping", "finished", "ended") == _events(session, "stopping")
        case.release()
        assert session.finished(case.run)["outcome"] == "canceled"
        session.until("ended")
    else:
        assert session.finished(case.run)["outcome"] == "canceled"  # without a release: it need not wait
        next_run = session.start("x = 1")
        case.release()
        assert session.finished(next_run)["outcome"] == "completed"
        ran = {event["calculationId"] for event in _events(session, "running")}
        assert (case.run.id in ran) == isinstance(case, InRunning)
    assert len(_events(session, "stopping")) == 1


def test_a_claim_is_applied_once_to_a_member_and_refused_by_any_other(case: Case) -> None:
    session = case.session
    is_member = case.is_pooled and not _is_ending(case)
    session.send_claim(_CONF, id="s-2")
    session.send_claim(_CONF, id="s-2")
    session.send_claim(_CONF, id="s-3")
    _heard(session)
    assert ("a claim for session s-2 is refused" in _log(session)) == (not is_member)
    assert "a claim for session s-3 is refused" in _log(session)
    assert session.connect().get("pooled", False) == (case.is_pooled and _is_ending(case))
    if is_member:
        run = session.start("x = 1")  # it waits for the claim
        case.release()
        assert session.finished(run)["outcome"] == "completed"
        told = [event["type"] for event in _events(session, "ready", "claimed", "running")]
        assert told == ["ready", "claimed", "running"]
        assert _events(session, "claimed")[0]["sessionId"] == "s-2"


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
        case.release()  # what was held meets a JVM that is gone
    _assert_ended(case, "canceled" if _is_ending(case) else "failed", clean=_is_ending(case))


def _assert_ended(case: Case, outcome: str, clean: bool) -> None:
    session = case.session
    assert session.process.wait(30) == 0
    assert session.processes() == {}
    ended = _events(session, "ended")
    assert (session.journal()[-1:], [event["clean"] for event in ended]) == (ended, [clean])
    if case.run is not None:
        finished = [event for event in _events(session, "finished") if event["calculationId"] == case.run.id]
        assert [event["outcome"] for event in finished] == [outcome]
    assert "Traceback" not in _log(session)


@pytest.mark.parametrize("reach", [InIdle, InIdleAfterACalculation, InPooled])
def test_a_runner_that_dies_while_nothing_goes_on_is_replaced_at_once(
    new_fake_session: NewSession, reach: Type[Case]
) -> None:
    session = reach(new_fake_session).session
    os.kill(_pid(session, "runnerPid"), signal.SIGKILL)
    session.until("runner_lost")
    session.until("runner_ready")
    assert len(_events(session, "runner_lost")) == 1


def test_a_runner_that_dies_when_it_has_just_been_attached_is_replaced_before_the_next_calculation(
    new_fake_session: NewSession,
) -> None:
    session = InPreparingWithARun(new_fake_session)
    assert session.run is not None
    fakes = session.session
    # While the number of the next job is asked for, which is the last step.
    fakes.fault("next_job_id", "hang")
    session.release()
    second = fakes.until("runner_ready")["runnerPid"]
    os.kill(second, signal.SIGKILL)
    wait_for(lambda: second not in fakes.processes())
    fakes.mend("next_job_id")
    assert fakes.finished(session.run)["outcome"] == "completed"
    assert len(_events(fakes, "runner_lost")) == len(_events(fakes, "runner_ready")) == 2


# Anything, in any order


class Sender(NamedTuple):
    session: FakeSession
    chance: random.Random

    def send(self) -> None:
        session, chance = self.session, self.chance
        kinds: List[Callable[[], Any]] = [
            lambda: session.start("x = 1"),
            lambda: session.start("raise SystemExit"),  # as code that has stopped the context
            lambda: session.start(_EXIT),
            lambda: session.start("import time; time.sleep(.05)"),
            lambda: session.send("stop", calculationId=self._a_calculation()),
            lambda: session.send_claim(chance.choice([None, _CONF]), id=chance.choice(["s-1", "s-2"])),
            lambda: session.send_claim(context_conf={"spark.scheduler.mode": "FAIR"}),
            lambda: session.send("pause"),
            lambda: session.send("resume"),
            lambda: session.send("assign", sessionId="s-1", workGroup="primary", engineVersion="3.5"),
            lambda: session.send("executors", id=1),
            lambda: session.send("queries", id=1),
            lambda: session.connect(after=session.journal()[-1]["seq"]),
            self._kill_runner,
            lambda: time.sleep(chance.random() / 2),
        ]
        chance.choice(kinds)()

    def _a_calculation(self) -> str:
        known = [event["calculationId"] for event in self.session.journal() if "calculationId" in event]
        return str(self.chance.choice(known or ["none"]))

    def _kill_runner(self) -> None:
        # Not before it is attached: a boot ends with it, and so does a session where it happens thrice.
        attached = _events(self.session, "ready", "runner_lost", "runner_ready")[-1:]
        if attached and attached[0]["type"] != "runner_lost":
            for pid, command in self.session.processes().items():
                if "fakes/runner.py" in command:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("pool", [None, {"nice": 0}], ids=["session", "member"])
@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_in_whatever_order_the_journal_makes_sense(
    new_fake_session: NewSession, pool: Optional[Json], seed: int
) -> None:
    stop = {"repeatMs": 50, "killAfterMs": 200}
    session = new_fake_session(stop=stop, **({} if pool is None else {"pool": pool}))
    sender = Sender(session, random.Random(seed))
    wait_for(lambda: bool(session.journal()))
    if seed > 0:
        session.ready()  # else it begins while it boots
    for _ in range(60):
        sender.send()
    session.send("shutdown", graceMs=100)
    assert session.process.wait(60) == 0
    assert session.processes() == {}
    assert "Traceback" not in _log(session)
    _assert_journal_makes_sense(session.journal(), is_member=pool is not None)


def _assert_journal_makes_sense(journal: List[Json], is_member: bool) -> None:
    running: Optional[str] = None
    is_claimed, has_runner = not is_member, True
    for event in journal:
        type_, id_ = event["type"], event.get("calculationId")
        if type_ == "claimed":
            is_claimed = True
        elif type_ == "accepted":
            assert running is None
            running = id_
        elif type_ == "running":
            assert id_ == running
            assert is_claimed
            assert has_runner
        elif type_ == "stopping":
            assert id_ == running
        elif type_ == "finished" and event["errorType"] == "DriverBusy":
            assert id_ != running
        elif type_ == "finished":
            assert id_ == running
            running = None
        elif type_ == "runner_lost":
            assert has_runner
            has_runner = False
        elif type_ == "runner_ready":
            has_runner = True
    assert running is None
    count = Counter(event["type"] for event in journal)
    assert (journal[-1]["type"], count["ended"]) == ("ended", 1)
    assert count["started"] == 1
    assert count["claimed"] <= is_member
    finished = Counter(event["calculationId"] for event in journal if event["type"] == "finished")
    assert set(finished.values()) <= {1}
