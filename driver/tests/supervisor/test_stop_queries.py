"""A stop ends the streaming queries that the calculation has started, and no other queries."""

from __future__ import annotations

import time
from typing import Callable, Dict, List

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import Session, wait_for

# `calls` grows with every call of a stream's Python function. Queries without Python functions are observed
# by the list of active queries.
_HELPERS = """
import os, threading, time
calls = []
def rate(session=None): return (session or spark).readStream.format("rate").option("rowsPerSecond", 50).load()
def note(rows, number): calls.append(number)
def stream(function=note, **trigger):
    return rate().writeStream.foreachBatch(function).trigger(**(trigger or {"processingTime": "300 milliseconds"}))
def until(condition):
    while not condition(): time.sleep(.01)
def active(*sessions): return [query.name or query.id for one in (sessions or (spark,)) for query in one.streams.active]
"""

CASES = {
    "a trigger of 300 ms, awaited": "stream().start().awaitTermination()",
    "awaited with a limit, again and again": (
        "query = stream().start()\nwhile query.isActive: query.awaitTermination(1)"
    ),
    "awaited in a thread": (
        "thread = threading.Thread(target=lambda: stream().start().awaitTermination())\nthread.start()\nthread.join()"
    ),
    "any of them awaited": (
        "spark.streams.resetTerminated()\nstream().start(); stream().start()\nspark.streams.awaitAnyTermination()"
    ),
    "not awaited": "stream().start()\ntime.sleep(600)",
    "as fast as it can": "stream(processingTime='0 seconds').start().awaitTermination()",
    "all that is available": (
        "def slow(rows, number): note(rows, number); time.sleep(600)\nstream(slow, availableNow=True).start().awaitTermination()"
    ),
    "once": "def slow(rows, number): note(rows, number); time.sleep(600)\nstream(slow, once=True).start().awaitTermination()",
    "one that hangs in its function": (
        "def hang(rows, number): note(rows, number); time.sleep(600)\nstream(hang).start().awaitTermination()"
    ),
    "one whose function loops": (
        "def loop(rows, number):\n  note(rows, number)\n  while True: pass\nstream(loop).start().awaitTermination()"
    ),
    "one whose function catches what it can": (
        "def loop(rows, number):\n  while True:\n    try: note(rows, number); time.sleep(.01)\n    except Exception: pass\n"
        "stream(loop).start().awaitTermination()"
    ),
    "one whose function runs a long job": (
        "def job(rows, number):\n  note(rows, number)\n  spark.range(0, 10**13, 1, 4).selectExpr('sum(hash(id))').collect()\n"
        "stream(job).start().awaitTermination()"
    ),
    "one whose function catches the failure of its jobs": (
        "def job(rows, number):\n  while True:\n    note(rows, number)\n    try: rows.sparkSession.range(9).count()\n"
        "    except Exception: pass\nstream(job).start().awaitTermination()"
    ),
    "one whose function hands on to a pool": (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\n"
        "def spread(rows, number):\n  pool.submit(note, rows, number).result()\n"
        "stream(spread).start().awaitTermination()"
    ),
    "one that the code starts again whenever it ends": (
        "while True:\n  try: stream().start().awaitTermination()\n  except Exception: pass"
    ),
    "one that its function starts": (
        "def begin(rows, number):\n  if not number: stream().start()\nstream(begin).start()\ntime.sleep(600)"
    ),
    "of a session of its own": (
        "other = spark.newSession()\n"
        "query = rate(other).writeStream.foreachBatch(note).trigger(processingTime='300 milliseconds').start()\n"
        "query.awaitTermination()"
    ),
    "one that Java starts": ("writer = stream()\nwriter._jwrite.queryName('of java').start()\ntime.sleep(600)"),
    "into memory": (
        "query = rate().writeStream.format('memory').queryName('memory').start()\nuntil(lambda: query.lastProgress)\n"
        "calls.append(1); query.awaitTermination()"
    ),
    "into a table": (
        "import tempfile\n"
        "query = rate().writeStream.option('checkpointLocation', tempfile.mkdtemp()).toTable(f'rates_{time.time_ns()}')\n"
        "until(lambda: query.lastProgress)\ncalls.append(1); query.awaitTermination()"
    ),
    "rows given to a function in Spark's workers": (
        "query = rate().writeStream.foreach(lambda row: time.sleep(.01)).start()\nuntil(lambda: query.lastProgress)\n"
        "calls.append(1); query.awaitTermination()"
    ),
    "continuously": (
        "query = rate().writeStream.format('noop').trigger(continuous='1 second').start()\nuntil(lambda: query.isActive)\n"
        "calls.append(1); query.awaitTermination()"
    ),
}


@pytest.fixture(autouse=True)
def _helpers(session: Session) -> None:
    session.run(_HELPERS)


def nothing_goes_on(session: Session) -> None:
    """Asserts for two seconds that no query runs. All triggers of the tests would fire in that time."""
    assert session.active_tasks() == 0
    seen = session.run(
        "before = len(calls), active(), active(*([other] if 'other' in globals() else []))\ntime.sleep(2)\n"
        "print(len(calls) - before[0], before[1:], active())"
    )
    assert seen["stdout"] == "0 ([], []) []\n"
    assert queries(session) == []


def queries(session: Session) -> List[Dict[str, str]]:
    session.send("queries", id=7)
    found: List[Dict[str, str]] = session.until("queries")["queries"]
    return found


@pytest.mark.main_engine
@pytest.mark.parametrize("name", CASES)
def test_it_ends(session: Session, name: str) -> None:
    run = session.start(
        f"threading.Thread(target=lambda: (until(lambda: calls), print('go', flush=True))).start()\n{CASES[name]}"
    )
    session.says(run, "go")
    finished = session.stop(run)
    told = (finished["outcome"], finished["variablesLost"], finished["errorType"])
    assert told == ("canceled", False, None), run.stderr.read_text()
    nothing_goes_on(session)


@pytest.mark.main_engine
def test_it_ends_between_two_batches(session: Session) -> None:
    run = session.start("query = stream(processingTime='5 seconds').start()\nquery.awaitTermination()")
    wait_for(lambda: bool(queries(session)))
    calls = "until(lambda: calls)\nprint('go', flush=True)"
    session.stop(run)
    run = session.start(f"query = stream(processingTime='20 seconds').start()\n{calls}\nquery.awaitTermination()")
    session.says(run, "go")
    # Wait until the batch is over, which cannot be observed from outside. The next batch comes much later.
    time.sleep(1)
    began_at = time.monotonic()
    assert session.stop(run)["outcome"] == "canceled"
    assert time.monotonic() - began_at < 10
    nothing_goes_on(session)


def test_a_stop_while_it_is_being_started(session: Session) -> None:
    for pause_ms in (0, 50, 100, 200, 400):
        run = session.start("print('go', flush=True)\nstream().start().awaitTermination()")
        session.says(run, "go")
        time.sleep(pause_ms / 1000)
        assert session.stop(run)["outcome"] == "canceled"
        assert queries(session) == []
    nothing_goes_on(session)


@pytest.mark.main_engine
def test_queries_of_earlier_calculations_go_on(session: Session) -> None:
    first = session.start(
        "earlier = stream().queryName('earlier').start()\n"
        "plain = rate().writeStream.format('noop').queryName('plain').trigger(processingTime='100 milliseconds').start()"
    )
    session.finished(first)
    # A call that no interruption ends makes a stop reach its second rung, where all other jobs are cancelled.
    for code in (
        "time.sleep(600)",
        "os.system('sleep 30')",
        "stream().start().awaitTermination()",
        "spark.range(10**13).foreach(lambda row: None)",
    ):
        run = session.start(f"print('go', flush=True)\n{code}")
        session.says(run, "go")
        time.sleep(0.5)
        finished = session.stop(run)
        assert (finished["outcome"], finished["variablesLost"]) == ("canceled", False)
    assert [(one["name"], one["calculationId"]) for one in queries(session)] == [
        ("earlier", first.id),
        ("plain", first.id),
    ]
    grown = session.run(
        "before = len(calls)\nuntil(lambda: len(calls) > before + 1)\nprint(earlier.isActive, plain.isActive)"
    )
    assert grown["stdout"] == "True True\n"
    session.run("earlier.stop(); plain.stop()")
    assert queries(session) == []


def test_one_that_a_thread_of_an_earlier_calculation_starts_again_goes_on(session: Session) -> None:
    session.run(
        "end = threading.Event()\n"
        "def keep():\n  while not end.is_set(): stream(once=True).start().awaitTermination()\n"
        "keeper = threading.Thread(target=keep)\nkeeper.start()"
    )
    run = session.start("print('go', flush=True)\ntime.sleep(600)")
    session.says(run, "go")
    time.sleep(1)
    assert session.stop(run)["outcome"] == "canceled"
    grown = session.run(
        "before = len(calls)\nuntil(lambda: len(calls) > before + 1)\nend.set(); keeper.join(); print('on')"
    )
    assert grown["stdout"] == "on\n"


_HELD = """
from pyspark.sql.streaming import StreamingQueryListener
begin, told, go_on = threading.Event(), threading.Event(), threading.Event()
class Holds(StreamingQueryListener):
    def onQueryStarted(self, event):
        if event.name == "held": told.set(); go_on.wait()
    def onQueryProgress(self, event): pass
    def onQueryIdle(self, event): pass
    def onQueryTerminated(self, event): pass
holds = Holds()
spark.streams.addListener(holds)
def late():
    global held
    begin.wait()
    held = stream().queryName("held").start()
thread = threading.Thread(target=late)
thread.start()
"""


def test_one_that_a_thread_of_an_earlier_calculation_is_just_starting_goes_on(session: Session) -> None:
    # Spark's `start` returns when the listeners have been told. Until then, only Java knows the query's id.
    session.run(_HELD)
    for code in ("time.sleep(600)", "os.system('sleep 30')", "spark.range(10**13).foreach(lambda row: None)"):
        run = session.start(f"begin.set(); told.wait(); print('go', flush=True)\n{code}")
        session.says(run, "go")
        assert session.stop(run)["outcome"] == "canceled"
    went_on = session.run("go_on.set(); thread.join(); before = len(calls); until(lambda: len(calls) > before + 1)")
    assert went_on["outcome"] == "completed", went_on["stderr"]
    session.run("held.stop(); spark.streams.removeListener(holds)")


_SWALLOWS = "def f(rows, number):\n  while True:\n    try: note(rows, number); time.sleep(.01)\n    except BaseException: pass\n"


@pytest.mark.main_engine
def test_one_whose_function_cannot_be_ended_costs_the_python_process(
    engine: Engine, new_session: Callable[..., Session]
) -> None:
    session = new_session(engine, stop={"repeatMs": 100, "killAfterMs": 500})
    session.run(
        f"{_HELPERS}stream().queryName('doomed').start()\n"
        "rate().writeStream.format('noop').queryName('plain').trigger(processingTime='100 milliseconds').start()"
    )
    run = session.start(
        f"{_SWALLOWS}threading.Thread(target=lambda: (until(lambda: calls), print('go', flush=True))).start()\n"
        "stream(f).start().awaitTermination()"
    )
    session.says(run, "go")
    killed = session.stop(run)
    assert (killed["outcome"], killed["errorType"]) == ("canceled", "PythonProcessKilled")
    assert killed["errorMessage"].endswith("Streaming queries whose functions were lost with them fail: doomed.")
    # Queries without Python functions go on.
    wait_for(lambda: [one["name"] for one in queries(session)] == ["plain"])
    assert session.run("print([query.name for query in spark.streams.active])")["stdout"] == "['plain']\n"
