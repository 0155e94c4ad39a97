"""Spark's Python workers with the engine's pandas and pyarrow."""

from __future__ import annotations

import pytest

from tests.supervisor.harness import Session


def test_times_without_zone_and_intervals_of_pandas_on_spark(session: Session) -> None:
    done = session.run("""
import pandas as pd, pyspark.pandas as ps
a_day = pd.Timedelta(1, "D")
print((ps.Series([a_day, 2 * a_day]) - a_day).sort_index().tolist())
spark.conf.set("spark.sql.timestampType", "TIMESTAMP_NTZ")
days = pd.DataFrame({"n": [1, 2, 3]}, index=pd.date_range("2024-02-28", periods=3, freq="D"))
print(ps.from_pandas(days).resample("2D").sum().sort_index()["n"].tolist())
spark.conf.unset("spark.sql.timestampType")
""")
    expected = "[Timedelta('0 days 00:00:00'), Timedelta('1 days 00:00:00')]\n[3.0, 3.0]\n"
    assert done["stdout"] == expected, done["stderr"]


@pytest.mark.parametrize("arrow", ["true", "false"])
def test_times_are_in_nanoseconds_with_and_without_arrow(session: Session, arrow: str) -> None:
    done = session.run(f"""
import pandas as pd
from pyspark.sql.functions import pandas_udf
spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "{arrow}")
at = "2024-02-29 12:00:00"
frame = spark.sql(f"select timestamp'{{at}}.000001' as t, timestamp_ntz'{{at}}' as n, interval '1' day as i")

@pandas_udf("string")
def kind(times: pd.Series) -> pd.Series:
    return pd.Series([str(times.dtype)] * len(times))

local = frame.toPandas()
print(local.dtypes.astype(str).tolist(), local.t[0], frame.select(kind("t"), kind("n")).first()[:])
""")
    times = "datetime64[ns]"
    assert done["stdout"] == (
        f"['{times}', '{times}', 'timedelta64[ns]'] 2024-02-29 12:00:00.000001 ('{times}', '{times}')\n"
    ), done["stderr"]
