"""The queries with which a pool member warms up Spark, so that the first calculation of its session runs
fast.

The text of this file runs like a calculation, in a runner and a context that are thrown away afterwards. The
variable `spark` is defined there.

Only queries that are worth their cost are here. With a join, files and Python workers as well, a boot took
8.5 s instead of 4.1 s (2 cores), and a member took 30 MB more. A session would save only 0.1 to 0.4 s at the
first use of each (measured on 2026-11-25).
"""

from __future__ import annotations

from typing import Any


def warm_up(spark: Any) -> None:
    for _ in range(3):
        spark.range(1000).count()
    spark.range(1000).selectExpr("id", "id % 7 as key").createOrReplaceTempView("numbers")
    spark.sql("select key, count(*) as n, avg(id) as mean from numbers group by key order by n desc").show()
