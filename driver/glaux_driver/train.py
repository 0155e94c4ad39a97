"""The training run of a class-data archive.

The run starts a JVM as a driver's supervisor does, runs typical work of sessions in it, and ends it cleanly.
At its end the JVM writes the archive that its flags ask for. The run reads one JSON object on standard input:

    command    the JVM's whole command line sparkHome  the pyspark folder folder     an empty folder for
    everything that the run writes

Exits with 0 if Spark did all of the work; the JVM's output is in <folder>/jvm.log.
"""

import json
import os
import struct
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Dict, List, Tuple

from glaux_driver.supervisor.conf import spark_conf
from glaux_driver.supervisor.user import name_user

BOOT_SECONDS = 120
# Before its end the JVM writes the archive. An AOT cache is made by a second JVM, which the first one starts.
END_SECONDS = 300


def main() -> None:
    task: Dict[str, Any] = json.load(sys.stdin)
    folder: str = task["folder"]
    for name in list(os.environ):  # sessions do not have these variables, which would change what is trained
        if name.startswith(
            ("SPARK_", "PYSPARK_", "HADOOP_", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "PYTHON")
        ):
            del os.environ[name]
    os.environ["TZ"] = "UTC"
    os.chdir(folder)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what show() prints goes nowhere until the end
    jvm, port, secret = start(task["command"], folder)
    try:
        os.environ.update(
            SPARK_HOME=task["sparkHome"],
            SPARK_LOCAL_IP="127.0.0.1",
            PYSPARK_PYTHON=sys.executable,
            PYSPARK_PIN_THREAD="true",
            PYSPARK_GATEWAY_PORT=str(port),
            PYSPARK_GATEWAY_SECRET=secret,
        )
        work(port, secret, folder)
        assert jvm.stdin is not None
        jvm.stdin.close()
        code = jvm.wait(END_SECONDS)
        if code != 0:
            sys.exit(f"the JVM of the training run ended with {code}")
    except Exception:
        # Formatted before the JVM is killed, because py4j asks the JVM for the text of a Java error.
        sys.exit(traceback.format_exc())
    finally:
        jvm.kill()


def start(command: List[str], folder: str) -> "Tuple[subprocess.Popen[bytes], int, str]":
    info = os.path.join(folder, "gateway")
    env = dict(
        os.environ, _PYSPARK_DRIVER_CONN_INFO_PATH=info, SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=sys.executable
    )
    with open(os.path.join(folder, "jvm.log"), "wb") as log:
        jvm = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=env)
    deadline = time.monotonic() + BOOT_SECONDS
    while not os.path.exists(info):  # Spark renames the complete file to this name
        if jvm.poll() is not None or time.monotonic() > deadline:
            jvm.kill()
            with open(os.path.join(folder, "jvm.log"), errors="replace") as written:
                sys.exit("the JVM of the training run did not start:\n" + written.read()[-4000:])
        time.sleep(0.02)
    with open(info, "rb") as file:
        port = struct.unpack("!i", file.read(4))[0]
        length = struct.unpack("!i", file.read(4))[0]
        return jvm, port, file.read(length).decode()


def conf(folder: str) -> Dict[str, str]:
    """A session's conf, because the conf decides which classes are loaded.

    Only the daemon of Python workers is Spark's own, as there are no session packages here.
    """
    return {
        **spark_conf("training", cores=2, folder=Path(folder), buckets=folder),
        "spark.python.daemon.module": "pyspark.daemon",
        "spark.local.dir": os.path.join(folder, "local"),
    }


def work(port: int, secret: str, folder: str) -> None:
    for name in ("bucket", "events", "local", "warehouse"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    jvm = supervise(port, secret, folder)

    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    gateway = launch_gateway()
    java_context = gateway.jvm.JavaSparkContext.fromSparkContext(
        gateway.jvm.org.apache.spark.SparkContext.getOrCreate()
    )
    context = SparkContext(
        conf=SparkConf(_jvm=gateway.jvm, _jconf=java_context.getConf()), gateway=gateway, jsc=java_context
    )
    spark = SparkSession(context, gateway.jvm.org.apache.spark.sql.SparkSession.getDefaultSession().get())
    context.setJobGroup("training", "", True)
    queries(spark)
    files(spark)
    python(spark)
    failures(spark)
    watch(jvm, context)
    spark.stop()


def supervise(port: int, secret: str, folder: str) -> Any:
    """Does the supervisor's part of a boot: makes the context over plain py4j.

    Returns py4j's view of the JVM.
    """
    from py4j.clientserver import ClientServer, JavaParameters, PythonParameters

    client = ClientServer(
        java_parameters=JavaParameters(port=port, auth_token=secret, auto_convert=True),
        python_parameters=PythonParameters(port=0, eager_load=False),
    )
    name_user(client)
    settings = client.jvm.org.apache.spark.SparkConf(False)
    for key, value in conf(folder).items():
        settings.set(key, value)
    client.jvm.org.apache.spark.sql.SparkSession.builder().config(settings).getOrCreate()
    return client.jvm


def queries(spark: Any) -> None:
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    assert spark.range(1000).count() == 1000
    numbers = (
        spark.range(2000)
        .withColumn("key", f.col("id") % 7)
        .withColumn("text", f.concat(f.lit("row "), f.col("id").cast("string")))
    )
    numbers.createOrReplaceTempView("numbers")
    spark.sql(
        "select key, count(*) as n, avg(id) as mean, max(text) as last from numbers group by key order by n desc, key"
    ).show()
    spark.sql("show tables").show()
    names = spark.createDataFrame([(k, f"name {k}") for k in range(7)], "key long, name string")
    numbers.join(names, "key").groupBy("name").agg(f.sum("id"), f.countDistinct("text")).show(3, truncate=False)
    numbers.withColumn("rank", f.row_number().over(Window.partitionBy("key").orderBy("id"))).filter(
        "rank < 3"
    ).collect()
    numbers.select(
        f.to_date(f.lit("2024-02-29")), f.when(f.col("id") > 5, "big").otherwise("small"), f.split("text", " ")
    ).take(2)
    numbers.cache().count()
    numbers.printSchema()
    numbers.explain()
    spark.sparkContext.parallelize(range(100), 2).map(lambda x: (x % 3, x)).reduceByKey(lambda a, b: a + b).collect()


def files(spark: Any) -> None:
    table = spark.table("numbers")
    table.write.mode("overwrite").partitionBy("key").parquet("s3://bucket/parquet")
    spark.read.parquet("s3://bucket/parquet").filter("key = 3 and id > 10").groupBy("key").count().show()
    table.limit(50).write.mode("overwrite").option("header", True).csv("s3a://bucket/csv")
    spark.read.option("header", True).option("inferSchema", True).csv("s3a://bucket/csv").describe().show()
    table.limit(50).write.mode("overwrite").json("s3://bucket/json")
    spark.read.json("s3://bucket/json").agg({"id": "max"}).collect()
    table.limit(5).write.mode("overwrite").saveAsTable("saved")
    spark.sql("select * from saved").show()
    spark.sql("drop table saved")


def python(spark: Any) -> None:
    import pandas
    from pyspark.sql.functions import pandas_udf, udf

    spark.range(10).select(udf(lambda x: x + 1, "long")("id")).collect()

    # pyspark reads the annotations, so this module does not turn them into strings (`from __future__`).
    def double(values: pandas.Series) -> pandas.Series:
        return values * 2

    spark.range(10).select(pandas_udf(double, "long")("id")).collect()
    frame = spark.table("numbers").limit(20).toPandas()
    for arrow in ("true", "false"):
        spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", arrow)
        spark.createDataFrame(frame).groupBy("key").count().toPandas()


def failures(spark: Any) -> None:
    from pyspark.sql.functions import udf

    def expect(action: Any) -> None:
        try:
            action()
        except Exception as error:  # any error will do, as long as Spark reports one
            str(error)
        else:
            raise AssertionError("this should have failed")

    expect(lambda: spark.sql("select nothing from nowhere"))
    expect(lambda: spark.sql("selec 1"))
    expect(lambda: spark.range(3).select("missing"))
    expect(lambda: spark.range(3).select(udf(lambda x: 1 // 0, "long")("id")).collect())
    expect(lambda: spark.read.parquet("s3://bucket/missing"))


def watch(jvm: Any, context: Any) -> None:
    """Makes the calls that the supervisor makes while a calculation runs."""
    mapper = jvm.com.fasterxml.jackson.databind.ObjectMapper()
    mapper.registerModule(jvm.com.fasterxml.jackson.module.scala.DefaultScalaModule())
    store = jvm.org.apache.spark.SparkContext.getOrCreate().statusStore()
    assert json.loads(mapper.writeValueAsString(store.jobsList(None)))
    assert json.loads(mapper.writeValueAsString(store.executorList(True)))
    context.cancelJobGroup("training")
