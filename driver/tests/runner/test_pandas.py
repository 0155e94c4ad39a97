"""The engine's pandas, Arrow and matplotlib go together with its Spark: what of pandas-on-Spark and of pandas in Spark breaks first when they do not."""

from __future__ import annotations

import pytest

from tests.runner.harness import RunnerProcess

_FRAME = """
import pyspark.pandas as ps
ps.set_option("plotting.backend", "matplotlib")
frame = ps.DataFrame({"a": [1, 1, 2, 2, 3], "b": [1.0, 2.0, 3.0, 4.0, 5.0]})
"""


@pytest.mark.parametrize(
    "code, printed",
    [
        ("frame.groupby('a').apply(lambda one: one.assign(c=one.b.sum())).c.sort_values().tolist()", "[3.0, 3.0, 5.0, 7.0, 7.0]"),
        ("frame.groupby('a').b.apply(lambda one: one.max()).sort_index().tolist()", "[2.0, 4.0, 5.0]"),
        ("frame.groupby('a').b.transform(lambda one: one - one.mean()).sort_values().tolist()", "[-0.5, -0.5, 0.0, 0.5, 0.5]"),
        ("frame.groupby('a').agg({'b': ['min', 'max']}).sort_index().to_pandas().values.tolist()", "[[1.0, 2.0], [3.0, 4.0], [5.0, 5.0]]"),
        ("frame.b.value_counts().sort_index().tolist()", "[1, 1, 1, 1, 1]"),
        ("frame.describe().to_pandas().b['mean']", "3.0"),
    ],
)  # fmt: skip
def test_pandas_on_spark(runner: RunnerProcess, code: str, printed: str) -> None:
    assert runner.run(f"{_FRAME}print({code})").stdout == f"{printed}\n"


def test_frames_and_series_are_drawn(runner: RunnerProcess) -> None:
    drawn = runner.run(
        f"{_FRAME}axes = [frame.plot.hist(), frame.b.plot.hist(bins=3), frame.plot.line(), frame.plot.bar(), frame.plot.area(),\n"
        " frame.plot.scatter(x='a', y='b'), frame.plot.pie(y='b'), frame.b.plot.box()]\n"
        "print(len(axes[0].patches), len(axes[1].patches), len(axes[2].lines), len(axes[3].patches), len(axes[5].collections))\n"
        "import matplotlib.pyplot as plt\nplt.close('all')"
    )
    assert drawn.stdout == "20 3 2 10 1\n"


def test_pandas_and_arrow_in_spark(runner: RunnerProcess) -> None:
    code = """
import datetime
import pandas as pd
from pyspark.sql.functions import pandas_udf

spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")
spark.conf.set("spark.sql.execution.arrow.pyspark.fallback.enabled", "false")
day = datetime.date(2024, 2, 29)
at = datetime.datetime(2024, 2, 29, 12, 0, 0, 1)
local = pd.DataFrame({"k": [1, 1, 2], "v": [1.5, None, 3.5], "s": ["a", None, "ü"], "d": [day] * 3, "t": [at] * 3, "l": [[1], [], [2, 3]]})
table = spark.createDataFrame(local, "k long, v double, s string, d date, t timestamp, l array<long>")
back = table.orderBy("k", "v").toPandas()
print(back.s.tolist(), back.d[0], back.t[0].to_pydatetime(), [list(one) for one in back.l])

@pandas_udf("long")
def length(texts: pd.Series) -> pd.Series:
    return texts.fillna("").str.len()

print([row[0] for row in table.select(length("s")).collect()])
print(table.groupBy("k").applyInPandas(lambda one: one.assign(v=one.v.sum())[["k", "v"]], "k long, v double").distinct().orderBy("k").collect())
print(table.select("k").mapInPandas(lambda parts: (part + 1 for part in parts), "k long").collect()[-1])
print(table.select("k").mapInArrow(lambda parts: (part.slice(0, 1) for part in parts), "k long").count() > 0)
spark.conf.unset("spark.sql.execution.arrow.pyspark.enabled")
"""
    done = runner.run(code)
    assert done.stdout.splitlines() == [
        "[None, 'a', 'ü'] 2024-02-29 2024-02-29 12:00:00.000001 [[], [1], [2, 3]]",
        "[1, 0, 1]",
        "[Row(k=1, v=1.5), Row(k=2, v=3.5)]",
        "Row(k=3)",
        "True",
    ]
