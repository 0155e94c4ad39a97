"""`%pip`, and commands that may run pip.
Code that follows sees the packages as these commands have left them.

pip runs in a process of its own (glaux_driver/packages/pip.py). A command finds this program by the PATH. If
a command calls pip in another way, pip hands over to this program because of PIP_PYTHON.
"""

from __future__ import annotations

import glob
import os
import re
import shlex
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import List, Optional

from glaux_driver.packages import BIN, REASON, Packages
from glaux_driver.runner import commands
from glaux_driver.runner.reload_hint import installed, reload_hint

_LIMIT_OF_A_REASON = 2000

packages = Packages.of_environment()


class PipFailed(Exception):
    """The message is a sentence that says why. What pip wrote is in the calculation's output."""


PipFailed.__module__ = "builtins"


class watched:
    """A context manager around a command that may run pip: `with watched() as watch:`.
    At the end of the block it raises PipFailed if pip has failed in the command, and the command has failed,
    too.

    It is a class, because with a generator the user's traceback would show frames of contextlib.
    """

    def __init__(self, is_pip: bool = False) -> None:
        self._is_pip = is_pip

    def __enter__(self) -> watched:
        self._before = installed(packages.site)
        self._reason = _make_reason()
        self.environment = {**os.environ, REASON: str(self._reason or os.devnull)}
        """The environment with which the command is to be run."""
        self.code = 0
        """The command's exit code. The `with` block must set this."""
        return self

    def __exit__(self, error: object, *_: object) -> None:
        text = _take_reason(self._reason)
        refresh()
        if error is not None:
            return
        hint = reload_hint(packages.site, self._before)
        if hint:
            print(hint, flush=True)
        if self.code and (text or self._is_pip):
            raise PipFailed(text or f"pip ended with exit code {self.code} and without a reason.")


def _make_reason() -> Optional[Path]:
    """Makes a file into which pip writes why it failed, while the command runs.

    Each command gets a file with a new name, and the file is removed after the command. So a child process
    that goes on after its command cannot change the reason of a later command.
    """
    folder = None if packages.folder == Path(os.devnull) else packages.folder.parent
    try:
        descriptor, name = tempfile.mkstemp(prefix="pip-", dir=folder)
    except OSError:
        return None  # the disk may be full; the command runs all the same
    os.close(descriptor)
    return Path(name)


def _take_reason(file: Optional[Path]) -> str:
    if file is None:
        return ""
    try:
        with file.open(encoding="utf-8", errors="replace") as reason:
            text = reason.read(_LIMIT_OF_A_REASON)
        file.unlink()
        return text
    except OSError:
        return ""  # the command has removed it


def run_pip(line: str) -> None:
    """Runs `%pip …`. Raises PipFailed."""
    with (
        watched(is_pip=True) as watch,
        subprocess.Popen(
            [str(BIN / "pip"), *_split(line)],
            env=watch.environment,
            stdout=commands.pipe("stdout"),
            stderr=commands.pipe("stderr"),
        ) as process,
    ):
        watch.code = _wait(process)


def run_pip_module(command: List[str]) -> int:
    """Runs pip for code that calls pip as a module (glaux_driver/packages/pip_module.py).
    Returns the exit code. Like pip itself, raises nothing if pip fails."""
    code: int = commands.run(command).returncode
    refresh()
    return code


def refresh() -> None:
    """Makes the installed packages importable.
    While nothing is installed, this costs one look at the disk."""
    # With this variable pip would change the Python in which it runs, and not hand over to another.
    os.environ.pop("_PIP_RUNNING_IN_SUBPROCESS", None)
    if packages.changed_at() is not None:
        from glaux_driver.packages.changes import mend

        mend(packages)
        packages.adopt()


def _wait(process: subprocess.Popen[bytes]) -> int:
    try:
        commands.show(*process.communicate())
        return process.returncode
    except BaseException:
        # On SIGINT pip undoes its work. A Stop kills pip soon after the signal; then `mend` undoes the work.
        process.send_signal(signal.SIGINT)
        raise


def _split(line: str) -> List[str]:
    """Splits the line as a shell would, but does not take `package>=1` for a redirection."""
    words = shlex.split(re.sub(r"(^|\s)#.*", "", line))
    expanded = [os.path.expandvars(os.path.expanduser(word)) for word in words]
    return [found for word in expanded for found in (("*" in word and sorted(glob.glob(word))) or [word])]
