"""Spark's Python workers with the engine's pandas and pyarrow."""

from __future__ import annotations

import pytest

from tests.supervisor.harness import Session


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
