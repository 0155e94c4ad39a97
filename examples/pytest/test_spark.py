# Tests of Spark code that runs in Glaux, by the fixtures of conftest.py.
import boto3
import pytest


def test_what_the_code_prints(run):
    assert run("print(spark.range(10).count())") == "10\n"


def test_what_the_code_reads_and_writes(glaux, run):
    (glaux / "buckets/tests/prices.csv").write_text("item,price\npear,3\nfig,5\n")
    run("""
prices = spark.read.csv("s3://tests/prices.csv", header=True, inferSchema=True)
prices.where("price > 4").coalesce(1).write.mode("overwrite").json("s3://tests/dear")
""")
    s3 = boto3.client("s3")
    [file] = s3.list_objects_v2(Bucket="tests", Prefix="dear/part-")["Contents"]
    assert s3.get_object(Bucket="tests", Key=file["Key"])["Body"].read() == b'{"item":"fig","price":5}\n'


def test_how_the_code_fails(run):
    with pytest.raises(RuntimeError, match="with name `prize` cannot be resolved"):
        run('spark.range(3).select("prize").show()')
