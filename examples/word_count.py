# Counts words with the RDD API and with DataFrames, and shows that both say the same.
#
#   npx glaux run examples/word_count.py
from operator import add

from pyspark.sql import functions as F

lines = [
    "the owl sees in the night",
    "the mouse hears the owl",
    "in the night the mouse sleeps",
]

counts = dict(
    sc.parallelize(lines, 2)
    .flatMap(lambda line: line.split())
    .map(lambda word: (word, 1))
    .reduceByKey(add)
    .collect()
)

words = spark.createDataFrame([(line,) for line in lines], ["line"]).select(
    F.explode(F.split("line", " ")).alias("word")
)
table = words.groupBy("word").count().orderBy(F.desc("count"), "word")
table.show()

assert {row["word"]: row["count"] for row in table.collect()} == counts
print(f"{sum(counts.values())} words, {len(counts)} different ones; the most frequent is '{table.first()['word']}'.")
