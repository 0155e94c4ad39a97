"""Calls from Java: of a `foreachBatch` function,
of a StreamingQueryListener, of any Python object that Java has.

py4j answers each calling Java thread in a Python thread of its own. py4j's callback server starts these
threads, and the first calculation that needs the server starts the server. So the thread does not tell which
calculation a call belongs to. A call belongs to the calculation that handed the object to Java, and follows
the running calculation (threads.py). If a Python thread is waiting for Java when Java makes the call, the
call runs in that thread and belongs to the thread's owner.
"""

from __future__ import annotations

import functools
import logging
import socket
import threading
from contextlib import suppress
from typing import Any, Dict, Optional

from py4j import protocol
from py4j.clientserver import ClientServerConnection
from py4j.java_gateway import PythonProxyPool

from glaux_driver.runner.threads import Owner, Threads

logger = logging.getLogger(__name__)


class Callbacks:
    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._owners: Dict[str, Owner] = {}
        """The owners of the objects that Java has. The key is py4j's name for the object."""
        self._connections: Dict[int, Any] = {}
        """The connections on which a call is being answered. The key is the id of the thread that answers."""

    def hang_up(self, thread: int) -> None:
        """Makes Java stop waiting for the answer of a thread that was told to end and still waits in a
        call."""
        connection = self._connections.get(thread)
        if connection is not None and connection.socket is not None:
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)

    def install(self) -> None:
        """Must be called after pyspark is imported, and before pyspark makes a gateway."""
        put: Any = PythonProxyPool.put
        remove: Any = PythonProxyPool.__delitem__
        call: Any = ClientServerConnection._call_proxy

        @functools.wraps(put)
        def put_owned(pool: Any, object: Any, force_id: Any = None) -> str:
            name: str = put(pool, object, force_id)
            owner = self._threads.owner()
            if owner is not None:
                self._owners[name] = Owner(owner.output, follows=True)
            return name

        @functools.wraps(remove)
        def remove_owned(pool: Any, name: str) -> None:
            self._owners.pop(name, None)
            remove(pool, name)

        @functools.wraps(call)
        def call_owned(connection: Any, name: str, input: Any) -> Any:
            owner = None if connection.initiated_from_client else self._owners.get(name)
            if owner is None:
                return call(connection, name, input)
            return self._answer(owner, call, connection, name, input)

        PythonProxyPool.put = put_owned
        PythonProxyPool.__delitem__ = remove_owned
        ClientServerConnection._call_proxy = call_owned

    def _answer(self, owner: Owner, call: Any, connection: Any, name: str, input: Any) -> Any:
        thread = threading.get_ident()
        self._connections[thread] = connection
        try:
            return self._threads.run_as(owner, call, connection, name, input)
        except BaseException as error:
            # py4j answers Java only if an `Exception` is raised. After another error Java would wait for
            # ever, and a Stop ends calls by SystemExit.
            return _failure(error, connection.pool)
        finally:
            self._connections.pop(thread, None)


def _failure(error: BaseException, pool: Any) -> str:
    text = f"{type(error).__name__}: {error}"
    part: Optional[str] = protocol.get_command_part(text, pool)
    return f"{protocol.RETURN_MESSAGE}{protocol.ERROR}{part}"
