"""Stopping whatever a calculation may be doing, and what must be true when it is canceled."""

from __future__ import annotations

from typing import Callable, NamedTuple

import pytest

from tests.conftest import Engine
from tests.supervisor.harness import Session, wait_for


class Case(NamedTuple):
    code: str
    tasks: bool = False
    """Spark tasks run when it is stopped."""


_JOB = "spark.range(0, 10**13, 1, 4).selectExpr('sum(hash(id))').collect()"

CASES = {
    "a loop": Case("while True: pass"),
    "a sleep": Case("import time; time.sleep(600)"),
    "a lock": Case("import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()"),
    "a job": Case(_JOB, tasks=True),
    "a Python UDF that sleeps": Case(
        "import time\nsc.parallelize([1, 2], 2).map(lambda x: time.sleep(600)).count()", tasks=True
    ),
    "a Python UDF that loops": Case(
        "def f(x):\n  while True: pass\nsc.parallelize([1, 2], 2).map(f).count()", tasks=True
    ),
    "a child process": Case("import subprocess; subprocess.run(['sleep', '7001'])"),
    "os.system": Case("import os\nos.system('sleep 7002')\nos.system('sleep 7003')"),
    "a call into the JVM that is no job": Case("sc._jvm.java.lang.Thread.sleep(600000)"),
    "a job of a user's thread": Case(
        f"import threading, time\nthreading.Thread(target=lambda: {_JOB}).start()\ntime.sleep(600)", tasks=True
    ),
    "a handler that swallows everything": Case(
        "import time\nwhile True:\n  try: time.sleep(600)\n  except BaseException: pass"
    ),
    "a process that left its session": Case(
        "import subprocess, time\nsubprocess.Popen(['setsid', 'sh', '-c', 'sleep 7004 & sleep 7005'])\ntime.sleep(600)",
    ),
}


# What does not reach into Spark stops alike on every engine.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if case.tasks or "_jvm" in case.code else pytest.mark.slow)
        for name, case in CASES.items()
    ],
)
def test_it_stops_and_the_session_goes_on(session: Session, name: str) -> None:
    case = CASES[name]
    session.run("kept = 1")
    run = session.start(f"print('go', flush=True)\n{case.code}")
    session.says(run, "go")
    if case.tasks:
        session.until("progress", where=lambda message: bool(message["activeTasks"] > 0))
    session.send("stop", calculationId=run.id)
    finished = session.finished(run)
    # Nothing lost: the ladder's last rung, which kills the process, was not needed.
    assert (finished["outcome"], finished["variablesLost"], finished["errorType"]) == ("canceled", False, None)
    assert session.active_tasks() == 0
    assert not [command for command in session.processes().values() if "sleep 70" in command]
    assert session.run("print(kept, spark.range(100).count())")["stdout"] == "1 100\n"


def test_a_stop_before_the_job_is_submitted_is_not_lost(session: Session) -> None:
    for _ in range(5):
        run = session.start(_JOB)
        assert session.stop(run)["outcome"] == "canceled"
    assert session.active_tasks() == 0


def test_what_an_earlier_calculation_left_running_is_left_alone(session: Session) -> None:
    session.run("import subprocess; server = subprocess.Popen(['sleep', '8001'])")
    run = session.start("import time; print('go', flush=True); time.sleep(600)")
    session.says(run, "go")
    assert session.stop(run)["outcome"] == "canceled"
    assert session.run("print(server.poll()); server.kill(); server.wait()")["stdout"] == "None\n"


def test_a_stop_of_something_else_has_no_effect(session: Session) -> None:
    before = len(session.journal())
    session.send("stop", calculationId="unknown")
    run = session.start("print(1)")
    session.finished(run)
    session.send("stop", calculationId=run.id)
    session.run("1")
    assert "stopping" not in [event["type"] for event in session.journal()[before:]]


def test_a_late_interrupt_does_not_hit_the_next_calculation(session: Session) -> None:
    for _ in range(20):
        run = session.start("spark.range(10).count()")
        session.stop(run)
        assert session.run("print(spark.range(10).count())")["stdout"] == "10\n"


@pytest.mark.slow
def test_one_that_cannot_be_interrupted_is_killed(engine: Engine, new_session: Callable[..., Session]) -> None:
    session = new_session(engine, stop={"repeatMs": 100, "killAfterMs": 500})
    session.ready()
    session.run("x = 1\nspark.range(3).createOrReplaceTempView('kept')")
    run = session.start(
        "import collections, itertools, subprocess\nsubprocess.Popen(['sleep', '7006'])\nprint('go', flush=True)\n"
        "collections.deque(itertools.count(), maxlen=0)"  # C code that never looks for signals
    )
    session.says(run, "go")
    killed = session.stop(run)
    assert (killed["outcome"], killed["errorType"], killed["variablesLost"]) == (
        "canceled",
        "PythonProcessKilled",
        True,
    )
    assert not [command for command in session.processes().values() if "sleep 7006" in command]
    assert session.run("print(spark.table('kept').count(), 'x' in globals())")["stdout"] == "3 False\n"


@pytest.mark.slow
def test_one_that_waits_for_the_boot_is_canceled_without_running(
    engine: Engine, new_session: Callable[..., Session]
) -> None:
    session = new_session(engine)
    run = session.start("print(1)")
    assert session.stop(run)["outcome"] == "canceled"
    assert session.run("print(2)")["stdout"] == "2\n"
    assert not run.stdout.exists()
    wait_for(lambda: session.process.poll() is None)
