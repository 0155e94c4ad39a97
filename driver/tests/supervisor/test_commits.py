"""Jobs that write to the same folder at once (driver/spark).

No row is lost, and no file is seen before its commit.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any, List

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import Session, wait_for

_THREADS = """
import json
from concurrent.futures import ThreadPoolExecutor
from pyspark.sql import functions as F

def in_threads(action, arguments):
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(action, arguments))  # raises what an action raises
"""

_BESIDE = """
import json, os, threading, time, uuid
from pyspark.sql import functions as F

# Else partitioned writes sort all rows before they write the first one.
spark.conf.set("spark.sql.maxConcurrentOutputFileWriters", 8)

def pending(root):
    # The file of the second task, which is open: this is what Spark's default committer loses when another job commits.
    return any("part-00001" in name and ("/_temporary/" in path or "/.spark-staging-" in path)
               for path, _, names in os.walk(root) for name in names)

def beside(root, slow_job, quick_jobs):
    # Runs the quick jobs while the slow one has one task behind it, and another that has begun to write.
    gate = os.path.join(os.getcwd(), str(uuid.uuid4()))

    def wait(number):
        while number >= 900 and not os.path.exists(gate):
            time.sleep(0.01)
        return str(number) * 300  # as small rows would all wait in a buffer of the Python worker's

    # With Arrow, all rows of a task would come at once.
    waits = F.udf(wait, "string", useArrow=False)
    frame = spark.range(0, 1000, 1, 2).select(waits("id").alias("value"))
    errors = []

    def run():
        try:
            slow_job(frame)
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not errors and not pending(root):
        time.sleep(0.01)
    try:
        quick_jobs()
    finally:
        open(gate, "w").close()
        thread.join()
    if errors:
        raise errors[0]
"""


def _answer(session: Session, code: str) -> Any:
    done = session.run(code)
    assert done["outcome"] == "completed", done["stderr"]
    return json.loads(done["stdout"])


def _files(folder: Path) -> List[str]:
    """The paths of all files below `folder`. Folders may appear and vanish meanwhile."""
    found = [os.path.join(path, name) for path, _, names in os.walk(folder) for name in names]
    return sorted(os.path.relpath(path, folder) for path in found)


def _attempts(session: Session) -> List[str]:
    return _files(session.buckets / "first" / "_temporary")


@pytest.mark.parametrize(
    ("format", "path"),
    [*((format, "s3://first") for format in ("parquet", "orc", "json", "csv", "text")), ("parquet", "file:{folder}")],
)
def test_a_commit_leaves_what_another_job_is_still_writing(session: Session, format: str, path: str) -> None:
    base = f"{path.format(folder=session.folder.parent)}/beside/{format}"
    counts = _answer(
        session,
        f"""{_BESIDE}
def append(frame, name):
    writer = frame.write.mode("append").format("{format}")
    (writer.partitionBy("day") if "day" in frame.columns else writer).save("{base}/" + name)

rows = spark.range(10).selectExpr("cast(id as string) as value")
root = {str(session.folder.parent)!r}
beside(root, lambda frame: append(frame, "flat"), lambda: [append(rows, "flat") for _ in range(2)])
days = lambda frame: frame.withColumn("day", F.lit(1))
beside(root, lambda frame: append(days(frame), "days"), lambda: (append(days(rows), "days"), append(rows, "days/day=1")))
print(json.dumps([spark.read.format("{format}").load("{base}/" + name).count() for name in ("flat", "days")]))
""",
    )
    assert counts == [1020, 1020]
    assert _attempts(session) == []


def test_many_jobs_of_one_session_append_at_once(session: Session) -> None:
    found = _answer(
        session,
        f"""{_THREADS}
def append(day):
    frame = spark.range(500).withColumn("day", F.lit(day)).repartition(4)
    frame.write.mode("append").partitionBy("day").parquet("s3://first/threads")
in_threads(append, range(12))
print(json.dumps(spark.read.parquet("s3://first/threads").count()))
""",
    )
    assert found == 12 * 500


def test_tables_of_the_session_take_inserts_at_once(session: Session) -> None:
    found = _answer(
        session,
        f"""{_THREADS}
spark.sql("create table inserted (id long, day int) using parquet partitioned by (day)")
in_threads(lambda day: spark.sql(f"insert into inserted select id, {{day}} from range(300)"), range(6))
print(json.dumps(spark.table("inserted").count()))
spark.sql("drop table inserted")
""",
    )
    assert found == 6 * 300


@pytest.mark.main_engine
def test_jobs_of_two_sessions_append_at_once(session: Session, engine: Engine, new_session: Any) -> None:
    other: Session = new_session(engine, buckets=str(session.buckets))
    other.ready()
    code = """
for day in range(5):
    frame = spark.range(400).selectExpr("id", f"{day} as day").repartition(3)
    frame.write.mode("append").partitionBy("day").parquet("s3://first/both")
"""
    runs = [(one, one.start(code)) for one in (session, other)]
    assert [one.finished(run)["outcome"] for one, run in runs] == ["completed", "completed"]
    assert _answer(other, "print(spark.read.parquet('s3://first/both').count())") == 2 * 5 * 400
    other.shut_down()
    assert other.process.wait(30) == 0
    assert _attempts(session) == []


def test_dynamic_overwrites_replace_their_partitions_alone(session: Session) -> None:
    found = _answer(
        session,
        f"""{_THREADS}
path = "s3://first/dynamic"
days = lambda day, rows: spark.range(rows).selectExpr("id", f"{{day}} as day").repartition(3)
def write(day, rows, mode):
    days(day, rows).write.mode(mode).partitionBy("day").option("partitionOverwriteMode", "dynamic").parquet(path)
in_threads(lambda day: write(day, 100, "append"), range(6))
# At once: three partitions are replaced, and all take more rows in other files.
in_threads(lambda one: write(*one), [(0, 10, "overwrite"), (3, 70, "append"), (1, 10, "overwrite"), (4, 70, "append"),
                                     (2, 10, "overwrite"), (5, 70, "append")])
rows = spark.read.parquet(path).groupBy("day").count().collect()
print(json.dumps(sorted([row.day, row["count"]] for row in rows)))
""",
    )
    assert found == [[0, 10], [1, 10], [2, 10], [3, 170], [4, 170], [5, 170]]


@pytest.mark.parametrize("mode", ["static", "dynamic"])
def test_an_overwrite_leaves_what_others_are_about_to_add(session: Session, mode: str) -> None:
    found = _answer(
        session,
        f"""{_BESIDE}
path = "s3://first/overwritten-{mode}"
def write(frame, how):
    days = frame.withColumn("day", F.lit(1))
    days.write.mode(how).option("partitionOverwriteMode", "{mode}").partitionBy("day").parquet(path)
rows = spark.range(7).selectExpr("cast(id as string) as value")
write(rows, "append")
seen = []
def overwrite():
    write(rows, "overwrite")
    seen.append(spark.read.parquet(path).count())
beside({str(session.buckets)!r}, lambda frame: write(frame, "append"), overwrite)
print(json.dumps([*seen, spark.read.parquet(path).count()]))
""",
    )
    assert found == [7, 1007]


def test_an_overwrite_that_fails_loses_nothing(session: Session) -> None:
    found = _answer(
        session,
        """
import json
from pyspark.sql.functions import udf
path = "s3://first/kept"
spark.range(50).write.parquet(path)
try:
    spark.range(50).select(udf(lambda x: 1 // (x - 40), "long")("id")).write.mode("overwrite").parquet(path)
except Exception as error:
    assert "ZeroDivisionError" in str(error), error
print(json.dumps(spark.read.parquet(path).count()))
""",
    )
    assert found == 50
    assert _attempts(session) == []


def test_an_overwrite_replaces_a_file_at_its_end(session: Session) -> None:
    (session.buckets / "first/single").write_text("a file\n")
    found = _answer(
        session,
        """
import json
from pyspark.sql.functions import udf
path = "s3://first/single"
counts = []
for divide in (lambda x: 1 // (x - 2), lambda x: x):
    try:
        spark.range(3).select(udf(divide, "long")("id")).write.mode("overwrite").csv(path)
    except Exception as error:
        assert "ZeroDivisionError" in str(error), error
    counts.append(spark.read.csv(path).count())
print(json.dumps(counts))
""",
    )
    assert found == [1, 3]


@pytest.mark.main_engine
def test_a_serializer_that_takes_registered_classes_alone(engine: Engine, new_session: Any) -> None:
    conf = {
        "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
        "spark.kryo.registrationRequired": "true",
    }
    strict: Session = new_session(engine, conf=conf)
    strict.ready()
    code = "spark.range(5).write.csv('s3://first/kryo')\nprint(spark.read.csv('s3://first/kryo').count())"
    assert _answer(strict, code) == 5


def test_an_overwrite_leaves_no_empty_folder(session: Session) -> None:
    code = """
import json
path = "s3://first/pruned"
for days in (3, 1):
    frame = spark.range(9).selectExpr("id", f"id % {days} as day", "1 as hour")
    frame.write.mode("overwrite").partitionBy("day", "hour").parquet(path)
print(json.dumps(spark.read.parquet(path).count()))
"""
    assert _answer(session, code) == 9
    assert sorted(path.name for path in (session.buckets / "first/pruned").iterdir()) == ["_SUCCESS", "day=0"]


_SEQUENCES = "org.apache.hadoop.mapreduce.lib.output.SequenceFileOutputFormat"
_NEW_JOB = {
    "mapreduce.job.outputformat.class": _SEQUENCES,
    "mapreduce.job.output.key.class": "org.apache.hadoop.io.IntWritable",
    "mapreduce.job.output.value.class": "org.apache.hadoop.io.IntWritable",
    "mapreduce.output.fileoutputformat.outputdir": "s3://first/watched",
}
_OLD_JOB = {
    "mapred.output.format.class": "org.apache.hadoop.mapred.SequenceFileOutputFormat",
    "mapreduce.job.output.key.class": "org.apache.hadoop.io.IntWritable",
    "mapreduce.job.output.value.class": "org.apache.hadoop.io.IntWritable",
    "mapreduce.output.fileoutputformat.outputdir": "s3://first/watched",
}


@pytest.mark.parametrize(
    ("write", "count"),
    [
        ("frame.write.parquet(uri)", "spark.read.parquet(uri)"),
        ('frame.write.partitionBy("half").json(uri)', "spark.read.json(uri)"),
        ("frame.rdd.map(str).saveAsTextFile(uri)", "sc.textFile(uri)"),
        (f"pairs.saveAsNewAPIHadoopFile(uri, {_SEQUENCES!r})", "sc.sequenceFile(uri)"),
        (f"pairs.saveAsNewAPIHadoopDataset({_NEW_JOB!r})", "sc.sequenceFile(uri)"),
        (f"pairs.saveAsHadoopDataset({_OLD_JOB!r})", "sc.sequenceFile(uri)"),
        ("frame.rdd.saveAsPickleFile(uri)", "sc.pickleFile(uri)"),
    ],
)
def test_nothing_is_seen_before_the_commit(session: Session, write: str, count: str) -> None:
    watched = session.buckets / "first/watched"
    run = session.start(f"""
import time
from pyspark.sql.functions import udf
uri = "s3://first/watched"
slow = udf(lambda x: (time.sleep(0.02), x)[1], "long")
frame = spark.range(0, 100, 1, 2).select(slow("id").alias("id")).selectExpr("id", "id % 2 as half")
pairs = frame.rdd.map(lambda row: (row.id, row.half))
{write}
print({count}.count())
""")
    wait_for(lambda: bool(_attempts(session)))
    seen = []
    while not (watched / "_SUCCESS").exists() and len(_attempts(session)) > 0:
        seen += _files(watched)
        time.sleep(0.01)
    done = session.finished(run)
    assert done["outcome"] == "completed", run.stderr.read_text()
    assert run.stdout.read_text() == "100\n"
    # The loop's last looks may have fallen into the commit, which puts whole files in their final places.
    assert set(seen) <= set(_files(watched))
    assert len(seen) < 100
    assert "_SUCCESS" in _files(watched)
    assert _attempts(session) == []
    shutil.rmtree(watched)


def test_spark_s_own_committer_loses_rows(session: Session) -> None:
    """The tests above would notice lost rows: with Spark's own committer, rows are lost."""
    found = _answer(
        session,
        f"""{_BESIDE}
own = spark.conf.get("spark.sql.sources.commitProtocolClass")
spark.conf.set("spark.sql.sources.commitProtocolClass",
               "org.apache.spark.sql.execution.datasources.SQLHadoopMapReduceCommitProtocol")
path = "file:{session.folder.parent}/lost"
rows = spark.range(10).selectExpr("cast(id as string) as value")
try:
    beside({str(session.folder.parent)!r}, lambda frame: frame.write.mode("append").parquet(path),
           lambda: rows.write.mode("append").parquet(path))
    print(json.dumps(spark.read.parquet(path).count()))
except Exception as error:
    print(json.dumps(type(error).__name__))
spark.conf.set("spark.sql.sources.commitProtocolClass", own)
""",
    )
    assert found != 1010


def test_a_stream_s_files_are_seen_with_their_batch(session: Session) -> None:
    found = _answer(
        session,
        """
import json
spark.range(200).repartition(4).write.parquet("s3://first/source")
read = spark.readStream.schema("id long").option("maxFilesPerTrigger", 1).parquet("s3://first/source")
query = (read.writeStream.format("parquet").option("checkpointLocation", "s3://first/checkpoint")
         .trigger(availableNow=True).start("s3://first/streamed"))
assert query.awaitTermination(90)
print(json.dumps([spark.read.parquet("s3://first/streamed").count(), query.lastProgress["batchId"]]))
""",
    )
    assert found == [200, 3]
    assert _attempts(session) == []


def test_a_kill_leaves_whole_files_and_all_that_was_committed(
    session: Session, new_session: Any, engine: Engine
) -> None:
    killed: Session = new_session(engine, buckets=str(session.buckets), driverId="d-2")
    attempts = session.buckets / "first/_temporary/d-2"
    ready = killed.ready()
    run = killed.start("""
for number in range(1000):
    spark.range(600).repartition(6).write.mode("append").json("s3://first/killed")
    print(number + 1)
""")
    wait_for(lambda: run.stdout.exists() and len(run.stdout.read_text().splitlines()) >= 3)
    wait_for(lambda: bool(_files(attempts)))
    os.kill(ready["jvmPid"], signal.SIGKILL)
    killed.process.wait(30)
    committed = int(run.stdout.read_text().split()[-1])
    rows = _answer(session, "print(spark.read.json('s3://first/killed').count())")
    assert committed * 600 <= rows <= (committed + 1) * 600
    assert rows % 100 == 0  # each of a job's six files has 100 rows, and is complete or missing
    shutil.rmtree(attempts, ignore_errors=True)  # the server does this when the session has ended


def test_a_partition_with_a_place_of_its_own_is_written_there(session: Session) -> None:
    found = _answer(
        session,
        """
import json
spark.sql("create table moved (id long, day int) using parquet partitioned by (day) location 's3://first/moved'")
spark.sql("alter table moved add partition (day = 1) location 's3://first/elsewhere/one'")
spark.sql("insert into moved select id, id % 2 from range(10)")
spark.sql("insert overwrite moved partition (day = 1) select id from range(3)")
rows = spark.sql("select day, count(*) from moved group by day order by day").collect()
print(json.dumps([list(row) for row in rows]))
spark.sql("drop table moved")
""",
    )
    assert found == [[0, 5], [1, 3]]
    assert [name[:5] for name in _files(session.buckets / "first/elsewhere/one")] == ["part-"] * 2


def test_a_partition_outside_of_buckets_keeps_no_attempt_folder(session: Session) -> None:
    base = session.folder.parent / "outside"
    found = _answer(
        session,
        f"""
import json
spark.sql("create table outside (id long, day int) using parquet partitioned by (day) location 'file:{base}/table'")
spark.sql("alter table outside add partition (day = 1) location 'file:{base}/elsewhere/one'")
spark.sql("insert into outside select id, id % 2 from range(10)")
print(json.dumps(spark.table("outside").where("day = 1").count()))
spark.sql("drop table outside")
""",
    )
    assert found == 5
    assert [str(path) for path in base.rglob(".spark-staging-*")] == []
