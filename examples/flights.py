# Which airline kept its passengers waiting, and does the weather explain it? All 336,776 flights that left New York City
# in 2013: joins three CSV tables, writes the result as partitioned parquet to S3, and reads it back.
#
#   npx glaux examples                  (once: puts the tables into s3://glaux-examples/)
#   npx glaux run examples/flights.py
#
# On AWS, upload the tables to a bucket of yours and change this line:
BUCKET = "s3://glaux-examples"

from pyspark.sql import functions as F


def table(name):
    path = f"{BUCKET}/nycflights13/{name}/"
    return spark.read.csv(path, header=True, inferSchema=True, nullValue="NA")


flights = table("flights")
airlines = table("airlines").withColumnRenamed("name", "airline")
weather = table("weather").select("origin", "time_hour", "wind_speed", "precip", "visib").dropDuplicates(
    ["origin", "time_hour"]
)
print(f"{flights.count():,} flights")

joined = (
    flights.join(airlines, "carrier")
    .join(weather, ["origin", "time_hour"], "left")
    .withColumn("bad_weather", (F.col("wind_speed") > 20) | (F.col("precip") > 0.05) | (F.col("visib") < 3))
    .select("month", "origin", "dest", "carrier", "airline", "dep_delay", "arr_delay", "bad_weather")
)

out = f"{BUCKET}/out/flights/"
joined.repartition("month").write.mode("overwrite").partitionBy("month").parquet(out)

written = spark.read.parquet(out)
print(f"{written.count():,} flights read back from {out}, in {written.select('month').distinct().count()} partitions")

by_carrier = (
    written.where("arr_delay is not null")
    .groupBy("carrier", "airline")
    .agg(
        F.count("*").alias("flights"),
        F.round(F.avg("dep_delay"), 1).alias("departs_late"),
        F.round(F.avg("arr_delay"), 1).alias("arrives_late"),
        F.round(F.avg(F.when(F.col("bad_weather"), F.col("arr_delay"))), 1).alias("in_bad_weather"),
    )
    .orderBy(F.desc("arrives_late"))
)
print("Average delay in minutes, by airline:")
by_carrier.show(20, truncate=False)
