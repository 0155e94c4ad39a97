"""The socket of the inner ports: alone, in a supervisor with stand-ins for Spark, and with a real Spark."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import socket
import struct
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, Iterator, List, Tuple

import pytest

from glaux_driver.supervisor.inner_ports import InnerPorts, NoSuchPort
from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import FakeSession, Session, wait_for

_LIMIT_S = 30.0
_MB = 1024 * 1024

Streams = Tuple[asyncio.StreamReader, asyncio.StreamWriter]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Json = Dict[str, Any]


class Served:
    """Inner ports with a single port, `port`, and the connections that a test opens to it."""

    def __init__(self, path: Path, open_limit_s: float) -> None:
        self.path = path
        self.asked: List[str] = []
        self.numbers: Dict[str, int] = {}
        self.opened: List[asyncio.StreamWriter] = []
        self.ports = InnerPorts("secret", self._port_of, open_limit_s)
        self._servers: List[asyncio.AbstractServer] = []

    async def serve(self, handler: Handler) -> None:
        """Serves the inner port with `handler`.

        Connections that it leaves open are closed when the test ends.
        """

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.opened.append(writer)
            await handler(reader, writer)

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        self._servers.append(server)
        self.numbers["port"] = server.sockets[0].getsockname()[1]

    async def serve_echo(self) -> None:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _copy(reader, writer)
            writer.write(b"!")
            writer.close()

        await self.serve(echo)

    async def connect(self, line: bytes = b"") -> Streams:
        reader, writer = await asyncio.open_unix_connection(str(self.path))
        self.opened.append(writer)
        writer.write(line)
        return reader, writer

    async def ask(self, more: bytes = b"", **members: Any) -> Streams:
        return await self.connect(_open(**members) + more)

    async def open(self, **members: Any) -> Streams:
        reader, writer = await self.ask(**members)
        assert await _answer(reader) == {"type": "opened"}
        return reader, writer

    async def close(self) -> None:
        for writer in self.opened:
            if not writer.is_closing():
                writer.transport.abort()
        for server in self._servers:
            server.close()

    async def _port_of(self, name: str) -> int:
        self.asked.append(name)
        if name == "never":
            await asyncio.Event().wait()
        if name not in self.numbers:
            raise NoSuchPort(f"nothing is called {name}")
        return self.numbers[name]


def serve(tmp_path: Path, scenario: Callable[[Served], Awaitable[None]], open_limit_s: float = _LIMIT_S) -> None:
    """Runs the scenario.

    Checks that no descriptor is left open when the peers of all connections are gone.
    """

    faults: List[Json] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        before = _descriptors()
        served = Served(tmp_path / "s", open_limit_s)
        await served.ports.listen(served.path)
        try:
            await asyncio.wait_for(scenario(served), _LIMIT_S)
        finally:
            await served.close()
            await _until(lambda: _descriptors() <= before + 1)  # one more: the listening socket
            served.ports.close()
        assert not served.path.exists()
        assert _descriptors() == before

    asyncio.run(main())
    gc.collect()  # older versions of Python report a failed task only when it is collected
    assert faults == []


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def _until(condition: Callable[[], bool]) -> None:
    async def check() -> None:
        while not condition():
            await asyncio.sleep(0.005)

    await asyncio.wait_for(check(), _LIMIT_S)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


def _open(**members: Any) -> bytes:
    wanted = {"type": "open", "protocol": 1, "token": "secret", "port": "port", **members}
    return json.dumps(wanted).encode() + b"\n"


async def _answer(reader: asyncio.StreamReader) -> Json:
    answer: Json = json.loads(await reader.readline())
    return answer


async def _read_slowly(reader: asyncio.StreamReader) -> bytes:
    """Reads to the end, so slowly that the last bytes are still on their way when the sender has finished."""
    received = bytearray()
    while data := await reader.read(4096):
        received += data
        await asyncio.sleep(0)
    return bytes(received)


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """Reads until the connection ends, whether by end-of-file or by a reset."""
    received = bytearray()
    try:
        while data := await reader.read(65536):
            received += data
    except ConnectionResetError:
        pass
    return bytes(received)


async def _exchange(streams: Streams, data: bytes) -> bytes:
    """Sends `data` and an end-of-file, and returns all bytes that come back until the end."""
    reader, writer = streams

    async def send() -> None:
        writer.write(data)
        await writer.drain()
        writer.write_eof()

    _, received = await asyncio.gather(send(), _read_slowly(reader))
    return received


def _reset(writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


# The inner ports alone


def test_bytes_go_both_ways_and_so_do_their_ends(tmp_path: Path) -> None:
    async def scenario(served: Served) -> None:
        await served.serve_echo()
        data = random.Random(1).randbytes(8 * _MB)
        # The echo server adds its last byte after the client's end.
        assert await _exchange(await served.open(), data) == data + b"!"

    serve(tmp_path, scenario)


def test_the_client_may_go_on_after_the_ports_end(tmp_path: Path) -> None:
    received = []

    async def scenario(served: Served) -> None:
        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"hello")
            writer.write_eof()
            received.append(await reader.read())
            writer.close()

        await served.serve(greet)
        reader, writer = await served.open()
        assert await reader.read() == b"hello"
        data = random.Random(2).randbytes(4 * _MB)
        writer.write(data)
        await writer.drain()
        writer.write_eof()
        await _until(lambda: received == [data])

    serve(tmp_path, scenario)


def test_what_was_sent_last_arrives_also_where_it_is_taken_late(tmp_path: Path) -> None:
    # For some of these sizes, the kernel's buffers take all bytes but the last.
    sizes = range(100_000, 600_000, 8_000)

    async def scenario(served: Served) -> None:
        loop = asyncio.get_running_loop()

        async def take(port: socket.socket) -> int:
            taken = 0
            with port:
                while data := await loop.sock_recv(port, 65536):
                    taken += len(data)
            return taken

        ports = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
            served.numbers["port"] = listener.getsockname()[1]
            for size in sizes:
                _, writer = await served.open()
                writer.write(bytes(size))
                writer.write_eof()
                port, _ = listener.accept()
                port.setblocking(False)
                port.shutdown(socket.SHUT_WR)
                ports.append(port)
        await asyncio.sleep(0.2)
        assert await asyncio.gather(*map(take, ports)) == list(sizes)

    serve(tmp_path, scenario)


def test_bytes_may_be_sent_right_behind_the_question(tmp_path: Path) -> None:
    async def scenario(served: Served) -> None:
        await served.serve_echo()
        reader, writer = await served.ask(more=b"first line\nsecond")
        writer.write_eof()
        assert await _answer(reader) == {"type": "opened"}
        assert await reader.read() == b"first line\nsecond!"

    serve(tmp_path, scenario)


def test_many_connections_go_on_at_once(tmp_path: Path) -> None:
    async def scenario(served: Served) -> None:
        await served.serve_echo()
        all_of_them = [await served.open() for _ in range(50)]
        data = [random.Random(number).randbytes(200_000) for number in range(50)]
        received = await asyncio.gather(*map(_exchange, all_of_them, data))
        assert received == [one + b"!" for one in data]

    serve(tmp_path, scenario)


@pytest.mark.parametrize("slow", ["client", "port"])
def test_one_that_does_not_read_holds_up_its_sender_and_nobody_else(tmp_path: Path, slow: str) -> None:
    total = 64 * _MB
    sent = 0

    async def send(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while sent < total:
            writer.write(bytes(65536))
            await writer.drain()
            sent += 65536
        writer.write_eof()

    async def receive(reader: asyncio.StreamReader) -> int:
        received = 0
        while data := await reader.read(65536):
            received += len(data)
        return received

    async def scenario(served: Served) -> None:
        connected: asyncio.Future[Streams] = asyncio.get_running_loop().create_future()

        async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connected.set_result((reader, writer))

        await served.serve(connect)
        client = await served.open()
        port = await connected
        (reader, _), (_, writer) = (client, port) if slow == "client" else (port, client)
        sending = asyncio.ensure_future(send(writer))
        before = -1
        while before < sent:
            before = sent
            await asyncio.sleep(0.5)
        assert sent < total / 2  # and the kernel's buffers hold most of these bytes
        await served.serve_echo()
        assert await _exchange(await served.open(), b"x") == b"x!"
        assert await receive(reader) == total
        await sending

    serve(tmp_path, scenario)


@pytest.mark.parametrize(
    "line",
    [
        _open(token="wrong"),
        _open(token="\ud83d"),
        _open(protocol=2),
        _open(port=None),
        b'{"type":"hello","protocol":1,"token":"secret","from":0}\n',
        b"GET / HTTP/1.1\r\n",
        b"\n",
    ],
)
def test_who_does_not_ask_for_a_port_with_the_token_is_told_nothing(tmp_path: Path, line: bytes) -> None:
    async def scenario(served: Served) -> None:
        await served.serve_echo()
        reader, _ = await served.connect(line)
        assert await reader.read() == b""
        assert served.asked == []

    serve(tmp_path, scenario)


@pytest.mark.parametrize("beginning", [b"", _open()[:-1]])
def test_one_that_does_not_ask_in_time_is_closed(tmp_path: Path, beginning: bytes) -> None:
    async def scenario(served: Served) -> None:
        await served.serve_echo()
        reader, _ = await served.connect(beginning)
        assert await reader.read() == b""
        assert served.asked == []

    serve(tmp_path, scenario, open_limit_s=0.1)


def test_a_line_may_have_4096_bytes_and_no_more(tmp_path: Path) -> None:
    async def scenario(served: Served) -> None:
        await served.serve_echo()
        padding = "x" * (4096 - len(_open(more="")) + 1)
        line = _open(more=padding)
        assert line.index(b"\n") == 4096
        reader, _ = await served.connect(line)
        assert await _answer(reader) == {"type": "opened"}
        for too_long in (_open(more=padding + "x"), _open(more=padding + "x")[:-1]):
            reader, _ = await served.connect(too_long)
            assert await reader.read() == b""

    serve(tmp_path, scenario)


def test_a_name_that_has_no_port_is_refused_with_the_reason(tmp_path: Path) -> None:
    async def scenario(served: Served) -> None:
        reader, _ = await served.ask(port="no one")
        assert await _answer(reader) == {"type": "refused", "reason": "nothing is called no one"}
        assert await reader.read() == b""

    serve(tmp_path, scenario)


def test_a_port_at_which_nobody_listens_is_refused_and_asked_for_anew(tmp_path: Path) -> None:
    async def scenario(served: Served) -> None:
        with socket.create_server(("127.0.0.1", 0)) as gone:
            served.numbers["port"] = gone.getsockname()[1]
        reader, _ = await served.ask()
        reason = "The driver's port port takes no connections at the moment."
        assert await _answer(reader) == {"type": "refused", "reason": reason}
        assert await reader.read() == b""
        await served.serve_echo()
        assert await _exchange(await served.open(), b"x") == b"x!"
        assert served.asked == ["port", "port"]

    serve(tmp_path, scenario)


@pytest.mark.parametrize("how", [asyncio.StreamWriter.close, _reset])
def test_a_connection_that_the_port_ends_is_ended(tmp_path: Path, how: Callable[[asyncio.StreamWriter], None]) -> None:
    async def scenario(served: Served) -> None:
        async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(1)
            how(writer)

        await served.serve(leave)
        reader, writer = await served.open()
        writer.write(b"x")
        assert await reader.read() == b""
        if how is _reset:
            # A reset reaches the client's writing side too, without any further action of the client.
            await _until(lambda: not _is_connected(writer))

    serve(tmp_path, scenario)


def _is_connected(writer: asyncio.StreamWriter) -> bool:
    try:
        os.write(writer.get_extra_info("socket").fileno(), b"x")
    except BlockingIOError:
        return True
    except BrokenPipeError:
        return False
    return True


@pytest.mark.parametrize("leaves_unread", [False, True])
def test_a_connection_that_the_client_ends_is_ended(tmp_path: Path, leaves_unread: bool) -> None:
    rests: List[bytes] = []

    async def scenario(served: Served) -> None:
        async def wait_for_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(bytes(_MB) if leaves_unread else b"")
            rests.append(await _rest(reader))

        await served.serve(wait_for_end)
        _, writer = await served.open()
        writer.transport.abort()
        await _until(lambda: rests == [b""])

    serve(tmp_path, scenario)


def test_the_end_breaks_all_connections_at_once_and_lets_none_in(tmp_path: Path) -> None:
    rests: List[bytes] = []

    async def scenario(served: Served) -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(bytes(16 * _MB))  # more than fits into all buffers while the client does not read
            rests.append(await _rest(reader))

        await served.serve(talk)
        idle, _ = await served.connect()
        waiting, _ = await served.ask(port="never")
        busy, _ = await served.open()
        await _until(lambda: served.asked == ["never", "port"])
        served.ports.close()
        with pytest.raises(FileNotFoundError):
            await served.connect()
        assert await idle.read() == b""
        assert await waiting.read() == b""
        assert len(await _rest(busy)) < 16 * _MB
        await _until(lambda: rests == [b""])

    serve(tmp_path, scenario)


# The inner ports of a supervisor, with stand-ins for Spark

NewSession = Callable[..., Session]
NewFakeSession = Callable[..., FakeSession]


@contextmanager
def _asked(session: Session, name: str = "ui") -> Iterator[Tuple[Json, socket.socket]]:
    """Opens a port. Yields the answer, and the connection."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_LIMIT_S)
        connection.connect(str(session.ports_socket_path))
        connection.sendall(_open(port=name))
        line = b""
        while not line.endswith(b"\n"):
            byte = connection.recv(1)
            assert byte, session.log()
            line += byte
        yield json.loads(line), connection


def _refusal(session: Session, name: str = "ui") -> str:
    with _asked(session, name) as (answer, connection):
        assert answer["type"] == "refused"
        assert connection.recv(1) == b""
        return str(answer["reason"])


def _applications(session: Session) -> List[str]:
    """The ids of the applications that Spark's UI shows."""
    with _asked(session) as (answer, connection):
        assert answer == {"type": "opened"}
        connection.sendall(b"GET /api/v1/applications HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        with connection.makefile("rb") as response:
            head, _, body = response.read().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        return [application["id"] for application in json.loads(body)]


@contextmanager
def _fake_ui(session: FakeSession) -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as ui:
        (session.folder / "work" / "ui-port").write_text(str(ui.getsockname()[1]))
        yield ui


def _is_opened(session: FakeSession) -> bool:
    with _fake_ui(session), _asked(session) as (answer, _):
        return answer == {"type": "opened"}


def test_without_a_path_for_it_there_is_no_socket(fake_session: NewFakeSession) -> None:
    session = fake_session(portsSocketPath=None)
    assert not session.ports_socket_path.exists()
    assert session.shut_down()["clean"]
    assert session.process.wait(10) == 0


def test_the_ui_is_refused_until_spark_has_started(new_fake_session: NewFakeSession) -> None:
    waits = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)"
    session = new_fake_session(env={"FAKE_JVM": waits})
    session.until("started")
    assert _refusal(session) == "Spark has not started yet."
    assert _refusal(session, "connect") == "The driver has no port called connect."
    wait_for((session.folder / "work").exists)
    (session.folder / "work" / "go").touch()
    session.ready()
    assert _is_opened(session)


def test_a_jvm_that_does_not_answer_holds_up_only_who_asks_for_its_port(fake_session: NewFakeSession) -> None:
    session = fake_session()
    session.fault("ui_port", "hang")
    with socket.socket(socket.AF_UNIX) as waiting:
        waiting.connect(str(session.ports_socket_path))
        waiting.sendall(_open(port="ui"))
        assert session.finished(session.start("x = 1"))["outcome"] == "completed"
        assert _refusal(session, "connect") == "The driver has no port called connect."
        with pytest.raises(BlockingIOError):
            waiting.recv(1, socket.MSG_DONTWAIT)
    assert _refusal(session) == "Spark has not answered within 1 s."
    session.mend("ui_port")
    assert _is_opened(session)


@pytest.mark.parametrize("kind", ["fail", "break"])
def test_a_call_for_the_port_that_fails_is_told(fake_session: NewFakeSession, kind: str) -> None:
    session = fake_session()
    session.fault("ui_port", kind)
    assert _refusal(session) == "Spark does not answer."
    session.mend("ui_port")
    assert _is_opened(session)


def test_a_paused_pool_member_refuses_until_it_goes_on(fake_session: NewFakeSession) -> None:
    session = fake_session(pool={"nice": 0})
    session.send("pause")
    session.send("ping", id=1)
    session.until("pong")
    assert _refusal(session) == "The driver waits for a session, and stands still meanwhile."
    session.claim()
    assert _is_opened(session)


def test_connections_end_with_the_session_before_anything_is_waited_for(new_fake_session: NewFakeSession) -> None:
    stays = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()"
    session = new_fake_session(env={"FAKE_JVM": stays})
    session.ready()
    with _fake_ui(session), _asked(session) as (answer, connection):
        assert answer == {"type": "opened"}
        session.send("shutdown", graceMs=600_000)
        assert connection.recv(1) == b""
    wait_for(lambda: not session.ports_socket_path.exists())
    assert session.process.poll() is None


# With a real Spark


@pytest.mark.main_engine
def test_sparks_ui_is_reached(session: Session) -> None:
    assert session.ports_socket_path.stat().st_mode & 0o777 == 0o600
    application = session.run("print(sc.applicationId)")["stdout"].strip()
    assert _applications(session) == [application]


@pytest.mark.main_engine
def test_the_ui_is_that_of_the_context_that_lives(session: Session, tmp_path: Path) -> None:
    gate = tmp_path / "go"
    waits = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)"
    run = session.start(f"spark.stop()\nprint('stopped', flush=True)\n{waits}")
    session.says(run, "stopped")
    assert _refusal(session) == "The session has no Spark context at the moment."
    gate.touch()
    assert session.finished(run)["outcome"] == "completed"
    application = session.run("print(sc.applicationId)")["stdout"].strip()
    assert _applications(session) == [application]

    made = "spark.stop()\nspark = type(spark).builder.appName('mine').getOrCreate()\nprint(spark.sparkContext.applicationId)"
    application = session.run(made)["stdout"].strip()
    assert _applications(session) == [application]
    session.run("spark.stop()")


@pytest.mark.main_engine
def test_a_ui_that_is_switched_off_is_refused(engine: Engine, new_session: NewSession) -> None:
    session = new_session(engine, conf={"spark.ui.enabled": "false"})
    session.ready()
    assert _refusal(session) == "Spark's UI is switched off in this session."
