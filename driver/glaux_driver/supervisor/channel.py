"""The Unix socket on which the server talks to this driver. It serves one server at a time: the newest
connection wins.

A connection has to present the token within five seconds; otherwise it is closed. After the welcome, the
server gets the journal's events from the number that it asks for, then every new event as it happens.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from pathlib import Path
from typing import Callable, Iterable, Optional, Set

from glaux_driver import PROTOCOL
from glaux_driver.messages import FROM_SERVER, Hello, Message, MessageError, Welcome, decode, encode
from glaux_driver.supervisor.private_socket import private_socket

_HELLO_LIMIT_S = 5.0
_LINE_LIMIT = 16 * 1024 * 1024
_SLOW_READER_BYTES = 1024 * 1024

logger = logging.getLogger(__name__)


class Channel:
    def __init__(
        self,
        token: str,
        welcome: Callable[[], Welcome],
        replay: Callable[[int], Iterable[bytes]],
        on_message: Callable[[Message], None],
        on_presence: Callable[[bool], None],
    ) -> None:
        """`on_presence` is called with whether a server is connected, whenever that changes."""
        self._token = token
        self._welcome = welcome
        self._replay = replay
        self._on_message = on_message
        self._on_presence = on_presence
        self._writer: Optional[asyncio.StreamWriter] = None
        self._connections: Set[asyncio.StreamWriter] = set()
        self._server: Optional[asyncio.AbstractServer] = None
        self._path: Optional[Path] = None

    async def listen(self, path: Path) -> None:
        listener = private_socket(path)
        self._path = path
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=_LINE_LIMIT)

    @property
    def has_server(self) -> bool:
        return self._writer is not None

    def send(self, line: bytes) -> None:
        if self._writer is not None:
            self._writer.write(line)

    def send_if_quick(self, line: bytes) -> None:
        """For messages that may be lost: the line is dropped while the server does not keep up."""
        if self._writer is not None and self._writer.transport.get_write_buffer_size() < _SLOW_READER_BYTES:
            self._writer.write(line)

    async def close(self, flush_limit_s: float) -> None:
        """Refuses new connections, removes the socket, and flushes what was sent within `flush_limit_s`."""
        if self._server is not None:
            self._server.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        connections = list(self._connections)
        for connection in connections:
            connection.close()
        closing = asyncio.gather(*(one.wait_closed() for one in connections), return_exceptions=True)
        try:
            await asyncio.wait_for(closing, flush_limit_s)
        except asyncio.TimeoutError:
            pass  # a server that does not read

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            hello = await asyncio.wait_for(self._read_hello(reader), _HELLO_LIMIT_S)
            if hello is not None:
                self._install(writer, hello)
                await self._read_messages(reader, writer)
        except (OSError, ValueError, asyncio.TimeoutError, asyncio.CancelledError):
            pass  # a broken connection, or a line beyond the limit: the server connects again
        finally:
            self._connections.discard(writer)
            writer.close()
            if self._writer is writer:
                self._writer = None
                self._on_presence(False)

    async def _read_hello(self, reader: asyncio.StreamReader) -> Optional[Hello]:
        try:
            hello = decode(await reader.readline(), FROM_SERVER)
        except MessageError:
            return None
        if not isinstance(hello, Hello) or hello.protocol != PROTOCOL:
            return None
        return hello if hmac.compare_digest(hello.token.encode(), self._token.encode()) else None

    def _install(self, writer: asyncio.StreamWriter, hello: Hello) -> None:
        # This method awaits nothing, so no live event can come between the replayed events.
        previous, self._writer = self._writer, writer
        if previous is not None:
            previous.close()
        writer.write(encode(self._welcome()))
        for line in self._replay(hello.from_):
            writer.write(line)
        if previous is None:
            self._on_presence(True)

    async def _read_messages(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if self._writer is not writer:
                return
            try:
                message = decode(line, FROM_SERVER)
            except MessageError as error:
                logger.warning("message of the server ignored: %s", error)
                continue
            if message is not None:
                self._on_message(message)
