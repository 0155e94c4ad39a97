"""`%pip`, and commands that may run pip: what they change is there for the code that follows.

pip itself runs in a process of its own (glaux_driver/packages/pip.py), as does every pip that a command calls: by the PATH, and by
PIP_PYTHON for one that is called otherwise.
"""

from __future__ import annotations

import glob
import os
import re
import shlex
import signal
import subprocess
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List

from glaux_driver.packages import BIN, REASON, Packages
from glaux_driver.runner.reload_hint import installed, reload_hint

_LIMIT_OF_A_REASON = 2000
_END_WAIT_S = 5.0

packages = Packages.of_environment()


class PipFailed(Exception):
    """The message is a sentence; pip's text is in the calculation's output."""


PipFailed.__module__ = "builtins"


class Watch:
    def __init__(self, reason: int) -> None:
        self.options: Dict[str, Any] = {"pass_fds": [reason], "env": {**os.environ, REASON: str(reason)}}
        """For Popen."""
        self.code = 0
        """What the command ended with."""


@contextmanager
def watched() -> Iterator[Watch]:
    """For a command that may run pip. Raises PipFailed at its end if pip failed, and with it the command."""
    before = installed(packages.site)
    reason = os.memfd_create("pip", os.MFD_CLOEXEC)
    try:
        watch = Watch(reason)
        try:
            yield watch
        finally:
            refresh()
        hint = reload_hint(packages.site, before)
        if hint:
            print(hint, flush=True)
        text = os.pread(reason, _LIMIT_OF_A_REASON, 0).decode("utf-8", "replace")
        if watch.code and text:
            raise PipFailed(text)
    finally:
        os.close(reason)


def run_pip(line: str) -> None:
    """`%pip …`. Raises PipFailed."""
    with watched() as watch, subprocess.Popen([str(BIN / "pip"), *_split(line)], **watch.options) as process:
        watch.code = _wait(process)


def refresh() -> None:
    """Makes what is installed now importable. Costs one look at the folder while there is none."""
    if packages.changed_at() is not None:
        from glaux_driver.packages.changes import mend

        mend(packages)
        packages.adopt()


def _wait(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait()
    except BaseException:
        # pip takes back what it has begun, if it is let.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_END_WAIT_S)
        finally:
            process.kill()
        raise


def _split(line: str) -> List[str]:
    """As a shell would, but `package>=1` is no redirection."""
    words = shlex.split(re.sub(r"(^|\s)#.*", "", line))
    expanded = [os.path.expandvars(os.path.expanduser(word)) for word in words]
    return [found for word in expanded for found in (("*" in word and sorted(glob.glob(word))) or [word])]
