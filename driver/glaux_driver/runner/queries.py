"""Tells the supervisor which calculation starts which streaming query.

Spark does not know this. Only the runner knows which calculation the thread belongs to that starts a query.
"""

from __future__ import annotations

import functools
import itertools
from contextlib import suppress
from typing import Any, Callable

from py4j.protocol import Py4JError
from pyspark.sql.streaming import DataStreamWriter

from glaux_driver.messages import Message, QueryStarted, QueryStarting, QueryStartOver
from glaux_driver.runner.threads import Threads

_CALLS_PYTHON = "_glaux_calls_python"
_numbers = itertools.count(1)


def tell_queries(threads: Threads, send: Callable[[Message], None]) -> None:
    """Makes DataStreamWriter report each start. A query that Java starts is not reported; the supervisor
    gives it to the calculation that ran at the time."""
    for name in ("start", "toTable"):
        setattr(DataStreamWriter, name, _telling(getattr(DataStreamWriter, name), threads, send))
    foreach_batch = DataStreamWriter.foreachBatch

    @functools.wraps(foreach_batch)
    def foreach_batch_noted(writer: DataStreamWriter, *args: Any, **kwargs: Any) -> DataStreamWriter:
        setattr(writer, _CALLS_PYTHON, True)
        return foreach_batch(writer, *args, **kwargs)

    DataStreamWriter.foreachBatch = foreach_batch_noted  # type: ignore[method-assign]


def _telling(start: Any, threads: Threads, send: Callable[[Message], None]) -> Any:
    @functools.wraps(start)
    def start_and_tell(writer: DataStreamWriter, *args: Any, **kwargs: Any) -> Any:
        owner = threads.owner()
        if owner is None or owner.output is None:
            return start(writer, *args, **kwargs)
        calculation_id, number = owner.output.calculation_id, next(_numbers)
        with suppress(OSError):
            send(QueryStarting(calculation_id, number))
        try:
            query = start(writer, *args, **kwargs)
            with suppress(Py4JError, OSError):
                calls_python = hasattr(writer, _CALLS_PYTHON)
                send(QueryStarted(calculation_id, query.id, query.runId, query.name, calls_python))
            return query
        finally:
            with suppress(OSError):
                send(QueryStartOver(number))

    return start_and_tell
