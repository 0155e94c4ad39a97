"""Runs pip for the session's folder. What would change anything outside the folder is refused, in a sentence.

The engine pins the version of pip. So this module may also use pip's command parser, which is no public
interface.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, NoReturn

from glaux_driver.packages import REASON, Packages
from glaux_driver.packages.changes import Installation
from glaux_driver.packages.environment import constraints, make_environment, protected
from glaux_driver.packages.heard import Heard
from glaux_driver.packages.refusals import Refused, changes_configuration, refuse, refuse_editable_lines

_LOOKED_AT = ("install", "uninstall", "config", "cache")
_OPTIONS_OF_OTHER_PLACES = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON")


def main(arguments: List[str]) -> NoReturn:
    packages = Packages.of_environment()
    make_environment(packages.folder)
    python = str(packages.folder / "bin" / "python")
    if sys.prefix != str(packages.folder):
        program = str(Path(__file__).with_name("session_pip.py"))
        os.execv(python, [python, "-I", "-B", program, *arguments])
    _set_up_environment()
    heard = Heard()
    with heard, _exit_code_told(heard):
        sys.exit(_run(packages, arguments, heard))


def _run(packages: Packages, arguments: List[str], heard: Heard) -> int:
    from pip._internal.cli.main import main as run_pip
    from pip._internal.cli.main_parser import parse_command
    from pip._internal.commands import create_command
    from pip._internal.exceptions import CommandError

    try:
        name, rest = parse_command(arguments)
    except CommandError:
        return int(run_pip(arguments))  # pip itself reports the error
    if name not in _LOOKED_AT:
        return int(run_pip(arguments))
    command = create_command(name)
    options, named = command.parse_args(list(rest))
    versions = protected(packages.folder)
    refuse(name, options, named, packages, versions)
    if changes_configuration(name, named):
        return int(run_pip([name, "--site", *rest]))
    if name in ("config", "cache"):
        return int(run_pip(arguments))
    if name == "install":
        refuse_editable_lines(command, options)
    more = ["--yes"] if name == "uninstall" else ["--constraint", str(constraints(packages.folder))]
    with Installation(packages) as installation:
        code = int(run_pip([name, *more, *rest]))
        installation.take_back(versions)
    blamed = next((f"{package} {versions[package]}" for package in versions if heard.blames(package)), None)
    if code and blamed is not None:
        raise Refused(f"{blamed} belongs to what this session runs on, and no other version can be installed in it.")
    return code


def _set_up_environment() -> None:
    # The machine's settings of index, certificates and cache stay in force.
    # Settings that name another place to install to are removed.
    for name in _OPTIONS_OF_OTHER_PLACES:
        os.environ.pop(name, None)
    os.environ.update(
        _PIP_RUNNING_IN_SUBPROCESS="1",  # by this pip knows that it runs in the Python that it is to change
        PIP_USER="0",
        PIP_NO_INPUT="1",
        PIP_DISABLE_PIP_VERSION_CHECK="1",
    )


@contextmanager
def _exit_code_told(heard: Heard) -> Iterator[None]:
    try:
        yield
    except Refused as error:
        print(f"ERROR: {error}", file=sys.stderr)
        _tell(str(error))
        sys.exit(1)
    except SystemExit as error:
        if error.code:
            _tell(heard.reason or "pip failed")
        raise


def _tell(reason: str) -> None:
    file = os.environ.get(REASON)
    if file:
        try:
            # The file is not made here: if it does not exist, nobody waits for the reason any more.
            descriptor = os.open(file, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(reason)
