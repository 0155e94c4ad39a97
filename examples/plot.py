# Draws a figure from a Spark aggregation. With %matplot, as in Athena's notebooks, it becomes a part of the calculation's
# results (one JSON object a line, the figure as image/png), next to what is printed.
#
#   npx glaux run examples/plot.py
import matplotlib.pyplot as plt

squares = spark.range(1, 101).selectExpr("id", "id * id AS square")
buckets = squares.groupBy((squares.square / 1000).cast("int").alias("thousands")).count().orderBy("thousands")
points = buckets.toPandas()

plt.clf()
plt.bar(points["thousands"], points["count"])
plt.xlabel("square, in thousands")
plt.ylabel("numbers")
plt.title("Squares of 1 to 100")
%matplot plt
print(f"{len(points)} bars drawn")
