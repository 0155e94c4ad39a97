"""Every child of this process, as waiting for them sees it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from typing import Dict

from glaux_driver.supervisor.processes import descendants, kill


class Children:
    """Reaps every child of this process, those adopted from dead parents too, and tells how the ones it was asked about ended.

    Nothing else in the supervisor may wait for a child.
    """

    def __init__(self) -> None:
        self._exits: Dict[int, asyncio.Future[int]] = {}
        self._popens: Dict[int, subprocess.Popen[bytes]] = {}
        self._someone_died = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self.reap)

    def watch(self, child: subprocess.Popen[bytes]) -> asyncio.Future[int]:
        """The child's return code (as subprocess has it: negative for a signal), once it has died."""
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
        """SIGKILL to all descendants, again and again until none is left."""
        while True:
            self._someone_died.clear()
            self.reap()
            remaining = descendants(os.getpid())
            if not remaining:
                return
            kill(remaining)
            try:
                # The time limit is for those whose parent is another descendant: nobody tells when they are gone.
                await asyncio.wait_for(self._someone_died.wait(), 0.05)
            except asyncio.TimeoutError:
                pass
