"""Spark, as the supervisor sees it through its own py4j connection.

All methods block and belong on a Worker's thread (py4j gives each thread a connection of its own).
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple, Optional, Set

from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.protocol import Py4JError, Py4JJavaError

from glaux_driver.supervisor.inner_ports import NoSuchPort
from glaux_driver.supervisor.jvm import Gateway
from glaux_driver.supervisor.properties import java_properties
from glaux_driver.supervisor.tidy import clear_leftovers, java_class, object_ids, release
from glaux_driver.supervisor.user import name_user

Json = Dict[str, Any]

_OWN_THREAD = "glaux-supervisor"
_THREAD_NAME = re.compile(r"^Thread\[(?:#\d+,)?(.*),\d+,[^,]*\]$", re.DOTALL)
"""As Java 17 writes a thread, and with its number as Java 19 and newer do."""
STREAM_THREAD = "stream execution thread for "
"""How the names of the threads begin that run streaming queries."""
_STREAM_THREAD = re.compile(STREAM_THREAD + r"(?:(.*) )?\[id = (\S+), runId = (\S+)\]$", re.DOTALL)
_STAGE = re.compile(r" in stage (\d+)\.")
"""In the name of a thread while it runs a task."""


class Activity(NamedTuple):
    """What runs in the context: as Spark's status store has it."""

    jobs: List[Json]
    stages: List[Json]
    executors: List[Json]
    next_job: int = 0
    """What the next job's number was before these were read: one below it that is not among them is only just submitted."""


class Work(NamedTuple):
    """What the JVM's threads do."""

    prepares_queries: bool
    """Threads of Spark SQL's own are at work, as for a broadcast: they submit a job in the end, also if the call that wanted it
    has been interrupted meanwhile."""
    streams_starting: int
    """How many threads are in a call that starts a streaming query."""
    stages: Set[int]
    """Whose tasks run."""


class StreamThread(NamedTuple):
    """The thread of a streaming query, which lives from just before the first batch until after the last."""

    thread_name: str
    id: str
    run_id: str
    name: Optional[str]


class Spark:
    def __init__(self, gateway: Gateway) -> None:
        self._server = ClientServer(
            java_parameters=JavaParameters(port=gateway.port, auth_token=gateway.secret, auto_convert=True),
            python_parameters=PythonParameters(port=0, eager_load=False),
        )
        self._context: Any = None
        self._session: Any = None
        self._defaults: Dict[str, str] = {}
        self._mapper: Any = None

    def name_thread(self) -> None:
        """The thread of Java that serves this one, so that it can be told from those that serve others."""
        self._class("java.lang.Thread").currentThread().setName(_OWN_THREAD)

    def make_context(self, conf: Dict[str, str]) -> str:
        """Makes the session's context, or takes the one that user code has made in its place; returns the application's id."""
        active = self._active_context()
        if active is not None:
            self._context = active
            return str(active.applicationId())
        name_user(self._server)
        self._set_defaults(conf)
        properties = self._class("org.apache.spark.api.python.PythonUtils").toScalaMap(
            java_properties(self._server, conf)
        )
        spark_conf = self._class("org.apache.spark.SparkConf")(False).setAll(properties)
        self._context = self._class("org.apache.spark.SparkContext")(spark_conf)
        # Its conf comes from the context alone: what the builder is told stays with the session, whatever the context gets later.
        builder = self._class("org.apache.spark.sql.SparkSession").builder()
        self._session = builder.sparkContext(self._context).getOrCreate()
        return str(self._context.applicationId())

    def end_context(self) -> None:
        """Stops a context that no user code has touched, and takes back what it leaves behind in the JVM."""
        self._context.stop()
        clear_leftovers(self._server)
        self._defaults = {}

    def configure(self, conf: Dict[str, str]) -> None:
        """Gives the live session, which nobody has used yet, properties as if it had been made with them: also what RESET,
        newSession() and a context that user code makes itself begin with."""
        begins = (self._context.conf(), self._session.sharedState().conf())
        live = self._session.conf()
        for key, value in conf.items():
            for spark_conf in begins:
                spark_conf.set(key, value)
            live.set(key, value)
        self._set_defaults({**self._defaults, **conf})

    def prepare_session(self) -> None:
        """Makes what the first query would have to make, without a job."""
        self._session.sql("select count(1) from range(1)").queryExecution().executedPlan()

    def collect_garbage(self) -> None:
        """The JVM's flags say how much of it goes back to the system."""
        java_class(self._server, "java.lang.System").gc()

    def object_ids(self) -> Set[str]:
        return object_ids(self._server)

    def release(self, ids: Set[str]) -> None:
        """What a Python process has left, of these."""
        release(self._server, ids)

    def versions(self) -> Dict[str, str]:
        return {
            "spark": str(self._context.version()),
            "java": str(self._class("java.lang.System").getProperty("java.version")),
        }

    def answer(self) -> None:
        """A sign of life."""
        self._class("java.lang.System").nanoTime()

    def next_job_id(self) -> int:
        scheduler = self._live_context().dagScheduler()
        if scheduler is None:
            raise Py4JError("user code is just stopping the context")
        return int(scheduler.numTotalJobs())

    def cancel_group(self, group: str, future_too: bool) -> None:
        """`future_too`: Spark 4 refuses jobs of the group that come later, too; Spark 3.5 knows nothing like it."""
        context = self._live_context()
        if future_too and str(context.version()) >= "4":
            context.cancelJobGroupAndFutureJobs(group)
        else:
            context.cancelJobGroup(group)

    def cancel_all(self, but: Callable[[], Optional[FrozenSet[str]]]) -> None:
        """`but` answers with the groups of jobs that go on; None if none do. It is called when the running jobs are known: a
        streaming query that begins after the answer has no job among them."""
        context = self._live_context()
        jobs = [job for job in self._as_json(context.statusStore().jobsList(None)) if job["status"] == "RUNNING"]
        groups = but()
        if groups is None:
            context.cancelAllJobs()  # also those that the status store does not have yet
            return
        for job in jobs:
            if job.get("jobGroup") not in groups:
                context.cancelJob(job["jobId"])

    def stream_threads(self) -> List[StreamThread]:
        found = ((name, _STREAM_THREAD.match(name)) for name in self._stacks())
        return [StreamThread(name, match[2], match[3], match[1]) for name, match in found if match is not None]

    def thread_number(self, name: str) -> int:
        """The number of a thread of Java, in the order in which Java made them; -1 if the thread is gone."""
        threads = self._class("org.apache.commons.lang3.ThreadUtils").findThreadsByName(name)
        return int(threads.toArray()[0].getId()) if threads.size() else -1

    def stop_query(self, thread: StreamThread) -> None:
        """Returns when the query has ended. Does nothing if the query is ending already."""
        default = self._class("org.apache.spark.sql.SparkSession").getDefaultSession()
        session = default.get() if default.isDefined() else self._session
        # Each session of the context knows its own queries only; they share this.
        id = self._class("java.util.UUID").fromString(thread.id)
        query = session.sharedState().activeStreamingQueries().get(id)
        if query is not None and query.runId().toString() == thread.run_id:
            query.stop()

    def interrupt_call(self, thread_id: int) -> bool:
        """Interrupts the Java thread that serves the runner, if it is inside a call for it; else it would hit the next one."""
        thread = self._class("org.apache.commons.lang3.ThreadUtils").findThreadById(thread_id)
        if thread is None:
            return False
        if not _is_call(self._as_json(thread.getStackTrace())):
            return False
        thread.interrupt()
        return True

    def ends_calls_of_others(self) -> bool:
        """Interrupts what goes on for other py4j clients than this one, for when the runner is dead: a thread of Java goes on
        with its client's call, and may submit a job in the end. True if there was none."""
        threads = self._class("org.apache.commons.lang3.ThreadUtils")
        busy = [name for name, frames in self._stacks().items() if name != _OWN_THREAD and _is_call(frames)]
        for name in busy:
            for thread in threads.findThreadsByName(name).toArray():
                thread.interrupt()
        return not busy

    def work(self) -> Work:
        """What threads do: jobs and tasks that come and go are known to them before the status store has them, and afterwards."""
        stacks = self._stacks()
        runs_task = [name for name, frames in stacks.items() if any(map(_runs_task, frames))]
        stages = {int(found[1]) for name in runs_task if (found := _STAGE.search(name))}
        prepares_queries = any(_prepares_query(frame) for frames in stacks.values() for frame in frames)
        return Work(prepares_queries, sum(any(map(_starts_stream, frames)) for frames in stacks.values()), stages)

    def _stacks(self) -> Dict[str, List[Json]]:
        """The frames of all threads of Java, by the threads' names."""
        stacks: Dict[str, List[Json]] = self._as_json(self._class("java.lang.Thread").getAllStackTraces())
        return {_THREAD_NAME.sub(r"\1", thread): frames for thread, frames in stacks.items()}

    def activity(self) -> Activity:
        store = self._live_context().statusStore()
        return Activity(
            jobs=self._as_json(store.jobsList(None)),
            stages=self._as_json(store.activeStages()),
            executors=self._as_json(store.executorList(True)),
        )

    def settled_activity(self) -> Activity:
        """As `activity`, but no older than this call: the status store is fed from a queue."""
        next_job = self.next_job_id()
        try:
            self._live_context().listenerBus().waitUntilEmpty(1000)
        except Py4JJavaError:
            pass  # the queue is long; its end will be seen next time
        return self.activity()._replace(next_job=next_job)

    def executors(self) -> List[Json]:
        executors: List[Json] = self._as_json(self._live_context().statusStore().executorList(True))
        return executors

    def ui_port(self) -> int:
        """Where the live context's UI listens. Raises NoSuchPort."""
        context = self._active_context()
        if context is None:
            raise NoSuchPort("The session has no Spark context at the moment.")
        ui = context.ui()
        if not ui.isDefined():
            raise NoSuchPort("Spark's UI is switched off in this session.")
        return int(ui.get().boundPort())

    def _set_defaults(self, conf: Dict[str, str]) -> None:
        """What each new SparkConf begins with: a context that user code makes itself is as ours where the code says nothing."""
        system = self._class("java.lang.System")
        for key in self._defaults.keys() - conf.keys():
            system.clearProperty(key)
        if self._defaults != conf:
            system.getProperties().putAll(java_properties(self._server, conf))
        self._defaults = dict(conf)

    def has_no_context(self) -> bool:
        return self._active_context() is None

    def _live_context(self) -> Any:
        """User code may have stopped the session's context and made one itself."""
        if self._context.isStopped():
            self._context = self._active_context() or self._context
        return self._context

    def _active_context(self) -> Any:
        # Scala makes no static method of this one, so its object has to be asked.
        active = getattr(self._class("org.apache.spark.SparkContext$"), "MODULE$").getActive()
        return active.get() if active.isDefined() and not active.get().isStopped() else None

    def _as_json(self, value: Any) -> Any:
        # Spark's own UI serves these objects through the same mapper, so both are in its jars.
        if self._mapper is None:
            mapper = self._class("com.fasterxml.jackson.databind.ObjectMapper")()
            mapper.registerModule(self._class("com.fasterxml.jackson.module.scala.DefaultScalaModule")())
            self._mapper = mapper  # only now: another thread may ask meanwhile
        return json.loads(self._mapper.writeValueAsString(value))

    def _class(self, name: str) -> Any:
        return java_class(self._server, name)


def _is_call(frames: List[Json]) -> bool:
    """Whether a thread serves a call of a py4j client just now."""
    return any(frame["className"].startswith("py4j.commands.") for frame in frames)


def _prepares_query(frame: Json) -> bool:
    # What all of Spark SQL's thread pools (broadcast-exchange, shuffle-exchange, subquery …) run their tasks in.
    return "withThreadLocalCaptured" in frame["methodName"]


def _starts_stream(frame: Json) -> bool:
    return bool(frame["methodName"] == "startQuery" and frame["className"].endswith("StreamingQueryManager"))


def _runs_task(frame: Json) -> bool:
    return bool(frame["className"] == "org.apache.spark.executor.Executor$TaskRunner")
