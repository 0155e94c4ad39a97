"""The runner's end of the control socket.

A thread reads the socket, so that the runner ends as soon as the supervisor has ended, whatever user code is
doing. Child processes that user code forks close their copy of the socket. So they cannot speak for the
runner, nor keep the supervisor from seeing the runner's end.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
from typing import NoReturn, Optional

from glaux_driver.messages import TO_RUNNER, Exit, Log, Message, MessageError, Stop, decode, encode


class Control:
    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(True)
        self._socket.set_inheritable(False)
        self._sending = threading.Lock()
        self._received: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.stopped: Optional[str] = None
        """The calculation of the last `stop` message.
        It is set as soon as the message arrives, while code still runs."""
        os.register_at_fork(after_in_child=self._abandon)
        threading.Thread(target=self._read, name="glaux-control", daemon=True).start()

    def receive(self) -> Message:
        """The next message. Blocks until there is one; signal handlers run meanwhile."""
        return self._received.get()

    def send(self, message: Message) -> None:
        with self._sending:
            self._socket.sendall(encode(message))

    def log(self, text: str) -> None:
        self.send(Log(text))

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                chunk = self._socket.recv(1 << 16)
            except OSError:
                chunk = b""
            if not chunk:
                end_now()
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            message = decode(line, TO_RUNNER)
        except MessageError as error:
            self.log(f"The runner ignores a message: {error}")
            return
        if isinstance(message, Exit):
            end_now()
        if isinstance(message, Stop):
            self.stopped = message.calculation_id
        elif message is not None:
            self._received.put(message)

    def _abandon(self) -> None:
        # A lock that another thread held while forking would stay locked for ever in the child.
        self._sending = threading.Lock()
        self._socket.close()


def end_now() -> NoReturn:
    """Ends the process without waiting for anything: user threads and exit handlers may block for ever."""
    os._exit(0)
