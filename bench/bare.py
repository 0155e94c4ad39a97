"""Bare PySpark, as pip installs it: what a session is measured against. Prints one JSON line of milliseconds."""

import json
import statistics
import sys
import time

rounds = int(sys.argv[1])

from pyspark.sql import SparkSession  # noqa: E402

spark = SparkSession.builder.master("local[*]").getOrCreate()
assert spark.range(1000).count() == 1000
first_at = time.time()  # compared with the parent's clock at the start of this process


def warm() -> float:
    began = time.perf_counter()
    spark.range(1000).count()
    return (time.perf_counter() - began) * 1000


print(json.dumps({"firstResultAt": first_at * 1000, "warmCountMs": statistics.median(warm() for _ in range(rounds))}))
spark.stop()
