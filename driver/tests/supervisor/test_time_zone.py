"""A session uses UTC, as Athena's machines do, whatever the time zone of the machine."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import Session

_ASK = """
import datetime, json, time
from pyspark.sql import functions as F

@F.udf("string")
def on_a_worker(seconds):
    return str(datetime.datetime.fromtimestamp(seconds))

late = datetime.datetime(2024, 4, 30, 22, 30, tzinfo=datetime.timezone.utc)  # in Kolkata May has begun
frame = spark.createDataFrame([(late,)], ["at"])
frame.withColumn("day", F.to_date("at")).write.mode("overwrite").partitionBy("day").parquet("s3://first/days")
print(json.dumps({
    "sql zone": spark.conf.get("spark.sql.session.timeZone"),
    "sql": spark.sql("SELECT from_unixtime(0)").first()[0],
    "driver": str(datetime.datetime.fromtimestamp(0)),
    "driver's offset": time.timezone,
    "worker": spark.range(1).select(on_a_worker("id")).first()[0],
    "jvm": sc._jvm.java.util.TimeZone.getDefault().getID(),
    "collected": str(frame.first()["at"]),
    "pandas": str(frame.toPandas()["at"][0]),
    "partition": [str(row.day) for row in spark.read.parquet("s3://first/days").select("day").collect()],
}))
"""
_IN_UTC = {
    "sql zone": "UTC",
    "sql": "1970-01-01 00:00:00",
    "driver": "1970-01-01 00:00:00",
    "driver's offset": 0,
    "worker": "1970-01-01 00:00:00",
    "jvm": "UTC",
    "collected": "2024-04-30 22:30:00",
    "pandas": "2024-04-30 22:30:00",
    "partition": ["2024-04-30"],
}
# At Athena, too, the property changes only SQL's time zone: Athena's machines stay on UTC.
_SQL_IN_TOKYO = {
    **_IN_UTC,
    "sql zone": "Asia/Tokyo",
    "sql": "1970-01-01 09:00:00",
    "pandas": "2024-05-01 07:30:00",
    "partition": ["2024-05-01"],
}


@pytest.fixture(autouse=True)
def _the_machine_is_in_kolkata(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")


@pytest.mark.main_engine
def test_all_of_a_session_is_on_utc(engine: Engine, new_session: Callable[..., Session]) -> None:
    session = new_session(engine)
    session.ready()
    assert _asked(session) == _IN_UTC
    assert session.run("import os\nos.kill(os.getpid(), 9)")["variablesLost"]
    assert _asked(session) == _IN_UTC, "after the Python process was replaced"
    session.run("spark.stop()")
    assert _asked(session) == _IN_UTC, "in another Spark context"
    session.run("athena_user_logger.warning('noted')\nsc.setLogLevel('INFO')\nspark.range(9).count()")
    for log in ("driver.log", "spark.log"):
        assert _is_in_utc(session.folder / log), session.describe()
    assert session.shut_down()["clean"]


@pytest.mark.main_engine
def test_zones_that_the_session_sets_are_those_of_sql_and_of_workers(
    engine: Engine, new_session: Callable[..., Session]
) -> None:
    tokyo = "Asia/Tokyo"
    conf = {
        "spark.sql.session.timeZone": tokyo,
        "spark.executorEnv.TZ": tokyo,  # Spark itself sets this variable for Python workers
        "spark.executor.extraJavaOptions": f"-Duser.timezone={tokyo}",
    }
    session = new_session(engine, conf=conf)
    session.ready()
    assert _asked(session) == {**_SQL_IN_TOKYO, "worker": "1970-01-01 09:00:00"}


@pytest.mark.main_engine
def test_sql_of_a_pool_member_has_the_zone_that_its_session_sets(
    engine: Engine, new_session: Callable[..., Session]
) -> None:
    member = new_session(engine, pool={"nice": 0})
    member.ready()
    member.claim({"spark.sql.session.timeZone": "Asia/Tokyo"})
    assert _asked(member) == _SQL_IN_TOKYO
    member.run("spark.sql('RESET')")
    assert _asked(member) == _SQL_IN_TOKYO


def _asked(session: Session) -> Dict[str, Any]:
    answer = session.run(_ASK)
    assert answer["outcome"] == "completed", answer
    found: Dict[str, Any] = json.loads(answer["stdout"])
    return found


def _is_in_utc(log: Path) -> bool:
    """Whether the log's last time is in UTC. The time of Kolkata would differ by more hours than the test
    runs.
    """
    times = re.findall(r"^(?:20)?(\d\d[-/]\d\d[-/]\d\d \d\d:\d\d:\d\d)", log.read_text(), re.M)
    written = datetime.strptime(times[-1].replace("/", "-"), "%y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
    return abs(datetime.now(timezone.utc) - written) < timedelta(hours=1)
