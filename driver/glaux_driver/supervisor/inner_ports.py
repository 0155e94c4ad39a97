"""The Unix socket on which the server reaches the driver's inner ports: TCP ports on loopback that have
names.

A connection presents the token and a name, and then carries the bytes of a connection to that port. A
connection that breaks, or whose reader is slow, affects no other: at most a few hundred kilobytes are
buffered for each.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Awaitable, Callable, Iterator, Optional, Set

from glaux_driver import PROTOCOL
from glaux_driver.messages import OF_INNER_PORTS, Open, Opened, Refused, decode, encode
from glaux_driver.supervisor.private_socket import private_socket

_HOST = "127.0.0.1"
_LINE_LIMIT = 4096
_CHUNK = 64 * 1024
_CONNECT_LIMIT_S = 5.0

logger = logging.getLogger(__name__)


class NoSuchPort(Exception):
    """The port cannot be had. The message is a sentence that tells people why."""


class InnerPorts:
    def __init__(self, token: str, port_of: Callable[[str], Awaitable[int]], open_limit_s: float = 5.0) -> None:
        """`port_of` is called for each connection, as a port may change. `port_of` raises NoSuchPort."""
        self._token = token
        self._port_of = port_of
        self._open_limit_s = open_limit_s
        self._connections: Set[asyncio.Task[Any]] = set()
        self._server: Optional[asyncio.AbstractServer] = None
        self._path: Optional[Path] = None

    async def listen(self, path: Path) -> None:
        listener = private_socket(path)
        self._path = path
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=_LINE_LIMIT)

    def close(self) -> None:
        """Refuses new connections, removes the socket, and breaks the existing connections."""
        if self._server is not None:
            self._server.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        for connection in self._connections:
            connection.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        try:
            with _ended_after(writer):
                asked = await asyncio.wait_for(self._read_open(reader), self._open_limit_s)
                if asked is not None:
                    await self._connect(asked.port, reader, writer)
        except (OSError, ValueError, asyncio.TimeoutError, asyncio.CancelledError):
            pass  # the connection broke, sent no `open` in time, or was cancelled by close()
        finally:
            self._connections.discard(connection)

    async def _read_open(self, reader: asyncio.StreamReader) -> Optional[Open]:
        asked = decode(await reader.readline(), OF_INNER_PORTS)
        if not isinstance(asked, Open) or asked.protocol != PROTOCOL:
            return None
        return asked if hmac.compare_digest(asked.token.encode(), self._token.encode()) else None

    async def _connect(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            port = await self._port_of(name)
            connecting = asyncio.open_connection(_HOST, port)
            inner_reader, inner_writer = await asyncio.wait_for(connecting, _CONNECT_LIMIT_S)
        except NoSuchPort as refusal:
            await _send(writer, encode(Refused(str(refusal))))
        except (OSError, asyncio.TimeoutError) as error:
            logger.info("the port %s could not be connected to: %r", name, error)
            await _send(writer, encode(Refused(f"The driver's port {name} takes no connections at the moment.")))
        else:
            with _ended_after(inner_writer):
                await _send(writer, encode(Opened()))
                await asyncio.gather(_forward(reader, inner_writer), _forward(inner_reader, writer))


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        await _send(writer, data)
    writer.write_eof()


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Returns when the kernel has taken all of `data`. (_ended_after has set the write buffer's
    limit to 0.)
    """
    writer.write(data)
    await writer.drain()


@contextmanager
def _ended_after(writer: asyncio.StreamWriter) -> Iterator[None]:
    """Aborts the connection after the block.

    Bytes that _send has sent are in the kernel, and still delivered.
    """
    writer.transport.set_write_buffer_limits(0)
    try:
        yield
    finally:
        writer.transport.abort()
