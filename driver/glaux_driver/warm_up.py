"""What a pool member does before anybody needs it, so that the first calculation of its session finds Spark warm.

The text of this file runs as a calculation does, in a runner and a context that are thrown away afterwards; `spark` is there, and
`s3://warm-up` is a folder of the driver.
"""

from __future__ import annotations

from typing import Any


def warm_up(spark: Any) -> None:
    for _ in range(3):
        spark.range(1000).count()
    queries(spark)
    files(spark)
    python(spark)


def queries(spark: Any) -> None:
    from pyspark.sql import functions as f

    numbers = spark.range(1000).withColumn("key", f.col("id") % 7).withColumn("text", f.col("id").cast("string"))
    numbers.createOrReplaceTempView("numbers")
    spark.sql("select key, count(*) as n, avg(id) as mean from numbers group by key order by n desc").show()
    names = spark.createDataFrame([(key, f"name {key}") for key in range(7)], "key long, name string")
    numbers.join(names, "key").groupBy("name").agg(f.sum("id")).collect()


def files(spark: Any) -> None:
    spark.table("numbers").write.parquet("s3://warm-up/parquet")
    spark.read.parquet("s3://warm-up/parquet").filter("key = 3").groupBy("key").count().collect()


def python(spark: Any) -> None:
    from pyspark.sql.functions import udf

    spark.range(10).select(udf(lambda x: x + 1, "long")("id")).collect()
    try:
        import pandas  # noqa: F401
    except ImportError:
        return
    spark.table("numbers").limit(20).toPandas()
