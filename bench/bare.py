"""Bare PySpark, as pip installs it: what a session is measured against.

Prints JSON, a line for each figure. The first is the time of the first result in epoch milliseconds, to be compared
with the parent's clock at the start of this process. Each line of standard input is a JSON string of code; the figure
for it is how many milliseconds the code took.
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
