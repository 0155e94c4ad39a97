"""The supervisor: it answers the server, runs calculations one after the other, and ends all processes at the
end.

Failure model:

- The runner's death costs the session its Python variables.
- The JVM's death, its silence for two minutes, or a full heap ends the session.
- The supervisor's own death ends the session too. The runner and the JVM end with the supervisor, and the
  server finds all other processes by their tag.

Whatever ends the session, `ended` is the journal's last event, unless the supervisor was killed. mode.py
defines the supervisor's states, and which state may follow which.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import replace
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
from glaux_driver.supervisor.gc_overhead import GcOverhead
from glaux_driver.supervisor.heartbeat import Heartbeat
from glaux_driver.supervisor.inner_ports import InnerPorts, NoSuchPort
from glaux_driver.supervisor.journal import Journal
from glaux_driver.supervisor.launch import Launch
from glaux_driver.supervisor.logs import keep_bounded
from glaux_driver.supervisor.mode import (
    Booting,
    Claiming,
    Ending,
    Idle,
    Mending,
    Mode,
    Over,
    Pooled,
    Preparing,
    Running,
    Warming,
    calculation_of,
    follow,
    is_pooled,
    phase_of,
    takes,
)
from glaux_driver.supervisor.orphan import OrphanSwitch
from glaux_driver.supervisor.pause import Stillness
from glaux_driver.supervisor.priority import Priority, can_raise_priority
from glaux_driver.supervisor.processes import Moment
from glaux_driver.supervisor.runner import Runner, RunnerExited
from glaux_driver.supervisor.runtime import DriverLost, SparkRuntime

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
        self._can_raise_priority = can_raise_priority()
        self._stillness = Stillness()
        self._mode: Mode = Booting() if launch.pool is None else Warming()
        self._runtime: Optional[SparkRuntime] = None
        self._session: Optional[Assign] = None
        self._heartbeat: Optional[Heartbeat] = None
        self._tasks: Set[asyncio.Task[None]] = set()
        self.ended = asyncio.Event()

    async def start(self) -> None:
        """Starts listening, then Spark.

        Listening comes first, so that a server can connect while Spark boots.
        """
        await self._channel.listen(Path(self._launch.socket_path))
        if self._launch.ports_socket_path is not None:
            await self._ports.listen(Path(self._launch.ports_socket_path))
        self._publish(Started(os.getpid(), _boot_id()))
        self._watch_for_orphaning()
        pool = self._launch.pool
        for name in _FOLDERS:
            self._launch.inside(name).mkdir(mode=0o700, exist_ok=True)
        logs = [self._launch.inside(name) for name in _LOGS]
        self._spawn(keep_bounded(logs, self._launch.driver_log_max_bytes))
        try:
            self._runtime = SparkRuntime(
                self._launch,
                self._children,
                self._publish,
                self._on_runner_exit,
                Priority(
                    pool.nice if pool is not None and self._can_raise_priority else 0,
                    cores=min(self._launch.driver_cores, len(os.sched_getaffinity(0))),
                ),
                self._stillness.awake_s,
            )
        except OSError as error:
            self.end(f"Spark did not start: {error}")
            return
        if self._session is not None:
            self._runtime.assign(self._session)
        self._runtime.jvm.exited.add_done_callback(lambda _: self._on_jvm_exit())
        self._spawn(self._boot(self._runtime))

    def end(self, reason: str, clean: bool = False, grace_ms: int = 0) -> None:
        """Ends the session. Later calls have no effect."""
        mode = self._mode
        if isinstance(mode, (Ending, Over)):
            return
        logger.info("ending: %s", reason)
        ending = Ending(reason, clean, grace_ms / 1000, is_pooled(mode), calculation_of(mode))
        self._enter(ending)
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()
        self._spawn(self._end(ending))

    def terminate(self) -> None:
        self.end("the driver was asked to terminate (SIGTERM)", clean=True, grace_ms=_DEFAULT_GRACE_MS)

    def _enter(self, mode: Mode) -> None:
        """Sets the mode; no other method does. Raises ModeError if the mode cannot follow the present one."""
        self._mode = follow(self._mode, mode)
        self._watch_for_orphaning()

    # Messages of the server

    def _on_message(self, message: Message) -> None:
        if isinstance(message, Claim):
            self._on_claim(message)
        elif not takes(self._mode, message):
            return
        elif isinstance(message, Run):
            self._on_run(message)
        elif isinstance(message, Stop):
            self._on_stop(message)
        elif isinstance(message, Assign):
            self._session = message
            if self._runtime is not None:
                self._runtime.assign(message)
        elif isinstance(message, Pause):
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
        mode, runtime = self._mode, self._runtime
        if self._session is not None and self._session.session_id == claim.session_id:
            return
        if runtime is None or not takes(mode, claim):
            logger.warning("a claim for session %s is refused", claim.session_id)
            return
        claiming = Claiming(claim, since=time.monotonic())
        self._enter(Booting(claim=claiming) if isinstance(mode, Warming) else Preparing(claim=claiming))
        self._stillness.resume()
        runtime.come_back()
        self._session = _session_of(claim)
        if isinstance(mode, Pooled):
            self._go_on(runtime)

    def _on_run(self, run: Run) -> None:
        mode, runtime = self._mode, self._runtime
        if runtime is None or self._journal.knows(run.calculation_id):
            return
        calculation, other = Calculation(run), calculation_of(mode)
        if other is not None:
            self._publish(calculation.refused(Failure("DriverBusy", f"calculation {other.id} is running")))
            return
        if isinstance(mode, (Booting, Preparing)):
            self._enter(replace(mode, calculation=calculation))
        else:
            self._enter(Running(calculation))
            self._spawn(self._run(calculation, runtime))
        self._publish(Accepted(run.calculation_id))

    def _on_stop(self, stop: Stop) -> None:
        mode, calculation = self._mode, calculation_of(self._mode)
        if calculation is None or calculation.id != stop.calculation_id or calculation.stop_asked.is_set():
            return
        self._publish(Stopping(calculation.id))
        calculation.stop_asked.set()
        if isinstance(mode, (Booting, Preparing)):
            self._finish(calculation.canceled())

    async def _on_ping(self, ping: Ping) -> None:
        answers = self._heartbeat is not None and await self._heartbeat.answered_lately()
        self._channel.send(encode(Pong(ping.id, answers)))

    async def _on_executors(self, question: GetExecutors) -> None:
        executors = []
        if self._runtime is not None and phase_of(self._mode) == "ready":
            try:
                executors = await self._runtime.watch.call(self._runtime.spark.executors)
            except (Py4JError, OSError) as error:
                logger.info("executors are not known: %s", error)
        self._channel.send(encode(Executors(question.id, executors)))

    async def _on_queries(self, question: GetQueries) -> None:
        queries: List[Query] = []
        runtime, calculation = self._runtime, calculation_of(self._mode)
        if runtime is not None and phase_of(self._mode) == "ready":
            running = (None, Moment.now()) if calculation is None else (calculation.id, calculation.began)
            try:
                queries = await runtime.watch.call(runtime.queries.active, *running)
            except (Py4JError, OSError) as error:
                logger.info("streaming queries are not known: %s", error)
        self._channel.send(encode(Queries(question.id, queries)))

    async def _port_of(self, name: str) -> int:
        runtime = self._runtime
        if name != "ui":
            raise NoSuchPort(f"The driver has no port called {name}.")
        if runtime is None or phase_of(self._mode) != "ready":
            raise NoSuchPort("Spark has not started yet.")
        if self._stillness.is_paused:
            raise NoSuchPort("The driver waits for a session, and stands still meanwhile.")
        return await runtime.ui_port()

    # The course of a session

    async def _boot(self, runtime: SparkRuntime) -> None:
        try:
            ready = await runtime.boot()
        except DriverLost as error:
            self.end(f"{error}\n{runtime.jvm.last_log_lines()}".rstrip())
            return
        mode = self._mode
        if isinstance(mode, Warming):
            self._enter(Mending())
        elif isinstance(mode, Booting):
            self._enter(Preparing(mode.calculation, mode.claim))
        else:
            return  # the supervisor is ending
        self._publish(ready)
        self._heartbeat = Heartbeat(
            runtime.spark,
            runtime.watch,
            runtime.jvm.exited,
            self._launch.heartbeat,
            on_degraded=lambda reason: self._publish(Degraded(reason)),
            on_recovered=lambda: self._publish(Recovered()),
            awake_s=self._stillness.awake_s,
        )
        overhead = GcOverhead(runtime.jvm.pid, self._launch.driver_memory_mb, self._launch.heartbeat)
        for watch in (self._heartbeat.watch, overhead.watch):
            self._spawn(self._end_by(watch))
        if self._launch.pool is not None:
            self._spawn(self._collect_when_settled(runtime, self._launch.pool.settled_ms / 1000))
        await self._replace_lost_runner(runtime)
        self._go_on(runtime)

    def _go_on(self, runtime: SparkRuntime) -> None:
        """Leaves the mode Mending or Preparing, when the work of that mode is done."""
        mode = self._mode
        if isinstance(mode, Mending):
            self._enter(Pooled())
        elif isinstance(mode, Preparing):
            if mode.claim is not None:
                self._enter(replace(mode, claim=None))
                self._spawn(self._claim(mode.claim, runtime))
            elif mode.calculation is not None:
                self._enter(Running(mode.calculation))
                self._spawn(self._run(mode.calculation, runtime))
            else:
                self._enter(Idle())

    async def _claim(self, claiming: Claiming, runtime: SparkRuntime) -> None:
        claim = claiming.claim
        try:
            application_id = await runtime.claim(_session_of(claim), claim.conf, claim.context_conf)
        except DriverLost as error:
            self.end(str(error))
            return
        await self._replace_lost_runner(runtime)
        if isinstance(self._mode, Preparing):
            took_ms = round((time.monotonic() - claiming.since) * 1000, 1)
            self._publish(Claimed(claim.session_id, application_id, bool(claim.context_conf), took_ms))
            self._go_on(runtime)

    async def _collect_when_settled(self, runtime: SparkRuntime, settled_s: float) -> None:
        await asyncio.sleep(settled_s)
        # Not in a session: its next calculation might have to wait for the collection.
        if isinstance(self._mode, (Mending, Pooled)):
            try:
                await runtime.collect_garbage()
            except DriverLost as error:
                self.end(str(error))

    async def _end_by(self, watch: Callable[[], Awaitable[str]]) -> None:
        self.end(await watch())

    async def _run(self, calculation: Calculation, runtime: SparkRuntime) -> None:
        try:
            outcome = await calculate(calculation, runtime, self._launch.stop, self._publish, self._publish_progress)
        except DriverLost as error:
            self.end(str(error))
            return
        lost = runtime.runner.exited.done()
        if lost:
            self._publish_runner_lost(runtime.runner, calculation)
        self._finish(outcome.finished)
        if not isinstance(self._mode, Preparing):
            return  # the supervisor is ending
        if lost or outcome.context_stopped:
            self._spawn(self._prepare(runtime))
        else:
            self._go_on(runtime)
            self._spawn(self._note_progress_base(runtime, ended=[calculation.id]))

    def _finish(self, finished: Finished) -> None:
        """Publishes `finished` for the calculation that waits or runs, and removes the calculation from the
        mode.
        """
        mode = self._mode
        if isinstance(mode, Running):
            self._enter(Preparing())
        elif isinstance(mode, (Booting, Preparing, Ending)):
            self._enter(replace(mode, calculation=None))
        self._publish(finished)

    async def _prepare(self, runtime: SparkRuntime) -> None:
        """Restores the runner and the context, so that the session or the pool member can go on."""
        await self._restore(runtime)
        await self._replace_lost_runner(runtime)
        self._go_on(runtime)

    async def _replace_lost_runner(self, runtime: SparkRuntime) -> None:
        """Replaces a runner that has died in the mode Mending or Preparing."""
        while runtime.runner.exited.done() and isinstance(self._mode, (Mending, Preparing)):
            self._publish_runner_lost(runtime.runner, None)
            await self._restore(runtime)

    async def _restore(self, runtime: SparkRuntime) -> None:
        try:
            if runtime.runner.exited.done():
                await runtime.replace_runner()
            else:
                await self._renew_context(runtime)
        except DriverLost as error:
            self.end(str(error))
        else:
            await self._note_progress_base(runtime)

    async def _renew_context(self, runtime: SparkRuntime) -> None:
        try:
            await runtime.renew_context()
        except RunnerExited:
            self._publish_runner_lost(runtime.runner, None)
            await runtime.replace_runner()

    async def _note_progress_base(self, runtime: SparkRuntime, ended: Iterable[str] = ()) -> None:
        try:
            await runtime.note_progress_base(ended)
        except (Py4JError, OSError, DriverLost) as error:
            logger.info("the number of the next job is not known: %s", error)

    def _on_runner_exit(self, runner: Runner) -> None:
        """Replaces a runner that dies in the mode Idle or Pooled.

        Other modes notice the runner's death themselves: during a calculation, and while the runner is
        prepared.
        """
        runtime, mode = self._runtime, self._mode
        if runtime is not None and runner is runtime.runner and isinstance(mode, (Idle, Pooled)):
            self._publish_runner_lost(runner, None)
            self._enter(Preparing() if isinstance(mode, Idle) else Mending())
            self._spawn(self._prepare(runtime))

    def _publish_runner_lost(self, runner: Runner, calculation: Optional[Calculation]) -> None:
        if calculation is not None and calculation.was_killed:
            self._publish(RunnerLost("The Python process was ended because the code could not be interrupted."))
        else:
            memory_ran_out = calculation is not None and calculation.memory_ran_out()
            self._publish(RunnerLost(describe_exit(runner.exited.result(), memory_ran_out)))

    def _on_jvm_exit(self) -> None:
        # `_boot` reports a JVM that ends before Spark is up, together with the last lines of its log.
        if self._runtime is not None and phase_of(self._mode) == "ready":
            self.end(self._runtime.jvm.describe_exit())

    # The end

    async def _end(self, ending: Ending) -> None:
        """Takes all steps of the end, even if some fail: a driver that does not end keeps its memory and its
        session.
        """
        self._stillness.resume()
        try:
            with _logging_faults():
                self._ports.close()
            with _logging_faults():
                if ending.clean and self._runtime is not None:
                    await self._ask_to_end(self._runtime, ending.grace_s)
            with _logging_faults():
                await self._kill_everything()
            with _logging_faults():
                self._finish_last(ending.reason, ending.clean)
            shutil.rmtree(self._launch.inside("local"), ignore_errors=True)
            with _logging_faults():
                self._publish(Ended(ending.reason, ending.clean))
            self._enter(Over(ending.was_pooled))
            with _logging_faults():
                await self._channel.close(_FLUSH_LIMIT_S)
            with _logging_faults():
                self._journal.close()
        finally:
            self.ended.set()

    async def _ask_to_end(self, runtime: SparkRuntime, grace_s: float) -> None:
        exits: List[asyncio.Future[int]] = [runtime.jvm.exited, runtime.runner.exited]
        runtime.runner.ask_to_end()
        runtime.jvm.ask_to_end()
        await asyncio.wait(exits, timeout=grace_s)

    async def _kill_everything(self) -> None:
        if self._runtime is not None:
            self._runtime.runner.kill()
            self._runtime.jvm.kill()
        try:
            await asyncio.wait_for(self._children.end_all(), _END_ALL_LIMIT_S)
        except asyncio.TimeoutError:
            logger.warning("some processes do not end although they were killed")

    def _finish_last(self, reason: str, clean: bool) -> None:
        calculation = calculation_of(self._mode)
        if calculation is not None:
            self._finish(calculation.ended_by_driver(reason, clean))

    def _on_orphaned(self) -> None:
        seconds = self._launch.orphan_ms / 1000
        self.end(f"no server has connected for {seconds:g} s", clean=True, grace_ms=_DEFAULT_GRACE_MS)

    # What others see

    def _welcome(self) -> Welcome:
        mode, calculation = self._mode, calculation_of(self._mode)
        return Welcome(
            PROTOCOL,
            self._launch.driver_id,
            os.getpid(),
            self._journal.seq,
            phase_of(mode),
            calculation.id if calculation is not None else None,
            pooled=is_pooled(mode),
            can_raise_priority=self._can_raise_priority,
        )

    def _publish(self, event: Message) -> None:
        if not isinstance(self._mode, Over):
            self._channel.send(self._journal.append(event))

    def _publish_progress(self, progress: Progress) -> None:
        self._channel.send_if_quick(encode(progress))

    def _on_presence(self, _: bool) -> None:
        self._watch_for_orphaning()

    def _watch_for_orphaning(self) -> None:
        is_needed = self._channel.has_server or calculation_of(self._mode) is not None
        self._orphan.set(armed=not is_needed and not isinstance(self._mode, (Ending, Over)))

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


def _session_of(claim: Claim) -> Assign:
    return Assign(claim.session_id, claim.work_group, claim.engine_version, claim.description)


def _boot_id() -> str:
    """The id of the machine's current boot, because a process id is valid only until the next boot."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
