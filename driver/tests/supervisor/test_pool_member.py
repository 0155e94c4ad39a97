"""Pool members with a real Spark.

The warm-up leaves nothing, and a claimed member equals a newly launched driver.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import Session, engine_members, wait_for

NewSession = Callable[..., Session]

pytestmark = pytest.mark.timeout(400)  # a member boots slowly, and in one test two members boot

_PRELUDE = """
import json

def private(holder, name):
    field = holder.getClass().getDeclaredField(name)
    field.setAccessible(True)
    return field.get(holder)

def properties():
    return {name for name in sc._jvm.System.getProperties().stringPropertyNames() if name.startswith("spark.")}
"""


def _answer(session: Session, code: str) -> Any:
    """Runs code that prints JSON. Returns the parsed output."""
    done = session.run(code)
    assert done["outcome"] == "completed", done["stderr"]
    return json.loads(done["stdout"])


def _an_idle_member_is_three_processes_that_step_back(member: Session) -> None:
    ready = member.journal()[-1]
    assert [event["type"] for event in member.journal()] == ["started", "ready"]
    assert set(member.processes()) == {*member.own_pids, ready["jvmPid"], ready["runnerPid"]}
    normal = os.getpriority(os.PRIO_PROCESS, member.process.pid)
    can = member.connect().get("canRaisePriority", False)
    assert member.nices() == {normal + 1 if can else normal}


@pytest.mark.main_engine
def test_one_that_nobody_claims_collects_garbage_once_more_when_it_has_settled(engine: Engine, tmp_path: Path) -> None:
    log = tmp_path / "gc.log"
    flags = engine_members(engine, jvmFlags=[*engine.jvm_flags, f"-Xlog:gc:file={log}"])
    session = Session(engine, engine=flags, pool={"nice": 1, "settledMs": 10_000})
    try:
        session.connect()
        session.ready()
        assert log.read_text().count("System.gc()") == 1
        wait_for(lambda: log.read_text().count("System.gc()") == 2)
        session.claim({})
        assert session.run("print(1 + 1)")["stdout"] == "2\n"
        assert session.shut_down()["clean"]
    finally:
        session.close()


def _no_file_is_left_of_the_warm_up(member: Session) -> None:
    assert [list((member.folder / name).iterdir()) for name in ("work", "warehouse")] == [[], []]
    assert not (member.folder / "local" / "warm-up").exists()
    (log,) = (member.folder / "events").iterdir()
    assert member.journal()[-1]["applicationId"] in log.name
    assert "warm-up" not in (member.folder / "spark.log").read_text()


def _a_claimed_member_runs_at_normal_priority(member: Session) -> None:
    claimed = member.claim({"spark.sql.shuffle.partitions": "7", "spark.sql.session.timeZone": "Asia/Tokyo"})
    assert (claimed["applicationId"], claimed["contextReplaced"]) == (member.journal()[1]["applicationId"], False)
    assert member.nices() == {os.getpriority(os.PRIO_PROCESS, member.process.pid)}


def _it_knows_its_session(member: Session) -> None:
    assert member.run("%session_id")["stdout"] == "s-1\n"


def _the_jvm_is_clean(member: Session) -> None:
    found = _answer(
        member,
        _PRELUDE
        + """
store = sc._jsc.sc().statusStore()
cache = sc._jvm.java.lang.Class.forName("org.apache.hadoop.fs.FileSystem").getDeclaredField("CACHE")
cache.setAccessible(True)
print(json.dumps({
    "application": sc.applicationId,
    "next job": sc._jsc.sc().dagScheduler().numTotalJobs(),
    "jobs": store.jobsList(None).size(),
    "executions": spark._jsparkSession.sharedState().statusStore().executionsCount(),
    "views": [table.name for table in spark.catalog.listTables()],
    "file systems": [
        fs.getConf().get("glaux.driver")
        for fs in private(cache.get(None), "map").values()
    ],
    "unset properties": sorted(name for name in properties() if name not in dict(sc.getConf().getAll())),
    "python": sorted(name for name in globals() if "warm" in name),
}))
""",
    )
    assert found == {
        "application": member.journal()[1]["applicationId"],
        "jobs": 0,
        "executions": 0,
        "views": [],
        "next job": 0,
        "file systems": ["d-1"],  # made for the session, and not left over from the warm-up
        "unset properties": [],
        "python": [],
    }


def _jobs_are_numbered_from_zero(member: Session) -> None:
    found = _answer(
        member,
        """
spark.range(10).count()
sc._jsc.sc().listenerBus().waitUntilEmpty()
print(json.dumps([sc._jsc.sc().statusStore().jobsList(None).last().jobId()]))
""",
    )
    assert found == [0]


def _runtime_properties_are_as_if_it_had_been_launched_with_them(member: Session) -> None:
    found = _answer(
        member,
        """
key = "spark.sql.shuffle.partitions"
seen = [spark.conf.get(key), sc.getConf().get(key), spark.newSession().conf.get(key)]
spark.conf.set(key, "9")
spark.sql("reset")
seen += [spark.conf.get(key), spark.range(10).groupBy("id").count().rdd.getNumPartitions() >= 1]
seen += [str(spark.sql("select timestamp'1970-01-01 09:00:00' = timestamp_seconds(0)").head()[0])]
print(json.dumps(seen))
""",
    )
    assert found == ["7", "7", "7", "7", True, "True"]


def _they_stay_when_user_code_stops_the_context(member: Session) -> None:
    member.run("spark.stop()")
    found = _answer(member, "print(json.dumps([spark.conf.get(key), sc.getConf().get(key)]))")
    assert found == ["7", "7"]
    made = """
spark.stop()
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print(json.dumps(spark.conf.get(key)))
"""
    assert _answer(member, made) == "7"


def test_the_life_of_a_member_from_its_boot_to_its_end(engine: Engine) -> None:
    member = Session(engine, pool={"nice": 1})
    try:
        member.connect()
        member.ready()
        # Each step needs the steps before it; one of them claims the member with runtime properties.
        for step in (
            _an_idle_member_is_three_processes_that_step_back,
            _no_file_is_left_of_the_warm_up,
            _a_claimed_member_runs_at_normal_priority,
            _it_knows_its_session,
            _the_jvm_is_clean,
            _jobs_are_numbered_from_zero,
            _runtime_properties_are_as_if_it_had_been_launched_with_them,
            _they_stay_when_user_code_stops_the_context,
        ):
            step(member)
        assert member.shut_down()["clean"]
        assert member.process.wait(30) == 0
    finally:
        member.close()


def test_context_properties_come_with_a_fresh_context(engine: Engine, new_session: NewSession) -> None:
    session = new_session(engine, pool={"nice": 0})
    first = session.ready()["applicationId"]
    odd = " größe = a:b\\n#!\t\n'😀\" "
    context_conf: Dict[str, str] = {"spark.scheduler.mode": "FAIR", "spark.app.name": "daily", "spark.my odd=key": odd}
    claimed = session.claim({"spark.sql.shuffle.partitions": "7"}, context_conf)
    assert claimed["contextReplaced"]
    assert claimed["applicationId"] != first
    (log,) = (session.folder / "events").iterdir()
    assert claimed["applicationId"] in log.name
    found = _answer(
        session,
        _PRELUDE
        + """
print(json.dumps([
    sc.applicationId, sc.appName, sc.getConf().get("spark.scheduler.mode"), sc._jsc.sc().getSchedulingMode().toString(),
    spark.conf.get("spark.sql.shuffle.partitions"), sc.getConf().get("spark.sql.shuffle.partitions"), spark.range(9).count(),
    sc.getConf().get("spark.my odd=key"), sc._jvm.System.getProperty("spark.my odd=key"),
]))
""",
    )
    assert found == [claimed["applicationId"], "daily", "FAIR", "FAIR", "7", "7", 9, odd, odd]
    assert session.run("spark.range(3).write.parquet('s3://first/p')")["outcome"] == "completed"


@pytest.mark.main_engine
def test_a_paused_member_stands_still_is_claimed_all_the_same_and_dies_with_its_supervisor(
    engine: Engine, new_session: NewSession
) -> None:
    session = new_session(engine, pool={"nice": 0})
    ready = session.ready()
    session.send("pause")
    wait_for(lambda: session.states() == {ready["jvmPid"]: "T", ready["runnerPid"]: "T"})
    used = _cpu_ticks(ready["jvmPid"])
    session.send("ping", id=1)
    assert session.until("pong")["jvm"]  # the last answer is recent, because paused time does not count
    assert _cpu_ticks(ready["jvmPid"]) == used
    session.claim()
    assert session.run("print(spark.range(3).count())")["stdout"] == "3\n"

    other = new_session(engine, pool={"nice": 0})
    wait_for(lambda: len(other.states()) >= 2)  # the member boots
    other.send("pause")
    wait_for(lambda: set(other.states().values()) == {"T"})
    os.kill(other.supervisor_pid, signal.SIGKILL)
    other.process.wait()
    # A JVM that has just begun to boot goes on until it reads the end of its standard input.
    wait_for(lambda: other.processes() == {})


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return int(fields[11]) + int(fields[12])
