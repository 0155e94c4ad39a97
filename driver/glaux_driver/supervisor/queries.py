"""The streaming queries of a session, and which calculation each belongs to.

The runner reports each query that Python starts: before the start, and after it, when the query's id is
known. A query that is found before its id is reported counts as one whose start is still going on. The runner
does not report queries that Java code starts. Such a query belongs to the running calculation if the query's
thread is younger than that calculation, else to an earlier calculation.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Set

from py4j.protocol import Py4JError

from glaux_driver.messages import Message, Query, QueryStarted, QueryStarting, QueryStartOver
from glaux_driver.supervisor.java_errors import first_line
from glaux_driver.supervisor.native_threads import NativeThread, native_threads
from glaux_driver.supervisor.processes import Moment
from glaux_driver.supervisor.spark import STREAM_THREAD, Spark, StreamThread

_ATTEMPTS = 5

logger = logging.getLogger(__name__)


class Known(NamedTuple):
    calculation_id: Optional[str]
    """None if an earlier calculation started the query, and it is not known which."""
    since_at: int
    name: str = ""
    calls_python: bool = False


class Look(NamedTuple):
    """The queries at one moment. A query counts until its thread has ended."""

    own: FrozenSet[StreamThread]
    unknown: FrozenSet[StreamThread]
    """Queries whose calculation is not known yet.

    The runner will report it soon, because the starts of these queries are still going on.
    """
    others: FrozenSet[StreamThread]
    are_others_starting: bool

    @property
    def that_go_on(self) -> Optional[FrozenSet[str]]:
        """The ids of the runs whose jobs must not be cancelled now.

        None if only the calculation's own queries can have jobs.
        """
        if not self.others and not self.unknown and not self.are_others_starting:
            return None
        return frozenset(one.run_id for one in self.others | self.unknown)


class Queries:
    def __init__(self, spark: Spark, jvm_pid: int, hear_runner: Callable[[], None]) -> None:
        """`hear_runner` blocks until all messages that the runner has sent by now have been handled."""
        self._spark = spark
        self._jvm_pid = jvm_pid
        self._hear_runner = hear_runner
        self._starting: Dict[int, str] = {}
        """The calculations whose threads are starting queries now. The key is the number of the start."""
        self._taken_for_others: FrozenSet[str] = frozenset()
        """Runs that the last look found before the runner reported them, while only other calculations
        started queries.
        """
        self._known: Dict[str, Known] = {}
        """The queries whose calculation is known.

        The key is the id of the query's run, which is its jobs' group too.
        """
        self._seen: Dict[Optional[str], Set[str]] = {}
        """The ids of the runs that the last `look` found.

        The only key is the calculation for which it looked.
        """
        self._being_stopped: Set[StreamThread] = set()

    def note(self, message: Message) -> None:
        if isinstance(message, QueryStarting):
            self._starting[message.start] = message.calculation_id
        elif isinstance(message, QueryStartOver):
            self._starting.pop(message.start, None)
        elif isinstance(message, QueryStarted):
            since_at = round(time.time() * 1000)
            name = message.name or message.id
            self._known[message.run_id] = Known(message.calculation_id, since_at, name, message.calls_python)

    def forget_starts(self, calculation_id: Optional[str] = None) -> None:
        """Forgets the starts of a calculation none of whose threads runs any more.

        Without a calculation, all starts are forgotten, because the runner is dead.
        """
        for number, one in list(self._starting.items()):
            if calculation_id in (None, one):
                self._starting.pop(number, None)

    def starts_of_others(self, calculation_id: Optional[str]) -> int:
        """How many queries the threads of other calculations are starting now."""
        return sum(one != calculation_id for one in list(self._starting.values()))

    def is_of_other(self, run_id: str, calculation_id: str) -> bool:
        """Whether the query is known to belong to another calculation."""
        known = self._known.get(run_id)
        return run_id in self._taken_for_others if known is None else known.calculation_id != calculation_id

    def told_of(self, calculation_id: str) -> Set[str]:
        return {run_id for run_id, known in list(self._known.items()) if known.calculation_id == calculation_id}

    def stop(self, threads: FrozenSet[StreamThread]) -> None:
        """Stops queries without waiting for their end.

        Spark's `stop` waits for the query's end, and a query may hang in its Python function. So each query
        is stopped in a thread of its own.
        """
        for one in threads - self._being_stopped:
            self._being_stopped.add(one)
            threading.Thread(target=self._stop, args=(one,), name="stop a query", daemon=True).start()

    # The methods from here on block, so they must be called on a Worker's thread. They call Spark only if
    # there are queries.

    def look(self, calculation_id: str, began: Moment) -> Look:
        """The queries as they are now.

        The calculation of each query is learnt here as far as it can be known.
        """
        threads = self._threads(calculation_id, began)
        self._seen = {calculation_id: {one.run_id for one in threads}}
        known = self._known.keys() | self._taken_for_others
        unknown = frozenset(one for one in threads if one.run_id not in known)
        others = frozenset(one for one in threads if self.is_of_other(one.run_id, calculation_id))
        are_others_starting = self.starts_of_others(calculation_id) > 0
        return Look(frozenset(threads) - unknown - others, unknown, others, are_others_starting)

    def running(self) -> FrozenSet[str]:
        """The run ids of all live queries, whichever calculation has started them."""
        is_any = native_threads(self._jvm_pid, STREAM_THREAD)
        return frozenset(one.run_id for one in self._spark.stream_threads()) if is_any else frozenset()

    def active(self, calculation_id: Optional[str], began: Moment) -> List[Query]:
        """All queries, the oldest first. `calculation_id` is the running calculation; None if none runs."""
        found = []
        for one in self._threads(calculation_id, began):
            known = self._known.get(one.run_id) or Known(None, round(time.time() * 1000))
            found.append(Query(one.id, one.run_id, one.name, known.since_at, known.calculation_id))
        return sorted(found, key=lambda query: query.since_at)

    def callers_of_python(self, calculation_id: str, but_own: bool) -> List[str]:
        """The names of the queries that call Python functions of the runner, sorted.

        It is called when the runner has died. Such queries may have failed already, so those of the last look
        count too. With `but_own`, the calculation's own queries are left out.
        """
        runs = self._seen.get(calculation_id, set()) | self.running()
        known = [self._known[run_id] for run_id in runs if run_id in self._known]
        if but_own:
            known = [one for one in known if one.calculation_id != calculation_id]
        return sorted(one.name for one in known if one.calls_python)

    def _threads(self, calculation_id: Optional[str], began: Moment) -> List[StreamThread]:
        self._taken_for_others = frozenset()
        for attempt in range(_ATTEMPTS):
            native = native_threads(self._jvm_pid, STREAM_THREAD)
            if not native:
                return []
            threads = self._spark.stream_threads()
            if not self._are_known(threads):
                self._hear_runner()  # a Python start is reported before Java knows the query, so read the report now
            if self._are_known(threads):
                return threads
            # If the two counts differ, a query has begun or ended between the two reads.
            if len(native) == len(threads) or attempt + 1 == _ATTEMPTS:
                self._learn(threads, native, calculation_id, began)
                return threads
        return []

    def _are_known(self, threads: List[StreamThread]) -> bool:
        return all(one.run_id in self._known for one in threads)

    def _learn(
        self, threads: List[StreamThread], native: List[NativeThread], calculation_id: Optional[str], began: Moment
    ) -> None:
        """Learns which calculations started the unreported queries, from the ages of the queries' threads.

        Java numbers its threads in the order in which they are made, and so does the kernel. So the two
        orders match.
        """
        numbers = {one.run_id: self._spark.thread_number(one.thread_name) for one in threads}
        ages = dict(zip(sorted(numbers, key=lambda run_id: numbers[run_id]), native))
        young = []
        for run_id in numbers.keys() - self._known.keys():
            thread = ages.get(run_id)
            if thread is None or thread.started_after(began):
                young.append(run_id)
            else:
                self._known.setdefault(run_id, Known(None, thread.since_at()))
        starts_of_others = self.starts_of_others(calculation_id)
        if starts_of_others == 0:
            now = round(time.time() * 1000)
            for run_id in young:
                since_at = ages[run_id].since_at() if run_id in ages else now
                self._known.setdefault(run_id, Known(calculation_id, since_at))
        elif len(young) <= starts_of_others == len(self._starting):
            self._taken_for_others = frozenset(young)

    def _stop(self, thread: StreamThread) -> None:
        try:
            self._spark.name_thread()  # so that ends_calls_of_others does not interrupt this call
            self._spark.stop_query(thread)
        except (Py4JError, OSError) as error:
            logger.info("a streaming query did not stop at once: %s", first_line(error))
        finally:
            self._being_stopped.discard(thread)
