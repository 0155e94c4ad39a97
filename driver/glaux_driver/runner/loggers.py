"""`athena_user_logger` and `athena_shared_logger`.
They write to the session's log, never to a calculation's output."""

from __future__ import annotations

import logging
from typing import Callable

NAMES = ("athena_user_logger", "athena_shared_logger")

# To these loggers PySpark 4 logs every error that has a query context, as JSON with the Java stack. They
# write to the stream that sys.stderr is at first.
_PYSPARK_NAMES = ("DataFrameQueryContextLogger", "SQLQueryContextLogger")


def create_loggers(write: Callable[[str], None]) -> dict[str, logging.Logger]:
    handler = _LogHandler(write)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    loggers = {name: logging.getLogger(name) for name in NAMES}
    for logger in loggers.values():
        logger.propagate = False
        logger.setLevel(logging.INFO)
        logger.handlers[:] = [handler]
    return loggers


def quiet_pyspark(write: Callable[[str], None]) -> None:
    """Sends what PySpark logs about errors to the session's log. The user sees the exception itself."""
    try:
        from pyspark.logger import PySparkLogger
    except ImportError:
        return  # the module is new in PySpark 4
    for name in _PYSPARK_NAMES:
        logger = PySparkLogger.getLogger(name)
        logger.handlers.clear()
        logger.addHandler(_LogHandler(write))


class _LogHandler(logging.Handler):
    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)
