"""`s3://` on the buckets' folders (driver/spark/BucketFileSystem.scala), as Spark code and Hadoop's own calls
see it.
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

import pytest

from tests.supervisor.harness import Session

_PRELUDE = """
import json
Path = sc._jvm.org.apache.hadoop.fs.Path
def fs(uri):
    return Path(uri).getFileSystem(sc._jsc.hadoopConfiguration())
def write(uri, text, overwrite=True):
    stream = fs(uri).create(Path(uri), overwrite)
    stream.write(bytearray(text.encode()))
    stream.close()
def names(statuses):
    return sorted(status.getPath().toString() for status in statuses)
def failure(action):
    try:
        return action()
    except Exception as error:
        cause = getattr(error, "java_exception", None)
        return f"{cause.getClass().getSimpleName()}: {cause.getMessage()}" if cause else str(error)
"""


def _answer(session: Session, code: str) -> Any:
    done = session.run(_PRELUDE + code)
    assert done["outcome"] == "completed", done["stderr"]
    return json.loads(done["stdout"])


@pytest.fixture
def bucket(session: Session, request: pytest.FixtureRequest) -> str:
    """A bucket that is made while the session runs."""
    name = f"paths-{abs(hash(request.node.name)) % 10**8}.x"
    (session.buckets / name / "a/b").mkdir(parents=True)
    (session.buckets / name / "one.txt").write_text("1\n")
    (session.buckets / name / "a/two.txt").write_text("2\n")
    (session.buckets / name / "a/b/three.txt").write_text("3\n")
    return name


@pytest.mark.parametrize("scheme", ["s3", "s3a", "s3n"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_bucket_itself_is_a_folder(session: Session, bucket: str, scheme: str, slash: str) -> None:
    root = f"{scheme}://{bucket}"
    found = _answer(
        session,
        f"""
root = {root + slash!r}
files = spark.read.option("recursiveFileLookup", True).text(root)
print(json.dumps({{
    "status": [fs(root).getFileStatus(Path(root)).isDirectory(), fs(root).exists(Path(root))],
    "list": names(fs(root).listStatus(Path(root))),
    "glob": names(fs(root).globStatus(Path(root))),
    "rows": sorted(row.value for row in files.collect()),
    "flat": [row.value for row in spark.read.text(root).collect()],
    "stars": [row.value for row in spark.read.text("{root}/*/*.txt").collect()],
    "rdd": sorted(sc.textFile("{root}/*.txt").collect() + sc.textFile("{root}/*/b").collect()),
    "whole": sc.wholeTextFiles(root).collect(),
}}))
""",
    )
    assert found == {
        "status": [True, True],
        "list": [f"{root}/a", f"{root}/one.txt"],
        "glob": [f"{root}/"],
        "rows": ["1", "2", "3"],
        "flat": ["1"],
        "stars": ["2"],
        "rdd": ["1", "3"],
        "whole": [[f"{root}/one.txt", "1\n"]],
    }


def test_the_bucket_itself_is_written_to(session: Session) -> None:
    (session.buckets / "whole").mkdir()
    found = _answer(
        session,
        """
counts = []
for root in ("s3://whole", "s3://whole/"):
    spark.range(8).selectExpr("id", "id % 2 as half").write.mode("append").partitionBy("half").parquet(root)
    counts.append(spark.read.parquet(root).where("half = 1").count())
print(json.dumps(counts))
""",
    )
    assert found == [4, 8]
    assert sorted(path.name for path in (session.buckets / "whole").iterdir() if path.name != "_temporary") == [
        "_SUCCESS",
        "half=0",
        "half=1",
    ]


def test_what_is_not_there_is_named_as_the_user_named_it(session: Session, bucket: str) -> None:
    found = _answer(
        session,
        f"""
missing = "s3://{bucket}/no/such"
print(json.dumps([
    failure(lambda: fs(missing).getFileStatus(Path(missing))),
    failure(lambda: fs(missing).listStatus(Path(missing))),
    failure(lambda: fs(missing).open(Path(missing))),
    failure(lambda: spark.read.text("s3://no-such-bucket/a").count()),
    failure(lambda: spark.range(1).write.parquet("s3://no-such-bucket/a")),
    failure(lambda: fs(missing).open(Path("s3://{bucket}/a/../../first/x"))),
    failure(lambda: fs(missing).open(Path("s3://{bucket}/../../x"))),
    failure(lambda: fs("s3://.hidden/x")),
]))
""",
    )
    gone = f"FileNotFoundException: s3://{bucket}/no/such does not exist"
    no_bucket = (
        "FileNotFoundException: The bucket no-such-bucket does not exist."
        " A workgroup's output location makes its bucket."
    )
    assert found[:5] == [gone, gone, gone, no_bucket, no_bucket]
    # Hadoop itself resolves a `..` that stays inside the bucket.
    assert found[5] == f"IOException: s3://{bucket}/../first/x leads out of its bucket"
    assert found[6] == f"IOException: s3://{bucket}/../../x leads out of its bucket"
    assert "The bucket .hidden does not exist" in found[7]
    assert not any(str(session.buckets) in text for text in found)
    assert not (session.buckets / "no-such-bucket").exists()


def test_files_appear_whole(session: Session, bucket: str) -> None:
    found = _answer(
        session,
        f"""
uri = "s3://{bucket}/new/file"
stream = fs(uri).create(Path(uri), True)
stream.write(bytearray(b"half"))
stream.hflush()
before = fs(uri).exists(Path(uri))
stream.close()
first = fs(uri).getFileStatus(Path(uri)).getLen()
again = failure(lambda: write(uri, "other", overwrite=False))
late = fs(uri).create(Path("s3://{bucket}/race"), False)
write("s3://{bucket}/race", "won")
lost = failure(late.close)
print(json.dumps([before, first, again, lost, sc.textFile("s3://{bucket}/race").collect()]))
""",
    )
    assert found == [
        False,
        4,
        f"FileAlreadyExistsException: s3://{bucket}/new/file exists",
        f"FileAlreadyExistsException: s3://{bucket}/race exists",
        ["won"],
    ]


def test_renames_and_deletes(session: Session, bucket: str) -> None:
    found = _answer(
        session,
        f"""
root = "s3://{bucket}/"
at = lambda key: Path(root + key)
them = fs(root)
write(root + "x/1", "1")
write(root + "y/2", "2")
them.mkdirs(at("empty"))
print(json.dumps([
    them.rename(at("x/1"), at("deep/er/1")), them.exists(at("deep/er/1")),
    them.rename(at("deep"), at("y")), them.exists(at("y/deep/er/1")),
    them.rename(at("y"), at("empty")), them.exists(at("empty/2")), them.exists(at("y")),
    failure(lambda: them.rename(at("gone"), at("there"))),
    failure(lambda: them.delete(at("empty"), False)),
    them.delete(at("empty/2"), False), them.delete(at("empty/2"), False),
    them.delete(at("empty"), True), them.exists(at("empty")),
    them.delete(at(""), True), names(them.listStatus(at(""))), them.exists(at("")),
]))
""",
    )
    assert found == [
        *(True, True),
        *(True, True),
        *(True, True, False),
        f"FileNotFoundException: s3://{bucket}/gone does not exist",
        f"IOException: s3://{bucket}/empty is not empty",
        *(True, False),
        *(True, False),
        *(True, [f"s3://{bucket}/_temporary"], True),
    ]


def test_a_part_of_a_bucket_on_another_disk(session: Session, bucket: str) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        if os.stat(other).st_dev == os.stat(session.buckets).st_dev:
            pytest.skip("/dev/shm is no other disk here")
        (session.buckets / bucket / "far").symlink_to(other)
        found = _answer(
            session,
            f"""
root = "s3://{bucket}/far/"
write(root + "once", "1", overwrite=False)
again = failure(lambda: write(root + "once", "2", overwrite=False))
spark.range(20).write.csv(root + "rows")
print(json.dumps([again, sc.textFile(root + "once").collect(), spark.read.csv(root + "rows").count()]))
""",
        )
        assert found == [f"FileAlreadyExistsException: s3://{bucket}/far/once exists", ["1"], 20]
        assert not [name for name in os.listdir(other) if name.startswith(".")]


def test_files_cannot_be_appended_to(session: Session, bucket: str) -> None:
    found = _answer(
        session, f"""print(json.dumps(failure(lambda: fs("s3://{bucket}").append(Path("s3://{bucket}/one.txt")))))"""
    )
    assert f"s3://{bucket}/one.txt cannot be appended to" in found


def test_keys_with_special_characters(session: Session, bucket: str) -> None:
    keys = ["a b", "a%20b", "ä🦉", "a+b&c=d", "a;b", "a#b", "a'b", "a,b"]
    found = _answer(
        session,
        f"""
frame = spark.createDataFrame([(key,) for key in {keys!r}], "key string")
frame.selectExpr("key as value", "key").write.partitionBy("key").parquet("s3://{bucket}/values")
rows = spark.read.parquet("s3://{bucket}/values")
print(json.dumps(sorted(row.value for row in rows.where("value = key").collect())))
""",
    )
    assert found == sorted(keys)
