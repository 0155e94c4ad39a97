"""What the runner reports about the streaming queries that code starts."""

from __future__ import annotations

from pathlib import Path

from glaux_driver.messages import QueryStarted, QueryStarting, QueryStartOver, RunnerFinished
from tests.runner.harness import RunnerProcess

_RATE = "rate = lambda: spark.readStream.format('rate').load().writeStream\n"


def test_a_query_is_told_with_its_calculation(runner: RunnerProcess, tmp_path: Path) -> None:
    done = runner.run(
        f"{_RATE}queries = [rate().format('noop').queryName('plain').start()]\n"
        "queries.append(rate().foreachBatch(lambda rows, number: None).start())\n"
        f"queries.append(rate().option('checkpointLocation', {str(tmp_path)!r}).toTable('told'))\n"
        "for one in queries: print(one.id, one.runId); one.stop()"
    )
    ids = [line.split() for line in done.stdout.splitlines()]
    told = runner.queries[-9:]
    first = told[0].start
    for number, ((id, run_id), name, calls_python) in enumerate(
        zip(ids, ("plain", None, None), (False, True, False)), first
    ):
        assert told[:3] == [
            QueryStarting(done.message.calculation_id, number),
            QueryStarted(done.message.calculation_id, id, run_id, name, calls_python),
            QueryStartOver(number),
        ]
        del told[:3]


def test_one_of_a_thread_belongs_to_the_calculation_of_the_thread(runner: RunnerProcess) -> None:
    first, _ = runner.started(
        f"import threading\n{_RATE}begin = threading.Event()\n"
        "def late():\n  begin.wait()\n  rate().format('noop').queryName('late').trigger(once=True).start().awaitTermination()\n"
        "thread = threading.Thread(target=late)\nthread.start()"
    )
    runner.expect(RunnerFinished)
    runner.run("begin.set(); thread.join()")
    starting, started, over = runner.queries[-3:]
    assert (starting.calculation_id, started.calculation_id, started.name) == (first.id, first.id, "late")
    assert starting.start == over.start


def test_an_error_of_the_start_is_told_as_it_is(runner: RunnerProcess) -> None:
    done = runner.run(f"{_RATE}rate().format('nowhere').start()")
    assert done.outcome == "failed"
    assert "nowhere" in done.stderr
    assert "glaux_driver" not in done.stderr
    starting, over = runner.queries[-2:]
    assert isinstance(starting, QueryStarting)
    assert over == QueryStartOver(starting.start)
