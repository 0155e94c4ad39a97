"""The supervisor's calls into Spark, over its own py4j connection.

All methods of `Spark` block, so they must run on a Worker's thread. py4j gives each thread a connection of
its own.
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
"""How Java 17 writes a thread; Java 19 and newer add its number."""
STREAM_THREAD = "stream execution thread for "
"""The prefix of the names of threads that run streaming queries."""
_STREAM_THREAD = re.compile(STREAM_THREAD + r"(?:(.*) )?\[id = (\S+), runId = (\S+)\]$", re.DOTALL)
_STAGE = re.compile(r" in stage (\d+)\.")
"""The stage's id, in the name of a thread that runs a task."""


class Activity(NamedTuple):
    """What runs in the context, according to Spark's status store."""

    jobs: List[Json]
    stages: List[Json]
    executors: List[Json]
    next_job: int = 0
    """The next job's number, read before `jobs`.

    A job below this number that is not in `jobs` was just submitted.
    """


class Work(NamedTuple):
    """What the JVM's threads are doing."""

    prepares_queries: bool
    """Whether threads of Spark SQL's own pools are at work, for instance for a broadcast.

    Such a thread submits a job at its end, even if the call that needed the job has been interrupted
    meanwhile.
    """
    streams_starting: int
    """How many threads are in a call that starts a streaming query."""
    stages: Set[int]
    """The ids of the stages whose tasks run."""


class StreamThread(NamedTuple):
    """The thread of a streaming query. It lives from just before the first batch until after the last."""

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
        """Names the Java thread that serves this thread, so that `ends_calls_of_others` does not interrupt
        it.
        """
        self._class("java.lang.Thread").currentThread().setName(_OWN_THREAD)

    def make_context(self, conf: Dict[str, str]) -> str:
        """Makes the session's context, unless user code has made one, which is then taken.

        Returns the Spark application's id.
        """
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
        # The session gets its conf from the context alone. Options of the builder would stay with the
        # session, and hide values that the context gets later.
        builder = self._class("org.apache.spark.sql.SparkSession").builder()
        self._session = builder.sparkContext(self._context).getOrCreate()
        return str(self._context.applicationId())

    def end_context(self) -> None:
        """Stops a context that no user code has touched, and clears what the context leaves behind in the
        JVM.
        """
        self._context.stop()
        clear_leftovers(self._server)
        self._defaults = {}

    def configure(self, conf: Dict[str, str]) -> None:
        """Gives a live session that nobody has used yet more properties, as if it had been made with them.

        RESET, newSession() and a context that user code makes itself begin with these properties too.
        """
        begins = (self._context.conf(), self._session.sharedState().conf())
        live = self._session.conf()
        for key, value in conf.items():
            for spark_conf in begins:
                spark_conf.set(key, value)
            live.set(key, value)
        self._set_defaults({**self._defaults, **conf})

    def prepare_session(self) -> None:
        """Plans a query, so that the session's first query finds the objects that planning makes.

        Runs no job.
        """
        self._session.sql("select count(1) from range(1)").queryExecution().executedPlan()

    def collect_garbage(self) -> None:
        """Collects garbage. The JVM's flags decide how much memory goes back to the system."""
        java_class(self._server, "java.lang.System").gc()

    def object_ids(self) -> Set[str]:
        return object_ids(self._server)

    def release(self, ids: Set[str]) -> None:
        """Releases the objects of `ids` that a dead Python process has left in the JVM."""
        release(self._server, ids)

    def versions(self) -> Dict[str, str]:
        return {
            "spark": str(self._context.version()),
            "java": str(self._class("java.lang.System").getProperty("java.version")),
        }

    def answer(self) -> None:
        """Returns if the JVM answers."""
        self._class("java.lang.System").nanoTime()

    def next_job_id(self) -> int:
        scheduler = self._live_context().dagScheduler()
        if scheduler is None:
            raise Py4JError("user code is just stopping the context")
        return int(scheduler.numTotalJobs())

    def cancel_group(self, group: str, future_too: bool) -> None:
        """Cancels the jobs of the group.

        With `future_too`, Spark 4 also refuses later jobs of it; Spark 3.5 cannot.
        """
        context = self._live_context()
        if future_too and str(context.version()) >= "4":
            context.cancelJobGroupAndFutureJobs(group)
        else:
            context.cancelJobGroup(group)

    def cancel_all(self, but: Callable[[], Optional[FrozenSet[str]]]) -> None:
        """Cancels all jobs, except jobs of the groups that `but` returns. None spares no job.

        `but` is called after the running jobs were read. So a streaming query that begins later has no job
        among them.
        """
        context = self._live_context()
        jobs = [job for job in self._as_json(context.statusStore().jobsList(None)) if job["status"] == "RUNNING"]
        groups = but()
        if groups is None:
            context.cancelAllJobs()  # includes jobs that the status store does not have yet
            return
        for job in jobs:
            if job.get("jobGroup") not in groups:
                context.cancelJob(job["jobId"])

    def stream_threads(self) -> List[StreamThread]:
        found = ((name, _STREAM_THREAD.match(name)) for name in self._stacks())
        return [StreamThread(name, match[2], match[3], match[1]) for name, match in found if match is not None]

    def thread_number(self, name: str) -> int:
        """The number that Java gave to a thread, which rises with each new thread; -1 if the thread
        is gone.
        """
        threads = self._class("org.apache.commons.lang3.ThreadUtils").findThreadsByName(name)
        return int(threads.toArray()[0].getId()) if threads.size() else -1

    def stop_query(self, thread: StreamThread) -> None:
        """Returns when the query has ended. Does nothing if the query is ending already."""
        default = self._class("org.apache.spark.sql.SparkSession").getDefaultSession()
        session = default.get() if default.isDefined() else self._session
        # Each session of the context knows only its own queries, but all sessions share the map of active
        # queries.
        id = self._class("java.util.UUID").fromString(thread.id)
        query = session.sharedState().activeStreamingQueries().get(id)
        if query is not None and query.runId().toString() == thread.run_id:
            query.stop()

    def interrupt_call(self, thread_id: int) -> bool:
        """Interrupts the Java thread that serves the runner, if it is inside a call. Returns whether it was.

        Outside of a call, the interruption would hit the next call.
        """
        thread = self._class("org.apache.commons.lang3.ThreadUtils").findThreadById(thread_id)
        if thread is None:
            return False
        if not _is_call(self._as_json(thread.getStackTrace())):
            return False
        thread.interrupt()
        return True

    def ends_calls_of_others(self) -> bool:
        """Interrupts all calls of other py4j clients. Returns True if there was none.

        It is called when the runner is dead: the Java thread of a dead client goes on with the client's call,
        and may submit a job at its end.
        """
        threads = self._class("org.apache.commons.lang3.ThreadUtils")
        busy = [name for name, frames in self._stacks().items() if name != _OWN_THREAD and _is_call(frames)]
        for name in busy:
            for thread in threads.findThreadsByName(name).toArray():
                thread.interrupt()
        return not busy

    def work(self) -> Work:
        """What the threads are doing.

        Threads show jobs and tasks before the status store has them, and after the status store counts them
        as ended.
        """
        stacks = self._stacks()
        runs_task = [name for name, frames in stacks.items() if any(map(_runs_task, frames))]
        stages = {int(found[1]) for name in runs_task if (found := _STAGE.search(name))}
        prepares_queries = any(_prepares_query(frame) for frames in stacks.values() for frame in frames)
        return Work(prepares_queries, sum(any(map(_starts_stream, frames)) for frames in stacks.values()), stages)

    def _stacks(self) -> Dict[str, List[Json]]:
        """The stack frames of all Java threads, by the thread's name."""
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
        """Like `activity`, but not older than this call.

        The status store is fed from a queue, which must drain first.
        """
        next_job = self.next_job_id()
        try:
            self._live_context().listenerBus().waitUntilEmpty(1000)
        except Py4JJavaError:
            pass  # the queue was not drained within a second; the next call waits again
        return self.activity()._replace(next_job=next_job)

    def executors(self) -> List[Json]:
        executors: List[Json] = self._as_json(self._live_context().statusStore().executorList(True))
        return executors

    def ui_port(self) -> int:
        """The port of the live context's UI. Raises NoSuchPort."""
        context = self._active_context()
        if context is None:
            raise NoSuchPort("The session has no Spark context at the moment.")
        ui = context.ui()
        if not ui.isDefined():
            raise NoSuchPort("Spark's UI is switched off in this session.")
        return int(ui.get().boundPort())

    def _set_defaults(self, conf: Dict[str, str]) -> None:
        """Sets the defaults of each new SparkConf, as system properties.

        A context that user code makes itself so has the session's values for all properties that the code
        does not set.
        """
        system = self._class("java.lang.System")
        for key in self._defaults.keys() - conf.keys():
            system.clearProperty(key)
        if self._defaults != conf:
            system.getProperties().putAll(java_properties(self._server, conf))
        self._defaults = dict(conf)

    def has_no_context(self) -> bool:
        return self._active_context() is None

    def _live_context(self) -> Any:
        """The context in use. User code may have stopped the session's context and made a new one."""
        if self._context.isStopped():
            self._context = self._active_context() or self._context
        return self._context

    def _active_context(self) -> Any:
        # Scala makes no static method for `getActive`, so it is called on the companion object.
        active = getattr(self._class("org.apache.spark.SparkContext$"), "MODULE$").getActive()
        return active.get() if active.isDefined() and not active.get().isStopped() else None

    def _as_json(self, value: Any) -> Any:
        # Spark's own UI serves these objects through the same mapper, so Spark's jars contain the mapper's
        # classes.
        if self._mapper is None:
            mapper = self._class("com.fasterxml.jackson.databind.ObjectMapper")()
            mapper.registerModule(self._class("com.fasterxml.jackson.module.scala.DefaultScalaModule")())
            self._mapper = mapper  # set only when complete, because another thread may read it meanwhile
        return json.loads(self._mapper.writeValueAsString(value))

    def _class(self, name: str) -> Any:
        return java_class(self._server, name)


def _is_call(frames: List[Json]) -> bool:
    """Whether the thread is serving a call of a py4j client."""
    return any(frame["className"].startswith("py4j.commands.") for frame in frames)


def _prepares_query(frame: Json) -> bool:
    # All of Spark SQL's thread pools (broadcast-exchange, shuffle-exchange, subquery …) run their tasks in
    # this method.
    return "withThreadLocalCaptured" in frame["methodName"]


def _starts_stream(frame: Json) -> bool:
    return bool(frame["methodName"] == "startQuery" and frame["className"].endswith("StreamingQueryManager"))


def _runs_task(frame: Json) -> bool:
    return bool(frame["className"] == "org.apache.spark.executor.Executor$TaskRunner")
