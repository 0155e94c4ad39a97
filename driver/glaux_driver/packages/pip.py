"""Runs pip in the session's folder: what would reach beyond it is refused in a sentence, and pip does the rest.

pip itself is the engine's, in the version that the engine pins, and so is what we take of its inside: the parser of its commands.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, List, NoReturn, Optional

from glaux_driver.packages import REASON, Packages
from glaux_driver.packages.changes import Installation
from glaux_driver.packages.environment import constraints, make_environment, protected
from glaux_driver.packages.refusals import Refused, refuse

_OPTIONS_OF_OTHER_PLACES = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON")


def main(arguments: List[str]) -> NoReturn:
    packages = Packages.of_environment()
    make_environment(packages.folder)
    python = str(packages.folder / "bin" / "python")
    if sys.prefix != str(packages.folder):
        program = str(Path(__file__).with_name("session_pip.py"))
        os.execv(python, [python, "-I", "-B", program, *arguments])
    _set_up_environment()
    errors = _Errors(sys.stderr)
    sys.stderr = errors  # type: ignore[assignment]
    try:
        with _exit_code_told(errors):
            sys.exit(_run(packages, arguments, errors))
    finally:
        sys.stderr = errors.stream


def _run(packages: Packages, arguments: List[str], errors: _Errors) -> int:
    from pip._internal.cli.main import main as run_pip
    from pip._internal.cli.main_parser import parse_command
    from pip._internal.commands import create_command
    from pip._internal.exceptions import CommandError

    try:
        name, rest = parse_command(arguments)
    except CommandError:
        return int(run_pip(arguments))  # pip says it
    if name not in ("install", "uninstall"):
        return int(run_pip(arguments))
    options, named = create_command(name).parse_args(list(rest))
    versions = protected(packages.folder)
    refuse(name, options, named, packages, versions)
    more = ["--yes"] if name == "uninstall" else ["--constraint", str(constraints(packages.folder))]
    with Installation(packages) as installation:
        code = int(run_pip([name, *more, *rest]))
        installation.take_back(versions)
    for package in versions:
        if errors.blame_constraint(package, versions[package]):
            break
    return code


def _set_up_environment() -> None:
    # What a session's pip cannot do is not asked for by the machine's settings; its index, certificates and cache hold.
    for name in _OPTIONS_OF_OTHER_PLACES:
        os.environ.pop(name, None)
    os.environ.update(
        _PIP_RUNNING_IN_SUBPROCESS="1",  # pip's own sign that it has got to the Python that it is for
        PIP_USER="0",
        PIP_NO_INPUT="1",
        PIP_DISABLE_PIP_VERSION_CHECK="1",
    )


@contextmanager
def _exit_code_told(errors: _Errors) -> Iterator[None]:
    try:
        yield
    except Refused as error:
        print(f"ERROR: {error}", file=errors)
        _tell(str(error))
        sys.exit(1)
    except SystemExit as error:
        if error.code:
            _tell(errors.reason or "pip failed")
        raise


def _tell(reason: str) -> None:
    descriptor = os.environ.get(REASON)
    if descriptor:
        try:
            os.write(int(descriptor), reason.encode())
        except (OSError, ValueError):
            pass  # whoever wanted to know has gone, or a program between us has closed it


class _Errors:
    """Standard error, which is also listened to."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.reason: Optional[str] = None
        self._text = ""

    def write(self, text: str) -> int:
        self._text = (self._text + text)[-100_000:]
        if self.reason is None:
            self.reason = _first_error(self._text)
        return int(self.stream.write(text))

    def blame_constraint(self, package: str, version: str) -> bool:
        """If it was that one that pip could not bring into line with the rest, this says what it is."""
        if f"(constraint) {package}=={version}" not in self._text:
            return False
        self.reason = f"{package} {version} belongs to what this session runs on, and another version cannot be installed in it."
        print(f"ERROR: {self.reason}", file=self)
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _first_error(text: str) -> Optional[str]:
    complete = text.split("\n")[:-1]
    return next((line[7:].strip() for line in complete if line.startswith("ERROR: ")), None)
