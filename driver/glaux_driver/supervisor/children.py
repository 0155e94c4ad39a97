"""Waiting for the children of this process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from typing import Dict

from glaux_driver.supervisor.processes import descendants, kill


class Children:
    """Reaps every child of this process, also children adopted from dead parents, and reports how watched
    children ended.

    Nothing else in the supervisor may wait for a child.
    """

    def __init__(self) -> None:
        self._exits: Dict[int, asyncio.Future[int]] = {}
        self._popens: Dict[int, subprocess.Popen[bytes]] = {}
        self._someone_died = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self.reap)

    def watch(self, child: subprocess.Popen[bytes]) -> asyncio.Future[int]:
        """The future resolves to the child's return code when it has died (as in subprocess: negative for a
        signal).
        """
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._exits[child.pid] = future
        self._popens[child.pid] = child
        return future

    def reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._someone_died.set()
            future = self._exits.pop(pid, None)
            if future is not None:
                code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
                self._popens.pop(pid).returncode = code
                if not future.done():
                    future.set_result(code)

    async def end_all(self) -> None:
        """Sends SIGKILL to all descendants, repeatedly, until none is left."""
        while True:
            self._someone_died.clear()
            self.reap()
            remaining = descendants(os.getpid())
            if not remaining:
                return
            kill(remaining)
            try:
                # The timeout is for descendants whose parent is another descendant: their end sends no
                # SIGCHLD here.
                await asyncio.wait_for(self._someone_died.wait(), 0.05)
            except asyncio.TimeoutError:
                pass
