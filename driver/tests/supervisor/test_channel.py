from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, List

import pytest

from glaux_driver.messages import Message, Ping, Welcome
from glaux_driver.supervisor import channel as channel_module
from glaux_driver.supervisor.channel import Channel


class Served:
    """A channel with a journal of three lines. It keeps the messages that it has heard."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: List[Message] = []
        self.presence: List[bool] = []
        self.clients: List[Client] = []
        self.channel = Channel(
            "secret",
            lambda: Welcome(1, "d", 1, 3, "ready", None),
            lambda seq: (b'{"seq":%d}\n' % number for number in range(seq + 1, 4)),
            self.heard.append,
            self.presence.append,
        )

    async def open(self) -> Client:
        client = Client(*await asyncio.open_unix_connection(str(self.path)))
        self.clients.append(client)
        return client

    async def connect(self, **hello: Any) -> Client:
        client = await self.open()
        await client.send({"type": "hello", "protocol": 1, "token": "secret", "from": 0, **hello})
        return client


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, message: Dict[str, Any]) -> None:
        await self.send_line(json.dumps(message).encode() + b"\n")

    async def send_line(self, line: bytes) -> None:
        self._writer.write(line)
        await self._writer.drain()

    async def receive(self) -> Any:
        """The next message; None at the end of the connection."""
        line = await asyncio.wait_for(self._reader.readline(), 5)
        return json.loads(line) if line else None

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


def serve(tmp_path: Path, scenario: Callable[[Served], Awaitable[None]]) -> None:
    async def main() -> None:
        served = Served(tmp_path / "s")
        await served.channel.listen(served.path)
        try:
            await scenario(served)
        finally:
            for client in served.clients:
                await client.close()
            await served.channel.close(1)
        assert not served.path.exists()

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    async def check() -> None:
        while not condition():
            await asyncio.sleep(0.005)

    await asyncio.wait_for(check(), 5)


def test_a_server_is_welcomed_gets_what_it_missed_and_then_live_events(tmp_path: Path) -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect(**{"from": 1})
        assert (await client.receive())["type"] == "welcome"
        served.channel.send(b'{"seq":4}\n')
        assert [(await client.receive())["seq"] for _ in range(3)] == [2, 3, 4]
        assert served.presence == [True]
        await client.close()
        await until(lambda: served.presence == [True, False])
        served.channel.send(b"nobody hears this\n")

    serve(tmp_path, scenario)


def test_the_socket_belongs_to_its_user_alone(tmp_path: Path) -> None:
    async def scenario(served: Served) -> None:
        assert served.path.stat().st_mode & 0o777 == 0o600

    serve(tmp_path, scenario)


@pytest.mark.parametrize("hello", [{"token": "wrong"}, {"protocol": 2}, {"type": "ping", "id": 1}, {"token": None}])
def test_a_connection_without_a_valid_hello_is_closed(tmp_path: Path, hello: Dict[str, Any]) -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect(**hello)
        assert await client.receive() is None
        assert served.presence == []

    serve(tmp_path, scenario)


def test_a_connection_that_says_nothing_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "_HELLO_LIMIT_S", 0.05)

    async def scenario(served: Served) -> None:
        client = await served.open()
        assert await client.receive() is None

    serve(tmp_path, scenario)


def test_a_new_server_replaces_the_old_one_and_a_stranger_does_not(tmp_path: Path) -> None:
    async def scenario(served: Served) -> None:
        first = await served.connect(**{"from": 3})
        assert (await first.receive())["type"] == "welcome"
        stranger = await served.connect(token="wrong")
        assert await stranger.receive() is None
        second = await served.connect(**{"from": 3})
        assert (await second.receive())["type"] == "welcome"
        assert await first.receive() is None
        served.channel.send(b'{"seq":4}\n')
        assert (await second.receive())["seq"] == 4
        assert served.presence == [True]
        assert served.channel.has_server

    serve(tmp_path, scenario)


def test_messages_are_heard_in_order_and_nonsense_is_left_out(tmp_path: Path) -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect()
        await client.send_line(b'nonsense\n{"type":"newer"}\n{"type":"ping"}\n')
        await client.send_line(b'{"type":"ping","id":1}\n{"type":"pi')
        await client.send_line(b'ng","id":2}\n')
        await until(lambda: served.heard == [Ping(1), Ping(2)])

    serve(tmp_path, scenario)


def test_what_was_sent_last_arrives_before_the_end(tmp_path: Path) -> None:
    async def scenario(served: Served) -> None:
        client = await served.connect(**{"from": 3})
        await client.receive()
        served.channel.send(b'{"type":"ended"}\n')
        await served.channel.close(1)
        assert (await client.receive())["type"] == "ended"
        assert await client.receive() is None

    serve(tmp_path, scenario)
