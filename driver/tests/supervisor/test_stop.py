"""Stopping calculations in all kinds of work, and what must be true when a calculation is canceled."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from typing import Callable, Iterator, NamedTuple, Tuple

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import Session, is_running, shared_session, wait_for


class Case(NamedTuple):
    code: str
    tasks: bool = False
    """Whether Spark tasks run when the calculation is stopped."""
    processes: Tuple[str, ...] = ()
    """The command lines of processes that run when the calculation is stopped."""


_OWN = f".{os.getpid()}"
"""Makes the seconds of a `sleep` unique to this test run.

The tests of two engines may run at once, and the tests search all processes of the machine.
"""

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
    "a child process": Case(
        f"import subprocess; subprocess.run(['sleep', '7001{_OWN}'])", processes=(f"sleep 7001{_OWN}",)
    ),
    "os.system": Case(
        f"import os\nos.system('sleep 7002{_OWN}')\nos.system('sleep 7003{_OWN}')", processes=(f"sleep 7002{_OWN}",)
    ),
    "a join of a thread": Case(
        "import threading, time\nt = threading.Thread(target=time.sleep, args=(8,))\nt.start()\nt.join()"
    ),
    "a job that collects through pandas": Case(
        "spark.range(0, 10**13, 1, 4).selectExpr('sum(hash(id))').toPandas()", tasks=True
    ),
    "a job that collects through Arrow": Case(
        "spark.conf.set('spark.sql.execution.arrow.pyspark.enabled', 'true')\n"
        "spark.range(0, 10**13, 1, 4).selectExpr('sum(hash(id))').toPandas()",
        tasks=True,
    ),
    "a process of a Python UDF": Case(
        f"import subprocess\nsc.parallelize([1, 2], 2).map(lambda x: subprocess.run(['sleep', '7007{_OWN}'])).count()",
        processes=(f"sleep 7007{_OWN}",),
        tasks=True,
    ),
    "a process that a Python UDF has left": Case(
        "import subprocess, time\n"
        f"sc.parallelize([1, 2], 2).map(lambda x: subprocess.Popen(['setsid', 'sleep', '7008{_OWN}']).pid).count()\n"
        "time.sleep(600)",
        processes=(f"sleep 7008{_OWN}",),
    ),
    "an RDD's pipe": Case(
        f"sc.parallelize([1, 2], 2).pipe('sleep 7009{_OWN}').count()", tasks=True, processes=(f"sleep 7009{_OWN}",)
    ),
    "a process that Java has started": Case(
        f"sc._jvm.java.lang.Runtime.getRuntime().exec('sleep 7010{_OWN}').waitFor()", processes=(f"sleep 7010{_OWN}",)
    ),
    "a process without environment that left its parents": Case(
        "import subprocess, time\n"
        f"subprocess.Popen(['sh', '-c', '(setsid sleep 7011{_OWN} &) ; (setsid sleep 7012{_OWN} &)'], env={{}}).wait()\n"
        "time.sleep(600)",
        processes=(f"sleep 7011{_OWN}", f"sleep 7012{_OWN}"),
    ),
    "a fork": Case(
        f"import os, time\nif os.fork() == 0: os.execvp('sleep', ['sleep', '7013{_OWN}'])\ntime.sleep(600)",
        processes=(f"sleep 7013{_OWN}",),
    ),
    "a call into the JVM that is no job": Case("sc._jvm.java.lang.Thread.sleep(600000)"),
    # The code ignores SIGINT, as os.system does. The call ends because its Java thread is interrupted, and
    # the thread stays interrupted.
    "a call into the JVM that stays interrupted, in code that ignores SIGINT": Case(
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "sc._jvm.java.util.concurrent.locks.LockSupport.parkNanos(600 * 10**9)"
    ),
    "a job of a user's thread": Case(
        f"import threading, time\nthreading.Thread(target=lambda: {_JOB}).start()\ntime.sleep(600)", tasks=True
    ),
    "a sleep after a job of a user's thread": Case(
        "import threading, time\nthread = threading.Thread(target=spark.range(9).count)\nthread.start(); thread.join()\n"
        "print('go', flush=True); time.sleep(600)"
    ),
    "a handler that swallows everything": Case(
        "import time\nwhile True:\n  try: time.sleep(600)\n  except BaseException: pass"
    ),
    "a process that left its session": Case(
        f"import subprocess, time\nsubprocess.Popen(['setsid', 'sh', '-c', 'sleep 7004{_OWN} & sleep 7005{_OWN}'])\n"
        "time.sleep(600)",
        processes=(f"sleep 7004{_OWN}", f"sleep 7005{_OWN}"),
    ),
}


# These cases run on each engine. All others stop alike on every engine.
_BY_ENGINE = ("a job", "a Python UDF that loops", "a job that collects through Arrow")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in _BY_ENGINE or "_jvm" in case.code else pytest.mark.main_engine)
        for name, case in CASES.items()
    ],
)
def test_it_stops_and_the_session_goes_on(session: Session, name: str) -> None:
    case = CASES[name]
    session.run("kept = 1")
    begin = "" if "'go'" in case.code else "print('go', flush=True)\n"
    run = session.start(f"{begin}{case.code}")
    session.says(run, "go")
    if case.tasks:
        session.until("progress", where=lambda message: bool(message["activeTasks"] > 0))
    for command in case.processes:
        wait_for(partial(is_running, command))
    session.send("stop", calculationId=run.id)
    finished = session.finished(run)
    # No variables are lost, so the ladder's last rung, which kills the process, was not needed.
    assert (finished["outcome"], finished["variablesLost"], finished["errorType"]) == ("canceled", False, None)
    assert session.active_tasks() == 0
    assert not [command for command in case.processes if is_running(command)]
    assert session.run("print(kept, spark.range(100).count())")["stdout"] == "1 100\n"


@pytest.mark.main_engine
def test_threads_end_also_with_code_that_ignores_sigint(session: Session) -> None:
    run = session.start(
        "import os, threading, time\nn = 0\ndef go():\n  global n\n  while True: n += 1; time.sleep(.01)\n"
        f"threading.Thread(target=go).start()\nprint('go', flush=True)\nos.system('sleep 7014{_OWN}')"
    )
    session.says(run, "go")
    wait_for(partial(is_running, f"sleep 7014{_OWN}"))
    finished = session.stop(run)
    assert (finished["outcome"], finished["variablesLost"]) == ("canceled", False)
    assert session.run("before = n\ntime.sleep(1)\nprint(n - before)")["stdout"] == "0\n"


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


_ENDLESS = {
    "C code that never looks for signals": "import collections, itertools\n{go}\ncollections.deque(itertools.count(), maxlen=0)",
    "a product of matrices": "import numpy\none = numpy.ones((4000, 4000), dtype='int64')\n{go}\none @ one @ one @ one",
    "handlers within handlers": (
        "import time\n{go}\ndef swallow(depth):\n  while True:\n    try:\n"
        "      swallow(depth + 1) if depth < 40 else time.sleep(600)\n"
        "    except BaseException: pass\nswallow(0)"
    ),
    "a handler of its own": "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{go}\ntime.sleep(600)",
    "a thread that goes on whatever comes": (
        "import threading, time\ndef run():\n  while True:\n    try: time.sleep(.01)\n    except BaseException: pass\n"
        "threading.Thread(target=run).start()\n{go}\ntime.sleep(600)"
    ),
    "a coroutine that goes on whatever comes": (
        "import asyncio, threading, time\nloop = asyncio.new_event_loop()\n"
        "threading.Thread(target=loop.run_forever).start()\nasync def run():\n  while True:\n"
        "    try: await asyncio.sleep(.01)\n    except BaseException: pass\n"
        "asyncio.run_coroutine_threadsafe(run(), loop)\n{go}\ntime.sleep(600)"
    ),
    "a process that stops itself": "import os, signal\n{go}\nos.kill(os.getpid(), signal.SIGSTOP)",
}


@pytest.fixture(scope="module")
def impatient(engine: Engine) -> Iterator[Session]:
    """A session whose Python process is soon killed if a stop has no effect."""
    with shared_session(engine, stop={"repeatMs": 100, "killAfterMs": 500}) as session:
        yield session


@pytest.mark.main_engine
@pytest.mark.parametrize("name", _ENDLESS)
def test_one_that_cannot_be_interrupted_is_killed(impatient: Session, name: str) -> None:
    session = impatient
    session.run("x = 1\nspark.range(3).createOrReplaceTempView('kept')")
    go = f"import subprocess\nsubprocess.Popen(['sleep', '7006{_OWN}'])\nprint('go', flush=True)"
    run = session.start(_ENDLESS[name].format(go=go))
    session.says(run, "go")
    killed = session.stop(run)
    assert (killed["outcome"], killed["errorType"], killed["variablesLost"]) == (
        "canceled",
        "PythonProcessKilled",
        True,
    )
    assert session.active_tasks() == 0
    assert not is_running(f"sleep 7006{_OWN}")
    assert session.run("print(spark.table('kept').count(), 'x' in globals())")["stdout"] == "3 False\n"


@pytest.mark.main_engine
def test_a_process_that_was_stopped_between_two_calculations_is_replaced_by_a_stop(impatient: Session) -> None:
    session = impatient
    os.kill(int(session.run("import os\nprint(os.getpid())")["stdout"]), signal.SIGSTOP)
    run = session.start("print(1)")
    session.until("accepted")
    # Wait until the calculation has been sent to the process, which cannot be observed. A stop before that
    # would not need the process.
    time.sleep(1)
    assert session.stop(run)["errorType"] == "PythonProcessKilled"
    assert session.run("print(2)")["stdout"] == "2\n"


_SLOW_TO_PREPARE = """
terms = ", ".join(f"(id + {n}) * {n} % 7" for n in range(400))
query = spark.range(0, 10**13, 1, 4).selectExpr(f"sum(hash({terms}))")
print("go", flush=True)
query.collect()  # compiles code for seconds before there is a job, in the call itself or in a thread of Spark's own
"""

_COMPILING = """
import json
java = spark._jvm.java.lang
mapper = spark._jvm.com.fasterxml.jackson.databind.ObjectMapper()
stacks = json.loads(mapper.writeValueAsString(java.Thread.getAllStackTraces()))
print([name for name, frames in stacks.items() if any(".codegen." in frame["className"] for frame in frames)])
"""


@pytest.mark.main_engine
def test_no_job_begins_after_it_was_canceled(engine: Engine, new_session: Callable[..., Session]) -> None:
    session = new_session(engine, stop={"repeatMs": 100, "killAfterMs": 1000})
    session.run("spark.range(10).count()")
    run = session.start(_SLOW_TO_PREPARE)
    session.says(run, "go")
    # Wait until the query has been sent to Spark, which cannot be observed. The test must hold for any time
    # of the stop.
    time.sleep(0.3)
    assert session.stop(run)["outcome"] == "canceled"
    assert session.active_tasks() == 0
    # No thread is still compiling a query, which would submit a job at its end.
    assert session.run(_COMPILING)["stdout"] == "[]\n"
    assert session.active_tasks() == 0


_UNENDING = """
import threading, time
system = spark._jvm.java.lang.System

def tell():
    while system.getProperty("in.the.loop") is None:
        time.sleep(0.01)
    print("in the loop", flush=True)

threading.Thread(target=tell).start()
# One row that takes minutes: Java code that looks for no interruption, as the steps before it do.
begin = "java_method('java.lang.System', 'setProperty', 'in.the.loop', string(id))"
loop = "aggregate(sequence(1, 4000 + id), 0L, (a, x) -> a + {})"
spark.range(1).selectExpr(begin, loop.format(loop.format(loop.format("x")))).collect()
"""


@pytest.mark.main_engine
def test_it_is_not_canceled_while_a_task_runs_that_nobody_can_end(
    engine: Engine, new_session: Callable[..., Session]
) -> None:
    session = new_session(engine, stop={"repeatMs": 100, "killAfterMs": 500})
    session.ready()
    run = session.start(_UNENDING)
    session.says(run, "in the loop")
    session.send("stop", calculationId=run.id)
    # Far beyond the last rung. There is no event to wait for, because the test is that no event comes.
    time.sleep(2)
    assert session.active_tasks() == 1
    assert session.journal()[-1]["type"] == "stopping"
    session.send("shutdown", graceMs=100)
    assert session.finished(run)["outcome"] == "canceled"
    assert session.receive()["type"] == "ended"


@pytest.mark.main_engine
def test_one_that_waits_for_the_boot_is_canceled_without_running(
    engine: Engine, new_session: Callable[..., Session]
) -> None:
    session = new_session(engine)
    run = session.start("print(1)")
    assert session.stop(run)["outcome"] == "canceled"
    assert session.run("print(2)")["stdout"] == "2\n"
    assert not run.stdout.exists()
    wait_for(lambda: session.process.poll() is None)
