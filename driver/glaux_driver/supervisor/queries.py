"""The streaming queries of a session, and which calculation each belongs to.

The runner tells what Python starts. It has not told of a query that Java started, or that was started in the very moment of a
Stop. Such a query belongs to the calculation that runs if its thread is younger than the calculation, else to an earlier one.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Set

from py4j.protocol import Py4JError

from glaux_driver.messages import Query, QueryStarted
from glaux_driver.supervisor.native_threads import NativeThread, native_threads
from glaux_driver.supervisor.processes import Moment
from glaux_driver.supervisor.spark import STREAM_THREAD, Spark, StreamThread, first_line

_ATTEMPTS = 5

logger = logging.getLogger(__name__)


class Known(NamedTuple):
    calculation_id: Optional[str]
    """None if an earlier calculation started the query, and nobody knows which."""
    since_at: int
    name: str = ""
    calls_python: bool = False


class Look(NamedTuple):
    """The queries that there are, until their threads have ended."""

    own: FrozenSet[StreamThread] = frozenset()
    others: FrozenSet[str] = frozenset()
    """The ids of their runs."""


class Queries:
    def __init__(self, spark: Spark, jvm_pid: int) -> None:
        self._spark = spark
        self._jvm_pid = jvm_pid
        self._known: Dict[str, Known] = {}
        """The key is the id of the query's run, which is also the group of its jobs."""
        self._seen: Dict[Optional[str], Set[str]] = {}
        """The ids of the runs that `look` found the last time; the key is the calculation that it looked for."""
        self._being_stopped: Set[StreamThread] = set()

    def note(self, started: QueryStarted) -> None:
        since_at = round(time.time() * 1000)
        name = started.name or started.id
        self._known[started.run_id] = Known(started.calculation_id, since_at, name, started.calls_python)

    def is_of_other(self, run_id: str, calculation_id: str) -> bool:
        """Whether the query is known to belong to another calculation."""
        known = self._known.get(run_id)
        return known is not None and known.calculation_id != calculation_id

    def told_of(self, calculation_id: str) -> Set[str]:
        return {run_id for run_id, known in list(self._known.items()) if known.calculation_id == calculation_id}

    def stop(self, threads: FrozenSet[StreamThread]) -> None:
        """Does not wait for their end: Spark does, each query in a thread, and a query may hang in its function."""
        for one in threads - self._being_stopped:
            self._being_stopped.add(one)
            threading.Thread(target=self._stop, args=(one,), name="stop a query", daemon=True).start()

    # The methods from here on block, and are to be called on a Worker's thread. They call Spark only if there are queries.

    def look(self, calculation_id: str, began: Moment) -> Look:
        """The queries as they are now. Each is known afterwards, with the calculation that it belongs to."""
        threads = self._threads(calculation_id, began)
        self._seen = {calculation_id: {one.run_id for one in threads}}
        own = frozenset(one for one in threads if not self.is_of_other(one.run_id, calculation_id))
        return Look(own, frozenset(one.run_id for one in threads if one not in own))

    def running(self) -> FrozenSet[str]:
        """The ids of the runs of all queries, of whichever calculation."""
        is_any = native_threads(self._jvm_pid, STREAM_THREAD)
        return frozenset(one.run_id for one in self._spark.stream_threads()) if is_any else frozenset()

    def active(self, calculation_id: Optional[str], began: Moment) -> List[Query]:
        """All queries, the oldest first. `calculation_id` is the calculation that runs, if any does."""
        found = []
        for one in self._threads(calculation_id, began):
            known = self._known[one.run_id]
            found.append(Query(one.id, one.run_id, one.name, known.since_at, known.calculation_id))
        return sorted(found, key=lambda query: query.since_at)

    def callers_of_python(self, calculation_id: str, but_own: bool) -> List[str]:
        """The names of the queries that call Python functions of the runner. The runner is dead, so that they may have failed."""
        runs = self._seen.get(calculation_id, set()) | self.running()
        known = [self._known[run_id] for run_id in runs if run_id in self._known]
        if but_own:
            known = [one for one in known if one.calculation_id != calculation_id]
        return sorted(one.name for one in known if one.calls_python)

    def _threads(self, calculation_id: Optional[str], began: Moment) -> List[StreamThread]:
        for attempt in range(_ATTEMPTS):
            native = native_threads(self._jvm_pid, STREAM_THREAD)
            if not native:
                return []
            threads = self._spark.stream_threads()
            if all(one.run_id in self._known for one in threads):
                return threads
            if len(native) == len(threads) or attempt + 1 == _ATTEMPTS:  # else some have begun or ended meanwhile
                self._learn(threads, native, calculation_id, began)
                return threads
        return []

    def _learn(
        self, threads: List[StreamThread], native: List[NativeThread], calculation_id: Optional[str], began: Moment
    ) -> None:
        """Java numbers its threads in the order in which they are made, and so does the kernel."""
        numbers = {one.run_id: self._spark.thread_number(one.thread_name) for one in threads}
        for one, thread in zip(sorted(threads, key=lambda one: numbers[one.run_id]), native):
            is_own = thread.started_after(began)
            self._known.setdefault(one.run_id, Known(calculation_id if is_own else None, thread.since_at()))
        for one in threads:
            self._known.setdefault(one.run_id, Known(calculation_id, round(time.time() * 1000)))

    def _stop(self, thread: StreamThread) -> None:
        try:
            self._spark.name_thread()  # nobody interrupts calls of the supervisor
            self._spark.stop_query(thread)
        except (Py4JError, OSError) as error:
            logger.info("a streaming query did not stop at once: %s", first_line(error))
        finally:
            self._being_stopped.discard(thread)
