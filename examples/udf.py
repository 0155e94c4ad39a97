# Python code inside Spark, three ways: a UDF row by row, a pandas UDF in batches, and a pandas function for each group.
#
#   npx glaux run examples/udf.py
import pandas as pd
from pyspark.sql import functions as F
from pyspark.sql.types import StringType


@F.udf(StringType())
def initials(name):
    return "".join(part[0] for part in name.split())


@F.pandas_udf("double")
def fahrenheit(celsius: pd.Series) -> pd.Series:
    return celsius * 9 / 5 + 32


def warmest(readings: pd.DataFrame) -> pd.DataFrame:
    return readings.nlargest(1, "celsius")


readings = spark.createDataFrame(
    [("New York", 1, 21.5), ("New York", 2, 25.0), ("Los Angeles", 1, 24.0), ("Los Angeles", 2, 30.5)],
    ["city", "day", "celsius"],
)
readings.select(
    initials("city").alias("city"), "day", F.round(fahrenheit("celsius"), 1).alias("fahrenheit")
).orderBy("city", "day").show()
readings.groupBy("city").applyInPandas(warmest, readings.schema).orderBy("city").show()
