"""A Spark JVM and a runner process, started as the supervisor starts them, for tests to talk to."""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import struct
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Type, TypeVar

from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.java_gateway import JavaClass

from glaux_driver.messages import (
    FROM_RUNNER,
    OF_QUERIES,
    Assign,
    Attach,
    Attached,
    Context,
    Imported,
    Message,
    Run,
    RunnerFinished,
    RunnerRunning,
    decode,
    encode,
)
from glaux_driver.runner import PROGRAM
from glaux_driver.supervisor.launch import Engine
from glaux_driver.supervisor.processes import Moment

M = TypeVar("M", bound=Message)

DRIVER = Path(__file__).parents[2]
SESSION = Assign("0f5b8a4e-5a0f-4c33-9a3c-1d1f0f8a7d10", "primary", "Apache Spark version 3.5", "a test")


class Jvm:
    """A JVM with a live context, which is made over py4j as the supervisor makes it."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        info = folder / "gateway"
        with (folder / "spark.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    engine.java,
                    *engine.jvm_flags,
                    "-Xmx1g",
                    f"-Djava.io.tmpdir={folder}",
                    "-cp",
                    ":".join(engine.jars),
                    "org.apache.spark.api.python.PythonGatewayServer",
                    "pyspark-shell",
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={
                    **os.environ,
                    "_PYSPARK_DRIVER_CONN_INFO_PATH": str(info),
                    "SPARK_HOME": engine.spark_home,
                    "SPARK_LOCAL_IP": "127.0.0.1",
                    "PYSPARK_PYTHON": engine.python,
                },
            )
        wait_for(info.exists, 60)
        data = info.read_bytes()
        self.port, length = struct.unpack(">ii", data[:8])
        self.secret = data[8 : 8 + length].decode()
        self._server = ClientServer(
            java_parameters=JavaParameters(port=self.port, auth_token=self.secret, auto_convert=True),
            python_parameters=PythonParameters(port=0, eager_load=False),
        )
        self.conf = {
            "spark.app.name": "runner-test",
            "spark.master": "local[2]",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.rdd.compress": "True",
            "spark.serializer.objectStreamReset": "100",
            "spark.submit.pyFiles": "",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
            "spark.local.dir": str(folder),
        }
        self.make_context()

    def make_context(self) -> str:
        conf = self.java("org.apache.spark.SparkConf")(False)
        for key, value in self.conf.items():
            conf.set(key, value)
        session = self.java("org.apache.spark.sql.SparkSession").builder().config(conf).getOrCreate()
        self.context: Any = session.sparkContext()
        return str(self.context.applicationId())

    def cancel(self, calculation_id: str) -> None:
        self.context.cancelJobGroup(calculation_id)

    def cancel_all(self) -> None:
        self.context.cancelAllJobs()

    def interrupt(self, thread_id: int) -> None:
        for thread in self.java("java.lang.Thread").getAllStackTraces().keySet():
            if thread.getId() == thread_id:
                thread.interrupt()

    def settle(self) -> None:
        """Waits until no task is left.
        If a Java thread is interrupted, the job for which it waits runs on."""

        def is_quiet() -> bool:
            self.cancel_all()
            self.context.listenerBus().waitUntilEmpty(10_000)
            return self.active_tasks() == 0

        wait_for(is_quiet)

    def active_tasks(self) -> int:
        store = self.context.statusStore()
        executors = store.executorList(True)
        return sum(int(executors.apply(index).activeTasks()) for index in range(executors.size()))

    def close(self) -> None:
        del self.context
        gc.collect()  # py4j tells the JVM of each collected object, and logs errors once the JVM is gone
        self._server.close()
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def java(self, name: str) -> Any:
        return JavaClass(name, self._server._gateway_client)


@dataclass(frozen=True)
class Done:
    outcome: str
    stdout: str
    stderr: str
    results: Optional[List[Dict[str, Any]]]
    """None if there is no file."""
    error_type: Optional[str]
    error_message: Optional[str]
    message: RunnerFinished


class Calculation:
    def __init__(self, folder: Path, code: str) -> None:
        self.id = str(uuid.uuid4())
        self.folder = folder / self.id
        self.folder.mkdir()
        self.stdout, self.stderr, self.results = (self.folder / name for name in ("stdout", "stderr", "results"))
        self.began = Moment.now()
        self.request = Run(self.id, code, str(self.stdout), str(self.stderr), str(self.results))

    def done(self, message: RunnerFinished) -> Done:
        assert message.calculation_id == self.id
        results = (
            [json.loads(line) for line in self.results.read_text().splitlines()] if self.results.exists() else None
        )
        assert message.displayed == (results is not None)
        return Done(
            message.outcome,
            self.stdout.read_text("utf-8"),
            self.stderr.read_text("utf-8"),
            results,
            message.error_type,
            message.error_message,
            message,
        )


class RunnerProcess:
    def __init__(self, python: str, folder: Path, env: Optional[Dict[str, str]] = None) -> None:
        self.folder = folder
        self.log = folder / "driver.log"
        (folder / "work").mkdir(exist_ok=True)
        self._socket, theirs = socket.socketpair()
        with theirs, self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [python, "-c", PROGRAM],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder / "work",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env={
                    **os.environ,
                    "PYTHONPATH": str(DRIVER),
                    "GLAUX_RUNNER_FD": str(theirs.fileno()),
                    "GLAUX_RUNNER_FOLDER": str(folder),
                    "SPARK_LOCAL_IP": "127.0.0.1",
                    **(env or {}),
                },
            )
        self._received = b""
        self.queries: List[Any] = []
        """The runner's messages about streaming queries, which may come at any time."""
        self._busy = False
        self._application = ""
        try:
            self.expect(Imported)
        except BaseException:
            self.close()
            raise

    def attach(self, jvm: Jvm, session: Optional[Assign] = SESSION) -> Attached:
        self.send(Attach(jvm.port, jvm.secret, session))
        attached = self.expect(Attached)
        self._application = attached.application_id
        return attached

    def is_usable(self, jvm: Jvm) -> bool:
        """Whether other tests can use the runner:
        False if a calculation still runs, or its Spark context has gone."""
        return self.process.poll() is None and not self._busy and self._application == jvm.context.applicationId()

    def renew(self) -> Attached:
        self.send(Context())
        return self.expect(Attached)

    def start(self, code: str) -> Calculation:
        calculation = Calculation(self.folder, code)
        self.send(calculation.request)
        self._busy = True
        return calculation

    def started(self, code: str) -> tuple[Calculation, RunnerRunning]:
        calculation = self.start(code)
        return calculation, self.expect(RunnerRunning)

    def run(self, code: str, timeout: float = 60) -> Done:
        calculation, _ = self.started(code)
        return calculation.done(self.expect(RunnerFinished, timeout))

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def send(self, message: Message) -> None:
        self._socket.sendall(encode(message))

    def expect(self, cls: Type[M], timeout: float = 60) -> M:
        """The next message, which must be of this class."""
        message = self.receive(timeout)
        assert isinstance(message, cls), f"{message} instead of {cls.__name__}\n{self.log.read_text()}"
        return message

    def receive(self, timeout: float) -> Optional[Message]:
        """None after `timeout` seconds."""
        end = time.monotonic() + timeout
        while b"\n" not in self._received:
            ready, _, _ = select.select([self._socket], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return None
            data = self._socket.recv(65536)
            if not data:
                raise EOFError(f"the runner ended with {self.process.wait(10)}\n{self.log.read_text()}")
            self._received += data
        line, self._received = self._received.split(b"\n", 1)
        message = decode(line, FROM_RUNNER)
        assert message is not None
        if message.type in OF_QUERIES:
            self.queries.append(message)
            return self.receive(max(0.0, end - time.monotonic()))
        self._busy = self._busy and not isinstance(message, RunnerFinished)
        return message

    def hang_up(self) -> None:
        self._socket.close()

    def close(self) -> None:
        self._socket.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


def wait_for(condition: Any, timeout: float = 10) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"still not so after {timeout} s"
        time.sleep(0.01)
