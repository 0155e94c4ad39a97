"""Bare PySpark, as pip installs it: what a session is measured against.

Prints, as one JSON line each, the time of its first result (compared with the parent's clock at the start of this process), and then, for each line of standard
input, which is a JSON string of code, how many milliseconds that code took.
"""

import json
import sys
import time

from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[*]").getOrCreate()
assert spark.range(1000).count() == 1000
print(json.dumps({"firstResultAt": time.time() * 1000}), flush=True)

names = {"spark": spark, "sc": spark.sparkContext}
for line in sys.stdin:
    code = compile(json.loads(line), "<stdin>", "exec")
    began = time.perf_counter()
    exec(code, names)
    print(json.dumps({"ms": (time.perf_counter() - began) * 1000}), flush=True)
spark.stop()
