"""Random messages of a server, and random ends of the runner, with stand-ins for Spark and the runner."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from typing import Any, Callable, List, NamedTuple, Optional

import pytest

from tests.supervisor.harness import FakeSession, Json, wait_for

NewSession = Callable[..., FakeSession]

_EXIT = "import os; os._exit(7)"
_CONF = {"spark.sql.shuffle.partitions": "3"}


class Sender(NamedTuple):
    session: FakeSession
    chance: random.Random

    def send(self) -> None:
        session, chance = self.session, self.chance
        kinds: List[Callable[[], Any]] = [
            lambda: session.start("x = 1"),
            lambda: session.start("raise SystemExit"),  # stands for code that stops the context
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
        # The runner is killed only when it is attached: a runner that dies earlier ends the boot, and three
        # runners in a row that die before they are attached end the session.
        attached = self.session.events("ready", "runner_lost", "runner_ready")[-1:]
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
        session.ready()  # with seed 0, messages come while the session boots
    for _ in range(60):
        sender.send()
    session.send("shutdown", graceMs=100)
    assert session.process.wait(60) == 0
    assert session.processes() == {}
    assert "Traceback" not in session.whole_log()
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
