"""Calculations in a session with a real JVM and a real runner."""

from __future__ import annotations

import os
import re
import uuid
from pathlib import Path
from typing import Callable, Iterable, Set

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import Session, wait_for


def test_ready_names_what_runs(session: Session, engine: Engine) -> None:
    started, ready = session.journal()[:2]
    assert (started["type"], ready["type"]) == ("started", "ready")
    assert ready["sparkVersion"].startswith(engine.id)
    assert ready["pythonVersion"].startswith("3.")
    assert re.match(r"\d+", ready["javaVersion"])
    assert ready["applicationId"].startswith("local-")
    assert {ready["jvmPid"], ready["runnerPid"]} < set(session.processes())
    assert ready["bootMs"] > 0
    assert session.seen[0]["type"] == "welcome"


def test_variables_live_on_and_output_is_kept_apart(session: Session) -> None:
    assert session.run("x = spark.range(1000).count()\nprint('first')")["stdout"] == "first\n"
    second = session.run("print(x)")
    assert (second["outcome"], second["stdout"], second["stderr"]) == ("completed", "1000\n", "")
    assert (second["errorType"], second["errorMessage"], second["variablesLost"]) == (None, None, False)
    assert second["dpuMs"] >= 1


def test_events_come_in_order_and_are_those_of_the_journal(session: Session) -> None:
    before = len(session.journal())
    session.run("1+1")
    added = session.journal()[before:]
    assert [event["type"] for event in added] == ["accepted", "running", "finished"]
    assert [event["seq"] for event in added] == [before + 1, before + 2, before + 3]
    assert added == session.seen[-3:]


def test_a_failure_is_told(session: Session) -> None:
    failed = session.run("\nfoobar\n")
    assert (failed["outcome"], failed["errorType"]) == ("failed", "NameError")
    assert failed["errorMessage"] == "name 'foobar' is not defined"


def test_a_calculation_runs_once_and_one_at_a_time(session: Session) -> None:
    run = session.start("import time\nprint('go')\nwhile True: time.sleep(0.01)")
    session.says(run, "go")
    paths = {name: str(getattr(run, name)) for name in ("stdout", "stderr", "results")}
    session.send("run", calculationId=run.id, code="print('again')", **paths)
    refused = session.finished(session.start("print('not now')"))
    assert (refused["outcome"], refused["errorType"]) == ("failed", "DriverBusy")
    assert session.stop(run)["outcome"] == "canceled"
    session.send("run", calculationId=run.id, code="print('again')", **paths)
    assert session.run("print(1)")["stdout"] == "1\n"
    assert run.stdout.read_text() == "go\n"


def test_progress_is_told_while_it_runs_and_never_falls(session: Session) -> None:
    done = session.run("""
import time
def slow(rows):
    for row in rows:
        time.sleep(1)
        yield row
print(sc.parallelize(range(10), 10).mapPartitions(slow).count())
""")
    told = [m for m in session.seen if m["type"] == "progress" and m["calculationId"] == done["calculationId"]]
    assert told
    assert [message["progress"] for message in told] == sorted(message["progress"] for message in told)
    assert all(0 <= message["progress"] <= 99 for message in told)
    assert told[-1]["totalTasks"] == 10
    assert any(message["activeTasks"] > 0 and message["stages"][0]["total"] == 10 for message in told), told
    assert {message["executors"] for message in told} == {0}


def test_buckets_are_read_and_written_also_those_made_later(session: Session) -> None:
    for bucket in ("first", "later"):
        (session.buckets / bucket).mkdir(exist_ok=True)
        code = f"spark.range(5).write.parquet('s3://{bucket}/x')\nprint(spark.read.parquet('s3a://{bucket}/x').count())"
        assert session.run(code)["stdout"] == "5\n"
        files = os.listdir(session.buckets / bucket / "x")
        assert "_SUCCESS" in files
        assert not [name for name in files if name.endswith(".crc")]


@pytest.mark.main_engine
def test_buckets_may_stand_in_a_folder_of_any_name(
    engine: Engine, new_session: Callable[..., Session], tmp_path: Path
) -> None:
    buckets = tmp_path / "my data 100%25 #1 é"
    (buckets / "first").mkdir(parents=True)
    session = new_session(engine, buckets=str(buckets))
    session.ready()
    for bucket in ("first", "later"):
        (buckets / bucket).mkdir(exist_ok=True)
        path = f"s3://{bucket}/x y"
        ran = session.run(f"spark.range(5).write.parquet('{path}')\nprint(spark.read.parquet('{path}').count())")
        assert ran["stdout"] == "5\n", ran["stderr"]
        assert "_SUCCESS" in os.listdir(buckets / bucket / "x y")


def test_a_bucket_is_not_broken_by_one_whose_name_begins_alike(session: Session) -> None:
    read_and_write = "spark.range(5).write.csv('s3://{0}/x')\nprint(spark.read.csv('s3://{0}/x').count())"
    (session.buckets / "logs.a").mkdir()
    assert session.run(read_and_write.format("logs.a"))["stdout"] == "5\n"
    (session.buckets / "logs").mkdir()
    assert session.run(read_and_write.format("logs"))["stdout"] == "5\n"
    assert session.run("print(spark.read.csv('s3://logs.a/x').count())")["stdout"] == "5\n"


def test_a_bucket_that_is_not_there_is_not_the_machines_root_folder(session: Session) -> None:
    folder = f"glaux-{uuid.uuid4()}"
    for scheme in ("s3", "s3a", "s3n"):
        ran = session.run(f"spark.range(5).write.csv('{scheme}://nowhere/{folder}')")
        assert ran["outcome"] == "failed"
        assert "The bucket nowhere does not exist" in ran["stderr"]
        assert not Path("/", folder).exists()
    assert session.run("spark.read.text('s3://nowhere/etc/passwd')")["outcome"] == "failed"


def test_nothing_listens_beyond_loopback(session: Session) -> None:
    session.run("from pyspark.sql.functions import udf\nspark.range(2).select(udf(lambda x: x)('id')).collect()")
    addresses = _listening_addresses(session.processes())
    assert len(addresses) >= 3  # gateway, Spark's RPC, block manager, UI
    assert {address for address in addresses if not _is_loopback(address)} == set()


def test_the_spark_ui_is_there(session: Session) -> None:
    code = (
        "import urllib.request\nprint(urllib.request.urlopen(sc.uiWebUrl + '/api/v1/applications').status, sc.uiWebUrl)"
    )
    assert session.run(code)["stdout"].startswith("200 http://127.0.0.1:")


def test_a_new_server_gets_what_it_missed(session: Session) -> None:
    gate = session.folder / "gate"
    run = session.start(f"import os, time\nprint('go')\nwhile not os.path.exists({str(gate)!r}): time.sleep(.01)")
    session.until("running")  # the code may print before this event comes
    session.says(run, "go")
    last = session.journal()[-1]["seq"]
    session.disconnect()
    gate.touch()
    wait_for(lambda: session.journal()[-1]["type"] == "finished")
    assert session.connect(after=last)["phase"] == "ready"
    assert session.finished(run)["outcome"] == "completed"
    assert session.seen[-1]["seq"] == last + 1
    assert session.connect(after=0)["seq"] == last + 1
    assert [session.receive()["seq"] for _ in range(last + 1)] == list(range(1, last + 2))


def test_questions_are_answered(session: Session) -> None:
    session.send("ping", id="a")
    pong = session.until("pong")
    assert (pong["id"], pong["jvm"]) == ("a", True)
    session.send("executors", id=7)
    (driver,) = session.until("executors")["executors"]
    assert (driver["id"], driver["totalCores"], driver["activeTasks"]) == ("driver", 2, 0)


def test_an_assigned_session_is_known_in_it_also_to_a_later_runner(session: Session) -> None:
    session.send("assign", sessionId="5b0e1a34", workGroup="primary", engineVersion="Apache Spark version 3.5")
    assert "5b0e1a34" in session.run("%session_id")["stdout"]
    session.run("import os; os._exit(0)")
    assert "5b0e1a34" in session.run("%session_id")["stdout"]


@pytest.mark.parametrize(
    ("code", "words"),
    [("os._exit(7)", "exit code 7"), ("os.kill(os.getpid(), 9)", "SIGKILL"), ("os.kill(os.getpid(), 11)", "SIGSEGV")],
)
def test_a_runner_that_dies_costs_its_variables_only(session: Session, code: str, words: str) -> None:
    session.run("spark.range(3).createOrReplaceTempView('kept')")
    lost = session.run(f"import os\nprint('before', flush=True)\n{code}")
    assert (lost["outcome"], lost["errorType"], lost["variablesLost"]) == ("failed", "PythonProcessLost", True)
    assert words in lost["errorMessage"]
    assert lost["stdout"] == "before\n"
    assert lost["stderr"] == f"PythonProcessLost: {lost['errorMessage']}\n"
    after = session.run("print(spark.table('kept').count(), 'os' in globals())")
    assert after["stdout"] == "3 False\n"
    types = [event["type"] for event in session.journal()[-7:]]
    assert types == ["running", "runner_lost", "finished", "accepted", "runner_ready", "running", "finished"]


def test_a_runner_that_dies_between_calculations_is_replaced(session: Session) -> None:
    session.run("import os, threading; threading.Timer(0.1, lambda: os._exit(3)).start()")
    assert "exit code 3" in session.until("runner_lost")["reason"]
    session.until("runner_ready")
    assert session.run("print(1)")["stdout"] == "1\n"


def test_what_a_dead_runner_started_is_ended_with_it(session: Session) -> None:
    code = "import os, subprocess; subprocess.Popen(['setsid', 'sleep', '7101'], start_new_session=True)"
    session.run(code)
    wait_for(lambda: any("7101" in command for command in session.processes().values()))
    session.run("os._exit(1)")
    session.until("runner_ready")
    assert not any("7101" in command for command in session.processes().values())


def test_what_a_dead_runner_held_in_the_jvm_is_released_with_it(session: Session) -> None:
    def used_mb() -> int:
        runtime = "runtime = sc._jvm.java.lang.Runtime.getRuntime()\nruntime.gc()"
        return int(session.run(f"{runtime}\nprint((runtime.totalMemory() - runtime.freeMemory()) >> 20)")["stdout"])

    session.run("held = sc._gateway.new_array(sc._jvm.long, 8 << 20)")
    while_held = used_mb()
    session.run("import os; os._exit(1)")
    assert used_mb() < while_held - 60


def test_garbage_of_a_dead_runner_does_not_end_a_callback_of_the_living_one(session: Session) -> None:
    query = """
import os, time
seen = []
query = spark.readStream.format("rate").load().writeStream.foreachBatch(lambda batch, n: seen.append(n)).start()
def wait_for(batches):
    while len(seen) < batches and query.isActive:
        time.sleep(0.1)
wait_for(1)
"""
    session.run(f"{query}\nquery.stop()\nos._exit(1)")
    collect = "for _ in range(3):\n    sc._jvm.System.gc()\n    sc._jvm.System.runFinalization()\n"
    done = session.run(f"{query}\n{collect}\nwait_for(len(seen) + 2)\nprint(query.isActive)\nquery.stop()")
    assert done["stdout"] == "True\n", done["stderr"]


def test_jobs_of_a_dead_runner_do_not_go_on(session: Session) -> None:
    run = session.start("spark.range(0, 10**13, 1, 4).selectExpr('sum(hash(id))').collect()")
    session.until("progress", where=lambda message: bool(message["activeTasks"] > 0))
    runner = [e for e in session.journal() if e["type"] in ("ready", "runner_ready")][-1]["runnerPid"]
    os.kill(runner, 9)
    assert session.finished(run)["errorType"] == "PythonProcessLost"
    assert session.run("print(spark.range(10).count())")["stdout"] == "10\n"
    wait_for(lambda: session.active_tasks() == 0)


def test_a_stopped_context_is_replaced_for_the_next_calculation(session: Session) -> None:
    before = len(session.journal())
    assert session.run("first = sc.applicationId\nspark.stop()")["outcome"] == "completed"
    after = session.run("print(spark.range(5).count(), first != sc.applicationId, spark.conf.get('spark.app.name'))")
    assert after["stdout"] == "5 True glaux-d-1\n"
    restarted = [event for event in session.journal()[before:] if event["type"] == "context_restarted"]
    assert len(restarted) == 1
    assert session.run("print(sc.applicationId)")["stdout"].strip() == restarted[0]["applicationId"]
    assert session.run("spark.range(5).write.csv('s3://first/after')")["outcome"] == "completed"


def test_a_stopped_context_and_a_dead_runner_are_both_replaced(session: Session) -> None:
    session.run("import os; spark.stop(); os._exit(1)")
    assert session.run("print(spark.range(5).count())")["stdout"] == "5\n"


def test_a_context_stopped_behind_everybodys_back_is_replaced_in_the_end(session: Session) -> None:
    before = len(session.journal())

    def is_replaced() -> bool:
        (session.buckets / f"made-{len(session.journal())}").mkdir()
        session.run("1")  # may fail, because the context may be at any stage of its end
        return "context_restarted" in [event["type"] for event in session.journal()[before:]]

    session.run("import threading; threading.Timer(0.1, spark.stop).start()")
    wait_for(is_replaced)
    assert session.run("print(spark.range(5).count())")["stdout"] == "5\n"


def test_a_context_made_by_the_code_itself_is_kept(session: Session) -> None:
    session.run("""
from pyspark.sql import SparkSession
spark.stop()
spark = SparkSession.builder.master('local[1]').appName('mine').getOrCreate()
""")
    assert session.run("print(spark.sparkContext.appName, spark.range(5).count())")["stdout"] == "mine 5\n"
    (session.buckets / "latest").mkdir(exist_ok=True)
    assert session.run("import time; time.sleep(0.6); spark.range(9).count()")["outcome"] == "completed"
    session.run("spark.stop()")
    assert session.run("print(spark.conf.get('spark.app.name'))")["stdout"] == "glaux-d-1\n"


def test_a_context_that_the_code_makes_without_a_word_is_as_ours(session: Session) -> None:
    made = session.run("""
from pyspark.sql import SparkSession
spark.stop()
spark = SparkSession.builder.getOrCreate()
print(spark.range(5).count(), spark.sparkContext.master, spark.conf.get('spark.driver.host'))
spark.range(5).write.csv('s3://first/made')
""")
    assert made["stdout"] == "5 local[2] 127.0.0.1\n", made["stderr"]
    assert session.run("print(spark.conf.get('spark.app.name'), spark.read.csv('s3://first/made').count())")[
        "stdout"
    ] == ("glaux-d-1 5\n")


def _listening_addresses(pids: Iterable[int]) -> Set[str]:
    """The local addresses, in the form of /proc/net, of the listening TCP sockets of these processes."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(descriptor))
            except FileNotFoundError:
                continue
            if match:
                inodes.add(match[1])
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                listening.add(fields[1])
    return listening


def _is_loopback(address: str) -> bool:
    host = address.split(":")[0]
    return host in ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")
