"""Fetches one jar through Spark's own resolver, which knows the public Maven repository and honours the user's ivy settings and proxies:
a throw-away context with spark.jars.packages leaves it in <folder>/jars. Arguments: <coordinates> <folder>."""

import os
import sys

from pyspark.sql import SparkSession

coordinates, folder = sys.argv[1:]
for name in list(os.environ):  # of another Spark on this machine
    if name.startswith(("SPARK_", "PYSPARK_", "HADOOP_", "PYTHON")):
        del os.environ[name]
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
builder = SparkSession.builder.master("local[1]").appName("glaux")
settings = {
    "spark.jars.packages": coordinates,
    "spark.jars.ivy": folder,
    # The jar itself is all that is wanted; what it depends on is in pyspark.
    "spark.jars.excludes": "org.spark-project.spark:unused",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
for key, value in settings.items():
    builder = builder.config(key, value)
builder.getOrCreate().stop()
