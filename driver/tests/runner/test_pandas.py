"""The engine's pandas, Arrow and matplotlib go together with its Spark.

The tests are of what breaks first if versions do not go together: pandas-on-Spark, its plots, and pandas and
Arrow inside of Spark.
"""

from __future__ import annotations

import pytest

from tests.runner.harness import RunnerProcess

_FRAME = """
import pyspark.pandas as ps
ps.set_option("plotting.backend", "matplotlib")
frame = ps.DataFrame({"a": [1, 1, 2, 2, 3], "b": [1.0, 2.0, 3.0, 4.0, 5.0]})
"""


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("frame.groupby('a').apply(lambda one: one.assign(c=one.b.sum())).c.sort_values().tolist()", "[3.0, 3.0, 5.0, 7.0, 7.0]"),
        ("frame.groupby('a').b.apply(lambda one: one.max()).sort_index().tolist()", "[2.0, 4.0, 5.0]"),
        ("frame.groupby('a').b.transform(lambda one: one - one.mean()).sort_values().tolist()", "[-0.5, -0.5, 0.0, 0.5, 0.5]"),
        ("frame.groupby('a').agg({'b': 'max'}).sort_index().b.tolist()", "[2.0, 4.0, 5.0]"),
        ("frame.b.value_counts().sort_index().tolist()", "[1, 1, 1, 1, 1]"),
        ("frame.describe().to_pandas().b['mean']", "3.0"),
    ],
)  # fmt: skip
def test_pandas_on_spark(runner: RunnerProcess, code: str, printed: str) -> None:
    assert runner.run(f"{_FRAME}print({code})").stdout == f"{printed}\n"


def test_frames_and_series_are_drawn(runner: RunnerProcess) -> None:
    drawn = runner.run(
        f"{_FRAME}import matplotlib.pyplot as plt\n"
        "def drawn(part, plot):\n    axes = plot(plt.figure().gca())\n    plt.close('all')\n    return len(getattr(axes, part))\n"
        "print(drawn('patches', lambda ax: frame.plot.hist(ax=ax)),\n"
        " drawn('patches', lambda ax: frame.b.plot.hist(bins=3, ax=ax)),\n"
        " drawn('lines', lambda ax: frame.plot.line(ax=ax)), drawn('patches', lambda ax: frame.plot.bar(ax=ax)),\n"
        " drawn('collections', lambda ax: frame.plot.scatter(x='a', y='b', ax=ax)))"
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
local = pd.DataFrame({"k": [1, 1, 2], "v": [1.5, None, 3.5], "s": ["a", None, "ü"], "l": [[1], [], [2, 3]]})
local = local.assign(d=day, t=at)[["k", "v", "s", "d", "t", "l"]]
table = spark.createDataFrame(local, "k long, v double, s string, d date, t timestamp, l array<long>")
back = table.orderBy("k", "v").toPandas()
print(back.s.tolist(), back.d[0], back.t[0].to_pydatetime(), [one.tolist() for one in back.l])

@pandas_udf("long")
def length(texts: pd.Series) -> pd.Series:
    return texts.fillna("").str.len()

print([row[0] for row in table.select(length("s")).collect()])
summed = table.groupBy("k").applyInPandas(lambda one: one.assign(v=one.v.sum())[["k", "v"]], "k long, v double")
print(summed.distinct().orderBy("k").collect())
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
