"""Queues of the logging module.
A record belongs to the calculation that logged it, although the thread of a listener writes it later."""

from __future__ import annotations

import functools
import logging
import weakref
from logging.handlers import QueueHandler, QueueListener
from typing import Any

from glaux_driver.runner.threads import Owner, Threads


def own_records(threads: Threads) -> None:
    """Gives records their owners. A record that was copied on its way, as through a queue between processes,
    has no owner; then the listener's thread follows the running calculation (threads.py)."""
    owners: weakref.WeakKeyDictionary[logging.LogRecord, Owner] = weakref.WeakKeyDictionary()
    enqueue: Any = QueueHandler.enqueue
    handle: Any = QueueListener.handle

    @functools.wraps(enqueue)
    def enqueue_owned(handler: QueueHandler, record: logging.LogRecord) -> None:
        owner = threads.owner()
        if owner is not None:
            owners[record] = owner
        enqueue(handler, record)

    @functools.wraps(handle)
    def handle_owned(listener: QueueListener, record: logging.LogRecord) -> None:
        owner = owners.get(record)
        if owner is None:
            handle(listener, record)
        else:
            threads.run_as(owner, handle, listener, record)

    QueueHandler.enqueue = enqueue_owned  # type: ignore[method-assign, assignment]
    QueueListener.handle = handle_owned  # type: ignore[method-assign, assignment]
