"""The runner's process, and the messages between the supervisor and the runner over a socket pair.

A runner is lost when its process has died. The messages that it had still sent are read first. A runner that
lives but whose socket has ended cannot be reached any more, and is killed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
from typing import Any, Callable, Dict, List, Optional, Tuple, Type, TypeVar

from glaux_driver.messages import (
    FROM_RUNNER,
    OF_QUERIES,
    Assign,
    Attach,
    Attached,
    ClearInterrupt,
    Configure,
    Context,
    Exit,
    Imported,
    Log,
    Message,
    MessageError,
    Run,
    RunnerFinished,
    RunnerRunning,
    Stop,
    decode,
    encode,
)
from glaux_driver.packages import environment_of
from glaux_driver.runner import PROGRAM
from glaux_driver.supervisor.children import Children
from glaux_driver.supervisor.jvm import Gateway
from glaux_driver.supervisor.launch import Launch
from glaux_driver.supervisor.processes import send

M = TypeVar("M", bound=Message)

_EXIT_AFTER_EOF_S = 1.0
_SEND_LIMIT_S = 5.0

logger = logging.getLogger(__name__)


class RunnerExited(Exception):
    """The runner's process is gone. `code` is its exit code as in subprocess (negative for a signal)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the Python process ended with {code}")
        self.code = code


class Runner:
    def __init__(self, launch: Launch, children: Children, on_query: Callable[[Message], None]) -> None:
        """Starts the process. It imports the modules that it needs and then waits for `attach`."""
        self._loop = asyncio.get_running_loop()
        self._on_query = on_query
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        with theirs:
            process = subprocess.Popen(
                [launch.engine.python, "-c", PROGRAM],
                stdin=subprocess.DEVNULL,
                cwd=launch.inside("work"),
                env=_environment(launch, theirs.fileno()),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.pid = process.pid
        self.exited = children.watch(process)
        self.exited.add_done_callback(self._on_exit)
        self._received: List[bytes] = []
        """The pieces of a line whose end has not come yet."""
        self._expected: Dict[Type[Message], asyncio.Future[Any]] = {}
        self._imported = self._expect(Imported)
        self._loop.add_reader(self._socket, self._read)

    async def attach(self, gateway: Gateway, session: Optional[Assign]) -> Attached:
        """Connects the runner to Spark. Raises RunnerExited."""
        await self._imported
        return await self._ask(Attach(gateway.port, gateway.secret, session), Attached)

    async def renew_context(self) -> Attached:
        return await self._ask(Context(), Attached)

    def assign(self, session: Assign) -> None:
        self._send(session)

    def configure(self, conf: Dict[str, str]) -> None:
        self._send(Configure(conf))

    def run(self, run: Run) -> Tuple[asyncio.Future[RunnerRunning], asyncio.Future[RunnerFinished]]:
        """Sends the calculation. Both futures raise RunnerExited if the runner dies first."""
        running, finished = self._expect(RunnerRunning), self._expect(RunnerFinished)
        self._send(run)
        return running, finished

    def ask_to_end(self) -> None:
        self._send(Exit())

    def stop(self, calculation_id: str) -> None:
        """Tells the runner to stop the calculation's threads too: the main thread may ignore SIGINT
        (os.system does).
        """
        self._send(Stop(calculation_id))

    def interrupt(self) -> None:
        if not self.exited.done():
            send(self.pid, signal.SIGINT)

    def hear(self) -> None:
        """Handles the messages that the runner has sent by now, without waiting for the event loop
        to do it.
        """
        if not self.exited.done():
            self._read()

    def clear_interrupt(self) -> None:
        """Called after a stop, when nothing will interrupt the runner's Java thread any more."""
        self._send(ClearInterrupt())

    def kill(self) -> None:
        if not self.exited.done():
            send(self.pid, signal.SIGKILL)

    async def _ask(self, message: Message, answer: Type[M]) -> M:
        future = self._expect(answer)
        self._send(message)
        return await future

    def _expect(self, cls: Type[M]) -> asyncio.Future[M]:
        future: asyncio.Future[M] = self._loop.create_future()
        if self.exited.done():
            _fail(future, RunnerExited(self.exited.result()))
        self._expected[cls] = future
        return future

    def _send(self, message: Message) -> None:
        """Does nothing if the runner is dead: whoever waits for its answer gets RunnerExited."""
        if self.exited.done():
            return
        line = memoryview(encode(message))
        try:
            # The runner has a thread that reads at once, so this blocks only while that thread cannot run.
            self._socket.settimeout(_SEND_LIMIT_S)
            try:
                self._socket.sendall(line)
            finally:
                self._socket.setblocking(False)
        except OSError as error:
            logger.warning("the runner cannot be reached: %s", error)
            self.kill()

    def _read(self) -> None:
        while True:
            try:
                data = self._socket.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._loop.remove_reader(self._socket)
                self._loop.call_later(_EXIT_AFTER_EOF_S, self.kill)
                return
            head, *tail = data.split(b"\n")
            self._received.append(head)
            for piece in tail:
                line = b"".join(self._received)
                self._received = [piece]
                self._hear(line)

    def _hear(self, line: bytes) -> None:
        try:
            message = decode(line, FROM_RUNNER)
        except MessageError as error:
            logger.warning("message of the runner ignored: %s", error)
            return
        if isinstance(message, Log):
            logger.info("runner: %s", message.message)
        elif message is not None and message.type in OF_QUERIES:
            self._on_query(message)
        elif message is not None:
            future = self._expected.pop(type(message), None)
            if future is not None and not future.done():
                future.set_result(message)

    def _on_exit(self, exited: asyncio.Future[int]) -> None:
        if self._loop.remove_reader(self._socket):
            self._read()
            self._loop.remove_reader(self._socket)
        self._socket.close()
        for future in self._expected.values():
            _fail(future, RunnerExited(exited.result()))


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # marks it as retrieved, because not every expected answer is awaited


def _environment(launch: Launch, descriptor: int) -> Dict[str, str]:
    inherited = {**os.environ, **launch.env}
    return {
        **inherited,
        "GLAUX_RUNNER_FD": str(descriptor),
        "GLAUX_RUNNER_FOLDER": str(launch.inside("local")),
        "SPARK_HOME": launch.engine.spark_home,
        "SPARK_LOCAL_IP": "127.0.0.1",
        **environment_of(launch.packages, launch.engine.python, inherited.get("PATH")),
        "PYSPARK_DRIVER_PYTHON": launch.engine.python,
        "PYSPARK_PIN_THREAD": "true",
    }
