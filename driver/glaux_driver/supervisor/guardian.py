"""The parent of the supervisor, which does nothing but end what is left when the supervisor is killed.

Whatever a session starts may clear its environment, and with it the tag by which the server would find it. While the supervisor
lives, such a process is below it all the same (it is their subreaper); once it is killed, the kernel hands them to the next
subreaper above, which is this process. The other way round, a supervisor whose guardian is killed ends its session. Only where
both are killed at one moment can a process that hides from the tag be left.

It is forked off before the supervisor imports anything, so it costs some 6 MB.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from glaux_driver.supervisor.linux import become_subreaper
from glaux_driver.supervisor.processes import descendants, kill, send

_END_LIMIT_S = 30.0
_PAUSE_S = 0.02


def guard() -> int:
    """Forks, and returns in the supervisor-to-be: a descriptor that ends when the guardian does."""
    become_subreaper()
    watched, held = os.pipe()
    # Handlers rather than SIG_IGN, which the session's processes would inherit.
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, lambda *_: None)
    supervisor = os.fork()
    if supervisor == 0:
        os.close(held)
        return watched
    os.close(watched)
    signal.signal(signal.SIGTERM, lambda *_: send(supervisor, signal.SIGTERM))
    os._exit(_outlive(supervisor))


def _outlive(supervisor: int) -> int:
    status = _wait_for(supervisor)
    _end_all()  # first: where the disk is full, nothing can be said
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        _say(f"the supervisor was ended by {name}; what it has left was ended, too")
    return 1 if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _wait_for(child: int) -> int:
    while True:
        pid, status = os.wait()
        if pid == child:
            return status


def _end_all() -> None:
    give_up_at = time.monotonic() + _END_LIMIT_S
    while remaining := descendants(os.getpid()):
        if time.monotonic() > give_up_at:
            _say("some processes do not end although they were killed")
            return
        kill(remaining)
        _reap()
        time.sleep(_PAUSE_S)


def _say(message: str) -> None:
    try:
        print(f"guardian: {message}", file=sys.stderr, flush=True)
    except OSError:
        pass


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
