"""The guardian: the supervisor's parent process. It only ends the processes that are left when the supervisor
is killed.

A process of the session may clear its environment, and with it the tag by which the server would find the
process. While the supervisor lives, such a process is still its descendant, because the supervisor is a
subreaper. When the supervisor is killed, the kernel hands its orphans to the next subreaper above, which is
the guardian. Conversely, a supervisor whose guardian is killed ends its session. A process that cleared its
tag can be left only if both are killed at the same moment.

The supervisor is forked off before anything large is imported, so the guardian costs only some 6 MB.
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
    """Forks. The child becomes the supervisor; the parent stays here as the guardian and never returns.

    Returns, in the child, a descriptor that reaches end-of-file when the guardian ends.
    """
    become_subreaper()
    watched, held = os.pipe()
    # Handlers that do nothing are used, because the session's processes would inherit SIG_IGN.
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
    _end_all()  # before the message: writing it fails if the disk is full
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
