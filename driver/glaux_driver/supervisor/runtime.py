"""The JVM and the runner of this session: booting them, attaching a new runner, making a new context.

The JVM is started once, and its end ends the session. The end of a runner does not: a new runner attaches to
the same context.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import threading
import time
from typing import Any, Callable, Coroutine, Dict, Iterable, List, Optional, TypeVar

from py4j.protocol import Py4JError, Py4JNetworkError

from glaux_driver.messages import Assign, Attached, ContextRestarted, Message, Ready, RunnerReady
from glaux_driver.supervisor.calculation import describe_exit
from glaux_driver.supervisor.catalogs import without_glue
from glaux_driver.supervisor.children import Children
from glaux_driver.supervisor.conf import session_conf
from glaux_driver.supervisor.inner_ports import NoSuchPort
from glaux_driver.supervisor.java_errors import first_line
from glaux_driver.supervisor.jvm import Gateway, Jvm, JvmExited
from glaux_driver.supervisor.launch import Launch
from glaux_driver.supervisor.pause import within
from glaux_driver.supervisor.priority import Priority
from glaux_driver.supervisor.processes import descendants, kill
from glaux_driver.supervisor.progress import Base
from glaux_driver.supervisor.queries import Queries
from glaux_driver.supervisor.runner import Runner, RunnerExited
from glaux_driver.supervisor.spark import Spark
from glaux_driver.supervisor.warm_up import WarmUp, WarmUpFailed
from glaux_driver.supervisor.worker import Worker

T = TypeVar("T")

_JVM_EXIT_WAIT_S = 5.0
_JVM_CHECK_LIMIT_S = 10.0
_ATTACH_ATTEMPTS = 3
_ATTACH_LIMIT_S = 60.0
_CONTEXT_LIMIT_S = 15.0
_CONTEXT_RETRY_S = 0.1
_CALLS_END_WAIT_S = 10.0
_CALLS_UNDER_WAY_LIMIT_S = 2.0
_CALLS_END_POLL_S = 0.05
_HEAR_LIMIT_S = 5.0
_PORT_LIMIT_S = 5.0

logger = logging.getLogger(__name__)


class DriverLost(Exception):
    """The session cannot go on. The message tells its user why."""


class SparkRuntime:
    def __init__(
        self,
        launch: Launch,
        children: Children,
        publish: Callable[[Message], None],
        on_runner_exit: Callable[[Runner], None],
        priority: Priority,
        awake_s: Callable[[], float],
    ) -> None:
        """Starts the JVM and the runner; `boot` connects them.

        Raises OSError if a process cannot be started.
        """
        self._loop = asyncio.get_running_loop()
        self._launch = launch
        self._children = children
        self._publish = publish
        self._on_runner_exit = on_runner_exit
        self._priority = priority
        self._awake_s = awake_s
        self._began_at = time.monotonic()
        with priority.stepped_back():
            self.jvm = Jvm(launch, children)
        priority.step_back_with_group(self.jvm.pid)
        self._queries: Optional[Queries] = None
        self.runner = self._start_runner()
        # Calls on the control thread end at once, unless the JVM hangs. Calls on the watch thread may take
        # long.
        self.control = Worker("control")
        self.watch = Worker("watch")
        self.progress_base = Base()
        self.executors = 0
        self._spark: Optional[Spark] = None
        self._gateway: Optional[Gateway] = None
        self._application_id = ""
        self._session: Optional[Assign] = None
        self._claimed_conf: Dict[str, str] = {}

    @property
    def spark(self) -> Spark:
        if self._spark is None:
            raise DriverLost("Spark has not started")
        return self._spark

    @property
    def queries(self) -> Queries:
        if self._queries is None:
            raise DriverLost("Spark has not started")
        return self._queries

    async def boot(self) -> Ready:
        """Boots Spark and attaches the runner. Raises DriverLost.

        There is no time limit here: the server sets it, because it depends on the purpose of the driver.
        """
        try:
            ready = await self._boot()
            # The JVM may have ended after the last call into it. During the boot nobody else reports its
            # exit.
            if self.jvm.exited.done():
                raise JvmExited(self.jvm.describe_exit())
            return ready
        except WarmUpFailed as error:
            raise DriverLost(f"The warm-up failed: {error}") from None
        except JvmExited as error:
            raise DriverLost(f"Spark did not start: {error}") from None
        except RunnerExited as error:
            # A runner ends with its JVM, and the runner's end may be noticed first.
            await self.check_jvm()
            reason = describe_exit(error.code, memory_ran_out=False)
            raise DriverLost(f"Python did not start (driver.log may say why). {reason}") from None
        except (Py4JError, OSError) as error:
            await self._raise_if_jvm_is_gone(error)
            raise DriverLost(f"Spark did not start: {first_line(error)}") from None

    def assign(self, session: Assign) -> None:
        self._session = session
        self.runner.assign(session)

    async def claim(self, session: Assign, conf: Dict[str, str], context_conf: Dict[str, str]) -> str:
        """Gives a booted pool member to the session.

        Returns the Spark application's id. Raises DriverLost.
        """
        self.assign(session)
        self._claimed_conf = {**conf, **context_conf}
        try:
            if context_conf:
                await self._replace_unused_context()
            elif conf:
                await self.on_spark(lambda spark: spark.configure(conf))
                self.runner.configure(conf)
        except (Py4JError, OSError) as error:
            raise DriverLost(f"Spark did not take the session's properties: {first_line(error)}") from None
        return self._application_id

    async def collect_garbage(self) -> None:
        """Collects garbage in the JVM. Raises DriverLost."""
        await self._try_on_spark(Spark.collect_garbage)

    def come_back(self) -> None:
        """Restores the normal priority of the JVM and the runner, for good."""
        self._priority.come_back([self.jvm.pid, self.runner.pid])

    async def replace_runner(self) -> None:
        """Attaches a new runner to the same context. Raises DriverLost.

        Calls, jobs and processes that the dead runner left are ended first.
        """
        await self._ensure_context()
        for _ in range(_ATTACH_ATTEMPTS):
            await self._end_calls_of_the_dead()
            kill(descendants(os.getpid(), apart_from=[self.jvm.pid]))
            await self._release_what_the_dead_held()
            try:
                self.runner = self._start_runner()
                attached = await self._in_time(self.runner, self._attach(self.runner))
            except (RunnerExited, OSError) as error:
                logger.warning("a new Python process did not attach: %s", error)
                continue
            self._publish(RunnerReady(attached.pid))
            return
        raise DriverLost("no new Python process could be started (driver.log may say why)")

    async def _end_calls_of_the_dead(self) -> None:
        """Ends the calls and jobs of the dead runner. Raises DriverLost.

        Spark does not notice that its client is dead. The client's calls and jobs would go on, and the next
        runner's would lack the cores.
        """
        give_up_at = time.monotonic() + _CALLS_END_WAIT_S
        while True:
            await self._try_on_spark(lambda spark: spark.cancel_all(but=lambda: self.queries.running() or None))
            try:
                are_over = await self.on_spark(Spark.ends_calls_of_others)
            except (Py4JError, OSError) as error:
                logger.warning("what the dead Python process has called is not known: %s", first_line(error))
                return
            if are_over:
                return
            if time.monotonic() > give_up_at:
                logger.warning("a call of the dead Python process goes on, as it cannot be interrupted")
                return
            await asyncio.sleep(_CALLS_END_POLL_S)

    async def _release_what_the_dead_held(self) -> None:
        """Releases the JVM's objects to which the dead runner's variables referred. Raises DriverLost.

        It is called while no runner is attached. Without it, the JVM would keep these objects. An object
        stays if it is returned later, by a call that could not be ended.
        """
        try:
            ids = await self.on_spark(Spark.object_ids)
            # `ids` may hold the result of a call that the watch thread is making. When that call is over,
            # py4j knows that the result belongs to this process, so that `release` spares it.
            await asyncio.wait_for(self.watch.call(lambda: None), _CALLS_UNDER_WAY_LIMIT_S)
            await self.on_spark(lambda spark: spark.release(ids))
        except asyncio.TimeoutError:
            logger.warning("what the dead Python process held in the JVM stays there, as the JVM is slow to answer")
        except (Py4JError, OSError) as error:
            logger.warning("what the dead Python process held in the JVM stays there: %s", first_line(error))

    async def callers_of_python(self, calculation_id: str, but_own: bool) -> List[str]:
        """The names of the streaming queries whose Python functions were lost with the runner that has just
        died.
        """
        try:
            return await self.control.call(self.queries.callers_of_python, calculation_id, but_own)
        except (Py4JError, OSError) as error:
            logger.warning("the streaming queries are not known: %s", first_line(error))
            return []

    async def renew_context(self) -> None:
        """Makes a new context after user code has stopped the old one. Raises DriverLost, RunnerExited."""
        await self._ensure_context()
        await self._renew_runner()

    async def note_progress_base(self, ended: Iterable[str] = ()) -> None:
        """Notes the number of the next job, for the next calculation's progress.

        `ended` holds the ids of calculations that have ended. This runs between calculations, so that no
        calculation waits for it. The next calculation may begin before the JVM has answered, so the ended
        calculations are noted before the JVM is asked.
        """
        earlier = self.progress_base.earlier.union(ended)
        self.progress_base = self.progress_base._replace(earlier=earlier)
        first_job = await self.on_spark(Spark.next_job_id)
        self.progress_base = Base(first_job, self.progress_base.earlier - earlier)

    async def ui_port(self) -> int:
        """The port of Spark's UI. Raises NoSuchPort."""
        try:
            return await asyncio.wait_for(self.watch.call(self.spark.ui_port), _PORT_LIMIT_S)
        except asyncio.TimeoutError:
            raise NoSuchPort(f"Spark has not answered within {_PORT_LIMIT_S:g} s.") from None
        except (Py4JError, OSError) as error:
            logger.info("the port of Spark's UI is not known: %r", error)  # `str(error)` would ask the JVM, and block
            raise NoSuchPort("Spark does not answer.") from None

    async def check_jvm(self) -> None:
        """Raises DriverLost if the JVM has ended or is just ending.

        A JVM that hangs is left to the heartbeat.
        """
        try:
            await asyncio.wait_for(self._ask_for_sign_of_life(), _JVM_CHECK_LIMIT_S)
        except asyncio.TimeoutError:
            logger.warning("the JVM did not answer within %g s", _JVM_CHECK_LIMIT_S)

    async def _ask_for_sign_of_life(self) -> None:
        # If a connection ends before its answer, py4j raises the same error as for any failed call. The next
        # call then raises Py4JNetworkError.
        for _ in range(2):
            if self.jvm.exited.done():
                raise DriverLost(self.jvm.describe_exit())
            try:
                await self.on_spark(Spark.answer)
                return
            except (Py4JNetworkError, OSError) as error:
                logger.warning("the JVM lives, but cannot be connected to: %s", first_line(error))
                return
            except Py4JError as error:
                logger.warning("a call into Spark failed: %s", first_line(error))

    async def on_spark(self, call: Callable[[Spark], T]) -> T:
        """Calls Spark on the control thread.

        Raises DriverLost if the JVM is gone, Py4JError or OSError if the call failed otherwise.
        """
        try:
            return await self.control.call(call, self.spark)
        except (Py4JNetworkError, OSError) as error:
            await self._raise_if_jvm_is_gone(error)
            raise

    async def _try_on_spark(self, call: Callable[[Spark], object]) -> None:
        """Like on_spark, but for a call that the session can do without: its failure is logged.

        Raises DriverLost.
        """
        try:
            await self.on_spark(call)
        except (Py4JError, OSError) as error:
            logger.warning("a call into Spark failed: %s", first_line(error))

    def _on_query(self, message: Message) -> None:
        if self._queries is not None:
            self._queries.note(message)

    def _hear_runner(self) -> None:
        """Blocks a Worker's thread until all messages that the runner has sent by now have been handled."""
        heard = threading.Event()

        def hear() -> None:
            self.runner.hear()
            heard.set()

        self._loop.call_soon_threadsafe(hear)
        heard.wait(_HEAR_LIMIT_S)

    def _on_exit(self, runner: Runner) -> None:
        if self._queries is not None:
            self._queries.forget_starts()
        self._on_runner_exit(runner)

    def _start_runner(self) -> Runner:
        with self._priority.stepped_back():
            runner = Runner(self._launch, self._children, self._on_query)
        self._priority.step_back_with_group(runner.pid)
        runner.exited.add_done_callback(lambda _: self._on_exit(runner))
        return runner

    async def _boot(self) -> Ready:
        self._gateway = await self.jvm.gateway()
        self._spark = await self.control.call(Spark, self._gateway)
        self._queries = Queries(self._spark, self.jvm.pid, self._hear_runner)
        await asyncio.gather(*(worker.call(self._spark.name_thread) for worker in (self.control, self.watch)))
        if self._launch.pool is not None:
            await self._warm_up()
        self._application_id = await self._make_context()
        if self._launch.pool is not None:
            await self._release_what_the_dead_held()
        attached, versions = await asyncio.gather(self._attach(self.runner), self.on_spark(Spark.versions))
        if self._launch.pool is not None:
            await self.on_spark(Spark.prepare_session)
            await self.on_spark(Spark.collect_garbage)
        return Ready(
            spark_version=versions["spark"],
            python_version=attached.python_version,
            java_version=versions["java"],
            application_id=self._application_id,
            jvm_pid=self.jvm.pid,
            runner_pid=self.runner.pid,
            boot_ms=round((time.monotonic() - self._began_at) * 1000),
        )

    async def _warm_up(self) -> None:
        """Warms up the JVM, with a context and a runner that no session uses. Raises WarmUpFailed."""
        warm_up, runner = WarmUp(self._launch), self.runner
        conf = warm_up.conf()
        await self.on_spark(lambda spark: spark.make_context(conf))
        await self._attach(runner)
        await warm_up.run(runner)
        runner.ask_to_end()
        self.runner = self._start_runner()
        await self.on_spark(Spark.end_context)
        await runner.exited
        warm_up.remove()

    async def _replace_unused_context(self) -> None:
        await self.on_spark(Spark.end_context)
        for log in self._launch.inside("events").iterdir():
            shutil.rmtree(log) if log.is_dir() else log.unlink()
        self._application_id = await self._make_context()
        try:
            await self._renew_runner()
        except RunnerExited:
            await self.replace_runner()

    async def _ensure_context(self) -> None:
        give_up_at = time.monotonic() + _CONTEXT_LIMIT_S
        while True:
            try:
                application_id = await self._make_context()
                break
            except (Py4JError, OSError) as error:
                # While the old context is being stopped, perhaps by a user's thread, no new context can be
                # made. Retry.
                if time.monotonic() > give_up_at:
                    raise DriverLost(f"no new Spark context could be made: {first_line(error)}") from None
            await asyncio.sleep(_CONTEXT_RETRY_S)
        if application_id != self._application_id:
            self._application_id = application_id
            self.progress_base = Base()
            self._publish(ContextRestarted(application_id))

    async def _renew_runner(self) -> None:
        runner = self.runner
        await self._in_time(runner, runner.renew_context())

    async def _make_context(self) -> str:
        conf = without_glue({**session_conf(self._launch), **self._claimed_conf})
        return await self.on_spark(lambda spark: spark.make_context(conf))

    async def _attach(self, runner: Runner) -> Attached:
        if self._gateway is None:
            raise DriverLost("Spark has not started")
        return await runner.attach(self._gateway, self._session)

    async def _raise_if_jvm_is_gone(self, error: Exception) -> None:
        # When a JVM dies, its connections break a little before its process has ended, so wait for the exit.
        broken = isinstance(error, (Py4JNetworkError, OSError))
        await asyncio.wait({self.jvm.exited}, timeout=_JVM_EXIT_WAIT_S if broken else 0)
        if self.jvm.exited.done():
            raise DriverLost(self.jvm.describe_exit()) from None

    async def _in_time(self, runner: Runner, answer: Coroutine[Any, Any, Attached]) -> Attached:
        """Awaits the runner's answer for a limited time. Raises RunnerExited.

        A runner that does not answer is killed: it may hang in any code that runs while it imports or
        attaches.
        """
        try:
            return await within(answer, _ATTACH_LIMIT_S, self._awake_s)
        except asyncio.TimeoutError:
            logger.warning("the Python process did not attach to Spark within %g s", _ATTACH_LIMIT_S)
            runner.kill()
            await asyncio.wait({runner.exited})
            raise RunnerExited(runner.exited.result()) from None
