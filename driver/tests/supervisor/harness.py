"""A real supervisor process, driven through its socket as the server drives it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Callable, ClassVar, Dict, Iterator, List, NamedTuple, Optional, Set

from glaux_driver.messages import to_members
from glaux_driver.supervisor.launch import Engine

Json = Dict[str, Any]

DRIVER = Path(__file__).parents[2]
_NO_ENGINE = Engine("3.5", python="/bin/false", java="/bin/false", spark_home="/", jars=[], extra_jars=[], jvm_flags=[])
_LIMIT_S = 120.0  # below pytest's own timeout, so that a failure shows what the driver says


class Run(NamedTuple):
    id: str
    stdout: Path
    stderr: Path
    results: Path


class Session:
    program = "glaux_driver.supervisor"
    prepare_process: Optional[Callable[[], None]] = None
    """Called in the supervisor's process before it runs its program."""
    alive: ClassVar[Set[Session]] = set()

    def __init__(self, engine: Optional[Engine], /, **launch: Any) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="glaux-")
        self.folder = Path(self._temporary.name, "driver")
        self.folder.mkdir()
        self.buckets = Path(self._temporary.name, "buckets")
        (self.buckets / "first").mkdir(parents=True)
        self.socket_path = self.folder.parent / "s"
        self.ports_socket_path = self.folder.parent / "p"
        self.tag = f"test:{uuid.uuid4()}"
        self.seen: List[Json] = []
        (self.folder / "launch.json").write_text(json.dumps({**self._launch(engine), **launch}))
        with (self.folder / "driver.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.program, str(self.folder / "launch.json")],
                env={**_clean_environment(), "PYTHONPATH": str(DRIVER), "GLAUX_DRIVER_TAG": self.tag},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=self.prepare_process,
            )
        self._socket: Optional[socket.socket] = None
        self._received = b""
        self.alive.add(self)

    def connect(self, after: int = 0, token: str = "secret") -> Json:
        """Replaces the connection to the supervisor. Returns the `welcome` message."""
        self.disconnect()
        wait_for(lambda: self.socket_path.exists() or self.process.poll() is not None)
        self._socket = socket.socket(socket.AF_UNIX)
        wait_for(self._try_connect)
        self._socket.settimeout(_LIMIT_S)
        self.send("hello", protocol=1, token=token, **{"from": after})
        return self.receive()

    def disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._received = b""

    def send(self, type_: str, **members: Any) -> None:
        assert self._socket is not None
        self._socket.sendall(json.dumps({"type": type_, **members}).encode() + b"\n")

    def receive(self) -> Json:
        """The next message. Raises EOFError when the connection is closed."""
        assert self._socket is not None
        while b"\n" not in self._received:
            data = self._socket.recv(65536)
            if not data:
                raise EOFError(f"closed by the supervisor; driver.log: {self.log()}")
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        message: Json = json.loads(line)
        self.seen.append(message)
        return message

    def until(self, *types: str, where: Callable[[Json], bool] = lambda _: True) -> Json:
        while True:
            message = self.receive()
            if message["type"] in types and where(message):
                return message
            if message["type"] == "ended":
                raise AssertionError(f"the driver ended: {message}; driver.log: {self.log()}")

    def ready(self) -> Json:
        return self.until("ready")

    def start(self, code: str) -> Run:
        folder = self.folder.parent / "out" / str(uuid.uuid4())
        folder.mkdir(parents=True)
        run = Run(folder.name, folder / "stdout", folder / "stderr", folder / "results")
        paths = {"stdout": str(run.stdout), "stderr": str(run.stderr), "results": str(run.results)}
        self.send("run", calculationId=run.id, code=code, **paths)
        return run

    def run(self, code: str) -> Json:
        """Runs a calculation to its end. Returns its `finished` event, with stdout and stderr added."""
        run = self.start(code)
        return {**self.finished(run), "stdout": run.stdout.read_text(), "stderr": run.stderr.read_text()}

    def finished(self, run: Run) -> Json:
        return self.until("finished", where=lambda message: bool(message["calculationId"] == run.id))

    def stop(self, run: Run) -> Json:
        self.send("stop", calculationId=run.id)
        return self.finished(run)

    def says(self, run: Run, text: str) -> None:
        """Waits until the calculation has printed `text`."""
        wait_for(lambda: run.stdout.exists() and text in run.stdout.read_text())

    def claim(self, conf: Optional[Json] = None, context_conf: Optional[Json] = None, id: str = "s-1") -> Json:
        """Claims the pool member. Returns the event `claimed`."""
        self.send_claim(conf, context_conf, id)
        return self.until("claimed")

    def send_claim(self, conf: Optional[Json] = None, context_conf: Optional[Json] = None, id: str = "s-1") -> None:
        names = {"sessionId": id, "workGroup": "primary", "engineVersion": "Apache Spark version 3.5"}
        self.send("claim", conf=conf or {}, contextConf=context_conf or {}, **names)

    def states(self) -> Dict[int, str]:
        """The kernel's state letter of each process but the supervisor and its guardian.

        T is a stopped process.
        """
        pids = set(self.processes()) - self.own_pids
        return {pid: self._kernel_state(pid) for pid in pids}

    def nices(self) -> Set[int]:
        """The nice values of all threads of all processes but the supervisor and its guardian."""
        found = set()
        for pid in set(self.processes()) - self.own_pids:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with suppress(ProcessLookupError):
                    found.add(os.getpriority(os.PRIO_PROCESS, int(thread)))
        return found

    def active_tasks(self) -> int:
        self.send("executors", id=1)
        return sum(executor["activeTasks"] for executor in self.until("executors")["executors"])

    def shut_down(self, grace_ms: int = 5000) -> Json:
        self.send("shutdown", graceMs=grace_ms)
        return self.until("ended")

    @property
    def supervisor_pid(self) -> int:
        """The supervisor's process id. (`process` is the guardian.)"""
        return int(self.journal()[0]["pid"])

    @property
    def own_pids(self) -> Set[int]:
        """The process ids of the supervisor and its guardian."""
        return {self.process.pid, self.supervisor_pid}

    def journal(self) -> List[Json]:
        return [json.loads(line) for line in (self.folder / "journal").read_text().splitlines()]

    def events(self, *types: str) -> List[Json]:
        """The journal's events that have one of these types."""
        return [event for event in self.journal() if event["type"] in types]

    def log(self) -> str:
        return self.whole_log()[-4000:]

    def whole_log(self) -> str:
        return (self.folder / "driver.log").read_text()

    def processes(self) -> Dict[int, str]:
        """The command lines of all processes that carry the session's tag, whatever their parents."""
        found = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if self.tag.encode() in Path("/proc", name, "environ").read_bytes():
                    found[int(name)] = Path("/proc", name, "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                pass
        return found

    def describe(self) -> str:
        """All that can be seen of the session from outside, to explain why a test failed."""
        processes = self.processes()
        for pid, command in processes.items():
            if "PythonGatewayServer" in command:
                os.kill(pid, signal.SIGQUIT)  # the JVM writes its threads' stacks to its log
                time.sleep(1)
        alive = {pid: command for pid, command in processes.items() if Path(f"/proc/{pid}").exists()}
        listed = [f"{pid} {self._kernel_state(pid)} {command[:120]}" for pid, command in alive.items()]
        logs = [f"{log.name}:\n{log.read_text(errors='replace')[-30000:]}" for log in sorted(self.folder.glob("*.log"))]
        journal = self.journal() if (self.folder / "journal").exists() else []
        events = [str(event)[:300] for event in journal[-12:]]
        return "\n".join(["processes:", *listed, "journal:", *events, *logs])

    def close(self) -> None:
        self.alive.discard(self)
        self.disconnect()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_for(lambda: not self.processes())
        self._temporary.cleanup()

    def _kernel_state(self, pid: int) -> str:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]

    def _launch(self, engine: Optional[Engine]) -> Json:
        return {
            "protocol": 1,
            "driverId": "d-1",
            "token": "secret",
            "tag": self.tag,
            "folder": str(self.folder),
            "socketPath": str(self.socket_path),
            "portsSocketPath": str(self.ports_socket_path),
            "engine": engine_members(engine),
            "driverMemoryMb": 512,
            "driverCores": 2,
            "conf": {},
            "buckets": str(self.buckets),
            "env": {},
            "orphanMs": 900_000,
            "stop": {"repeatMs": 400, "killAfterMs": 5000},
        }

    def _try_connect(self) -> bool:
        assert self._socket is not None
        try:
            self._socket.connect(str(self.socket_path))
        except (ConnectionRefusedError, FileNotFoundError):
            if self.process.poll() is not None:
                raise AssertionError(f"the supervisor is gone; driver.log: {self.log()}") from None
            return False
        return True


@contextmanager
def shared_session(engine: Engine, **launch: Any) -> Iterator[Session]:
    """A ready session for many tests. Each test must leave the session usable."""
    session = Session(engine, **launch)
    try:
        session.connect()
        session.ready()
        yield session
        session.shut_down()
        assert session.process.wait(30) == 0
    finally:
        session.close()


class FakeSession(Session):
    """A session with a real supervisor, but with stand-ins for Spark and the runner (fakes/)."""

    program = "tests.supervisor.fakes.supervisor"

    def fault(self, method: str, kind: str) -> None:
        """Makes a method of Spark `fail`, `break`, `hang` or answer that it is `busy`."""
        (self.folder / "faults").mkdir(exist_ok=True)
        (self.folder / "faults" / method).write_text(kind)

    def mend(self, method: str) -> None:
        (self.folder / "faults" / method).unlink()

    def hang_attach(self, times: int) -> None:
        """Makes attaching hang `times` times: of the next runners, or of the present runner at the next
        context.
        """
        (self.folder / "work" / "hang-attach").write_bytes(b"x" * times)

    def _launch(self, engine: Optional[Engine]) -> Json:
        programs = {name: fake_program(self.folder.parent, name) for name in ("java", "runner")}
        engine_of_fakes = engine_members(None, java=programs["java"], python=programs["runner"])
        return {**super()._launch(engine), "engine": engine_of_fakes}


def fake_program(folder: Path, name: str) -> str:
    """Writes a program that runs a script of fakes/ and takes any arguments. Returns its path."""
    program = folder / name
    program.write_text(f"#!/bin/sh\nexec {sys.executable} {Path(__file__).parent / 'fakes' / name}.py\n")
    program.chmod(0o700)
    return str(program)


def engine_members(engine: Optional[Engine], **more: Any) -> Json:
    """The engine's members for launch.json. Without an engine, its programs are some that end at once."""
    return {**to_members(engine or _NO_ENGINE), **more}


def is_running(command: str) -> bool:
    """Whether any process has `command` in its command line, whatever its parent and its environment."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if command.encode() in Path("/proc", name, "cmdline").read_bytes().replace(b"\0", b" "):
                return True
        except OSError:
            pass
    return False


def wait_for(condition: Callable[[], bool], limit_s: float = _LIMIT_S) -> None:
    give_up_at = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < give_up_at, "what was waited for did not happen"
        time.sleep(0.01)


def _clean_environment() -> Dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SPARK", "PYSPARK"))}
