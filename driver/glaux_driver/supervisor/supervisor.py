"""What this process does: it answers the server, runs calculations one after the other, and ends everything in the end.

Failure model: the runner's death costs its variables; the JVM's death, its silence for two minutes, or a full heap ends the
session; the supervisor's own death ends it too (runner and JVM end with it, and the server finds what else is left by the tag).
Whatever ends it, `ended` is the journal's last event unless this process was killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Awaitable, Callable, Coroutine, Iterable, Iterator, List, Optional, Set

from py4j.protocol import Py4JError

from glaux_driver import PROTOCOL
from glaux_driver.messages import (
    Accepted,
    Assign,
    Claim,
    Claimed,
    Degraded,
    Ended,
    Executors,
    Finished,
    GetExecutors,
    GetQueries,
    Message,
    Pause,
    Ping,
    Pong,
    Progress,
    Queries,
    Query,
    Recovered,
    Resume,
    Run,
    RunnerLost,
    Shutdown,
    Started,
    Stop,
    Stopping,
    Welcome,
    encode,
)
from glaux_driver.supervisor.calculate import calculate
from glaux_driver.supervisor.calculation import Calculation, Failure, describe_exit
from glaux_driver.supervisor.channel import Channel
from glaux_driver.supervisor.children import Children
from glaux_driver.supervisor.driver import Driver, DriverLost
from glaux_driver.supervisor.gc_overhead import GcOverhead
from glaux_driver.supervisor.heartbeat import Heartbeat
from glaux_driver.supervisor.inner_ports import InnerPorts, NoSuchPort
from glaux_driver.supervisor.journal import Journal
from glaux_driver.supervisor.launch import Launch
from glaux_driver.supervisor.logs import keep_bounded
from glaux_driver.supervisor.orphan import OrphanSwitch
from glaux_driver.supervisor.pause import Stillness
from glaux_driver.supervisor.priority import Priority, can_raise_priority
from glaux_driver.supervisor.processes import Moment
from glaux_driver.supervisor.runner import Runner, RunnerExited

_FOLDERS = ("work", "warehouse", "events", "local")
_LOGS = ("spark.log", "driver.log")
_DEFAULT_GRACE_MS = 5000
_END_ALL_LIMIT_S = 10.0
_FLUSH_LIMIT_S = 2.0

logger = logging.getLogger(__name__)


class Supervisor:
    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._journal = Journal(launch.inside("journal"), asyncio.get_running_loop())
        self._channel = Channel(launch.token, self._welcome, self._journal.after, self._on_message, self._on_presence)
        self._ports = InnerPorts(launch.token, self._port_of)
        self._orphan = OrphanSwitch(launch.orphan_ms / 1000, self._on_orphaned)
        self._children = Children()
        self._is_pooled = launch.pool is not None
        self._can_raise_priority = can_raise_priority()
        self._stillness = Stillness()
        self._phase = "booting"
        self._driver: Optional[Driver] = None
        self._session: Optional[Assign] = None
        self._heartbeat: Optional[Heartbeat] = None
        self._calculation: Optional[Calculation] = None
        self._preparation: Optional[asyncio.Task[None]] = None
        self._tasks: Set[asyncio.Task[None]] = set()
        self._ending: Optional[asyncio.Task[None]] = None
        self._is_over = False
        """`ended` was published, and is the last event."""
        self.ended = asyncio.Event()

    async def start(self) -> None:
        """Listens first, so that a server can connect while Spark boots."""
        await self._channel.listen(Path(self._launch.socket_path))
        if self._launch.ports_socket_path is not None:
            await self._ports.listen(Path(self._launch.ports_socket_path))
        self._publish(Started(os.getpid(), _boot_id()))
        self._watch_for_orphaning()
        pool = self._launch.pool
        for name in _FOLDERS:
            self._launch.inside(name).mkdir(mode=0o700, exist_ok=True)
        logs = [self._launch.inside(name) for name in _LOGS]
        self._spawn(keep_bounded(logs, self._launch.log_max_bytes))
        try:
            self._driver = Driver(
                self._launch,
                self._children,
                self._publish,
                self._on_runner_exit,
                Priority(
                    pool.nice if pool is not None and self._can_raise_priority else 0,
                    cores=min(self._launch.cores, len(os.sched_getaffinity(0))),
                ),
                self._stillness.awake_s,
            )
        except OSError as error:
            self.end(f"Spark did not start: {error}")
            return
        if self._session is not None:
            self._driver.assign(self._session)
        self._driver.jvm.exited.add_done_callback(lambda _: self._on_jvm_exit())
        self._preparation = self._spawn(self._boot(self._driver))

    def end(self, reason: str, clean: bool = False, grace_ms: int = 0) -> None:
        """Ends the session; the first call counts."""
        if self._ending is None:
            self._phase = "ending"
            logger.info("ending: %s", reason)
            self._ending = asyncio.ensure_future(self._end(reason, clean, grace_ms / 1000))

    def terminate(self) -> None:
        self.end("the driver was asked to terminate (SIGTERM)", clean=True, grace_ms=_DEFAULT_GRACE_MS)

    # Messages of the server

    def _on_message(self, message: Message) -> None:
        if isinstance(message, Run):
            self._on_run(message)
        elif isinstance(message, Stop):
            self._on_stop(message)
        elif isinstance(message, Assign):
            self._session = message
            if self._driver is not None:
                self._driver.assign(message)
        elif isinstance(message, Claim):
            self._on_claim(message)
        elif isinstance(message, Pause):
            if self._is_pooled and self._ending is None:
                self._stillness.pause()
        elif isinstance(message, Resume):
            self._stillness.resume()
        elif isinstance(message, Ping):
            self._spawn(self._on_ping(message))
        elif isinstance(message, GetExecutors):
            self._spawn(self._on_executors(message))
        elif isinstance(message, GetQueries):
            self._spawn(self._on_queries(message))
        elif isinstance(message, Shutdown):
            self.end("the session was terminated", clean=True, grace_ms=message.grace_ms)

    def _on_claim(self, claim: Claim) -> None:
        driver, before = self._driver, self._preparation
        if self._session is not None and self._session.session_id == claim.session_id:
            return
        if not self._is_pooled or driver is None or before is None or self._ending is not None:
            logger.warning("a claim for session %s is refused", claim.session_id)
            return
        self._is_pooled = False
        self._stillness.resume()
        driver.come_back()
        self._session = Assign(claim.session_id, claim.work_group, claim.engine_version, claim.description)
        self._preparation = self._spawn(self._claim(claim, self._session, driver, before))

    def _on_run(self, run: Run) -> None:
        # While ending, nothing is accepted: a run that the journal does not know has not run, and `ended` tells the rest.
        if self._journal.knows(run.calculation_id) or self._phase == "ending" or self._is_pooled:
            return
        calculation = Calculation(run)
        if self._calculation is not None:
            message = f"calculation {self._calculation.id} is running"
            self._publish(calculation.refused(Failure("DriverBusy", message)))
            return
        self._calculation = calculation
        self._watch_for_orphaning()
        self._publish(Accepted(run.calculation_id))
        self._spawn(self._run(calculation))

    def _on_stop(self, stop: Stop) -> None:
        calculation = self._calculation
        if calculation is not None and calculation.id == stop.calculation_id and not calculation.stop_asked.is_set():
            self._publish(Stopping(calculation.id))
            calculation.stop_asked.set()

    async def _on_ping(self, ping: Ping) -> None:
        answers = self._heartbeat is not None and await self._heartbeat.answered_lately()
        self._channel.send(encode(Pong(ping.id, answers)))

    async def _on_executors(self, question: GetExecutors) -> None:
        executors = []
        if self._driver is not None and self._phase == "ready":
            try:
                executors = await self._driver.watch.call(self._driver.spark.executors)
            except (Py4JError, OSError) as error:
                logger.info("executors are not known: %s", error)
        self._channel.send(encode(Executors(question.id, executors)))

    async def _on_queries(self, question: GetQueries) -> None:
        queries: List[Query] = []
        driver, calculation = self._driver, self._calculation
        if driver is not None and self._phase == "ready":
            running = (None, Moment.now()) if calculation is None else (calculation.id, calculation.began)
            try:
                queries = await driver.watch.call(driver.queries.active, *running)
            except (Py4JError, OSError) as error:
                logger.info("streaming queries are not known: %s", error)
        self._channel.send(encode(Queries(question.id, queries)))

    async def _port_of(self, name: str) -> int:
        driver = self._driver
        if name != "ui":
            raise NoSuchPort(f"The driver has no port called {name}.")
        if driver is None or self._phase != "ready":
            raise NoSuchPort("Spark has not started yet.")
        if self._stillness.is_paused:
            raise NoSuchPort("The driver waits for a session, and stands still meanwhile.")
        return await driver.ui_port()

    # The course of a session

    async def _boot(self, driver: Driver) -> None:
        try:
            ready = await driver.boot()
        except DriverLost as error:
            self.end(f"{error}\n{driver.jvm.last_log_lines()}".rstrip())
            return
        self._phase = "ready"
        self._publish(ready)
        self._heartbeat = Heartbeat(
            driver.spark,
            driver.watch,
            driver.jvm.exited,
            self._launch.heartbeat,
            on_degraded=lambda reason: self._publish(Degraded(reason)),
            on_recovered=lambda: self._publish(Recovered()),
            awake_s=self._stillness.awake_s,
        )
        overhead = GcOverhead(driver.jvm.pid, self._launch.heap_mb, self._launch.heartbeat)
        for watch in (self._heartbeat.watch, overhead.watch):
            self._spawn(self._end_by(watch))
        if self._launch.pool is not None:
            self._spawn(self._collect_when_settled(driver, self._launch.pool.settled_ms / 1000))
        if driver.runner.exited.done():
            self._publish_runner_lost(driver.runner, None)
            await self._restore(driver)

    async def _claim(self, claim: Claim, session: Assign, driver: Driver, before: asyncio.Task[None]) -> None:
        began_at = time.monotonic()
        await before
        if self._ending is not None:
            return
        try:
            application_id = await driver.claim(session, claim.conf, claim.context_conf)
        except DriverLost as error:
            self.end(str(error))
            return
        if driver.runner.exited.done():
            self._publish_runner_lost(driver.runner, None)
            await self._restore(driver)
            if self._ending is not None:
                return
        took_ms = round((time.monotonic() - began_at) * 1000, 1)
        self._publish(Claimed(session.session_id, application_id, bool(claim.context_conf), took_ms))

    async def _collect_when_settled(self, driver: Driver, settled_s: float) -> None:
        await asyncio.sleep(settled_s)
        # Not for a session, whose next calculation might have to wait for it.
        if self._is_pooled and self._ending is None:
            try:
                await driver.collect_garbage()
            except DriverLost as error:
                self.end(str(error))

    async def _end_by(self, watch: Callable[[], Awaitable[str]]) -> None:
        self.end(await watch())

    async def _run(self, calculation: Calculation) -> None:
        preparation = self._preparation
        if preparation is not None and not preparation.done():
            await calculation.unless_stopped(preparation)
            if not preparation.done():
                self._finish(calculation.canceled())
                return
        driver = self._driver
        if driver is None or self._phase == "ending":
            return
        try:
            outcome = await calculate(calculation, driver, self._launch.stop, self._publish, self._publish_progress)
        except DriverLost as error:
            self.end(str(error))
            return
        lost = driver.runner.exited.done()
        if lost:
            self._publish_runner_lost(driver.runner, calculation)
        self._finish(outcome.finished)
        if lost or outcome.context_stopped:
            self._prepare(driver)
        else:
            self._spawn(self._note_progress_base(driver, ended=[calculation.id]))

    def _finish(self, finished: Finished) -> None:
        self._calculation = None
        self._publish(finished)
        self._watch_for_orphaning()

    def _prepare(self, driver: Driver) -> None:
        """Makes the session fit for the next calculation, which waits for it if it comes early."""
        self._preparation = self._spawn(self._restore(driver))

    async def _restore(self, driver: Driver) -> None:
        try:
            if driver.runner.exited.done():
                await driver.replace_runner()
            else:
                await self._renew_context(driver)
        except DriverLost as error:
            self.end(str(error))
        else:
            await self._note_progress_base(driver)

    async def _renew_context(self, driver: Driver) -> None:
        try:
            await driver.renew_context()
        except RunnerExited:
            self._publish_runner_lost(driver.runner, None)
            await driver.replace_runner()

    async def _note_progress_base(self, driver: Driver, ended: Iterable[str] = ()) -> None:
        try:
            await driver.note_progress_base(ended)
        except (Py4JError, OSError, DriverLost) as error:
            logger.info("the number of the next job is not known: %s", error)

    def _on_runner_exit(self, runner: Runner) -> None:
        """One that dies during a calculation or while being prepared is noticed there."""
        driver = self._driver
        prepared = self._preparation is not None and self._preparation.done()
        if (
            driver is not None
            and runner is driver.runner
            and self._calculation is None
            and prepared
            and self._ending is None
        ):
            self._publish_runner_lost(runner, None)
            self._prepare(driver)

    def _publish_runner_lost(self, runner: Runner, calculation: Optional[Calculation]) -> None:
        if calculation is not None and calculation.was_killed:
            self._publish(RunnerLost("The Python process was ended because the code could not be interrupted."))
        else:
            memory_ran_out = calculation is not None and calculation.memory_ran_out()
            self._publish(RunnerLost(describe_exit(runner.exited.result(), memory_ran_out)))

    def _on_jvm_exit(self) -> None:
        # A JVM that does not come up is told by boot, which has the log's last lines.
        if self._driver is not None and self._phase != "booting":
            self.end(self._driver.jvm.describe_exit())

    # The end

    async def _end(self, reason: str, clean: bool, grace_s: float) -> None:
        """Each step is taken whatever becomes of the others: a driver that fails to end keeps its memory, and its session."""
        self._orphan.set(armed=False)
        self._stillness.resume()
        for task in list(self._tasks):
            task.cancel()
        try:
            with _logging_faults():
                self._ports.close()
            with _logging_faults():
                if clean and self._driver is not None:
                    await self._ask_to_end(self._driver, grace_s)
            with _logging_faults():
                await self._kill_everything()
            with _logging_faults():
                self._finish_last(reason, clean)
            shutil.rmtree(self._launch.inside("local"), ignore_errors=True)
            with _logging_faults():
                self._publish(Ended(reason, clean))
            with _logging_faults():
                await self._channel.close(_FLUSH_LIMIT_S)
            with _logging_faults():
                self._journal.close()
        finally:
            self.ended.set()

    async def _ask_to_end(self, driver: Driver, grace_s: float) -> None:
        exits: List[asyncio.Future[int]] = [driver.jvm.exited, driver.runner.exited]
        driver.runner.ask_to_end()
        driver.jvm.ask_to_end()
        await asyncio.wait(exits, timeout=grace_s)

    async def _kill_everything(self) -> None:
        if self._driver is not None:
            self._driver.runner.kill()
            self._driver.jvm.kill()
        try:
            await asyncio.wait_for(self._children.end_all(), _END_ALL_LIMIT_S)
        except asyncio.TimeoutError:
            logger.warning("some processes do not end although they were killed")

    def _finish_last(self, reason: str, clean: bool) -> None:
        calculation = self._calculation
        if calculation is not None:
            self._finish(calculation.ended_by_driver(reason, clean))

    def _on_orphaned(self) -> None:
        seconds = self._launch.orphan_ms / 1000
        self.end(f"no server has connected for {seconds:g} s", clean=True, grace_ms=_DEFAULT_GRACE_MS)

    # What others see

    def _welcome(self) -> Welcome:
        running = self._calculation.id if self._calculation is not None else None
        return Welcome(
            PROTOCOL,
            self._launch.driver_id,
            os.getpid(),
            self._journal.seq,
            self._phase,
            running,
            pooled=self._is_pooled,
            can_raise_priority=self._can_raise_priority,
        )

    def _publish(self, event: Message) -> None:
        if self._is_over:
            return
        self._is_over = isinstance(event, Ended)
        self._channel.send(self._journal.append(event))

    def _publish_progress(self, progress: Progress) -> None:
        self._channel.send_if_quick(encode(progress))

    def _on_presence(self, _: bool) -> None:
        self._watch_for_orphaning()

    def _watch_for_orphaning(self) -> None:
        abandoned = not self._channel.has_server and self._calculation is None and self._ending is None
        self._orphan.set(armed=abandoned)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)
        return task

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("a fault of the driver itself", exc_info=task.exception())
            self.end(f"the driver failed: {task.exception()!r} (driver.log has more)")


@contextmanager
def _logging_faults() -> Iterator[None]:
    try:
        yield
    except Exception:
        logger.exception("a fault of the driver itself while it ended")


def _boot_id() -> str:
    """The machine's: a process id means something only until the next boot."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
