"""`get_ipython()`: IPython's shell for its magics' syntax and its display system. It never runs code.

Its `run_cell` would rename files, print tracebacks itself and swallow KeyboardInterrupt; its history, profile and completer would
write to the home folder.
"""

from __future__ import annotations

import subprocess
import tempfile
from types import ModuleType
from typing import Any, Callable, Mapping, Optional

import IPython
from IPython.core.error import UsageError as IPythonUsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from IPython.utils.text import SList
from traitlets.config import Config

from glaux_driver.runner import figures, packages, tables
from glaux_driver.runner.display import ResultPublisher
from glaux_driver.runner.threads import Threads

Magic = Callable[[str, str], Any]
"""What is called with the rest of the line and, for a cell magic, with the lines below it."""


class UsageError(IPythonUsageError):  # type: ignore[misc]
    """Shown by its bare name, as IPython shows it."""


UsageError.__module__ = "builtins"

# Elsewhere IPython puts values in for `{name}` and `$name`. SQL uses both itself (`rlike '^a{2}$'`), and variables hold them.
_TAKEN_AS_WRITTEN = ("sql", "env")


class Shell(InteractiveShell):  # type: ignore[misc]
    display_pub: ResultPublisher
    line_magics: Mapping[str, Magic] = {}
    cell_magics: Mapping[str, Magic] = {}
    folder: Optional[str] = None
    """For temporary files, which go with the session. By default the system's."""

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        magic = self.line_magics.get(magic_name)
        if magic is None:
            raise UsageError(f"Line magic function `%{magic_name}` not found. %lsmagic lists what there is.")
        return magic(self._expand(magic_name, line, _stack_depth), "")

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        magic = self.cell_magics.get(magic_name)
        if magic is None:
            hint = f" There is a line magic `%{magic_name}`." if magic_name in self.line_magics else ""
            raise UsageError(f"Cell magic `%%{magic_name}` not found.{hint} %lsmagic lists what there is.")
        return magic(self._expand(magic_name, line, 1), cell)

    def system(self, cmd: str) -> None:
        """`!command`: its output goes to the calculation's like that of any child process."""
        command = self.var_expand(cmd, depth=1)
        with packages.watched() as watch:
            watch.code = subprocess.call(command, shell=True, executable="/bin/sh", env=watch.environment)
            self.user_ns["_exit_code"] = watch.code

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """`lines = !command`"""
        command = self.var_expand(cmd, depth=depth + 1)
        with packages.watched() as watch:
            done = subprocess.run(
                command, shell=True, executable="/bin/sh", stdout=subprocess.PIPE, check=False, env=watch.environment
            )
            self.user_ns["_exit_code"] = watch.code = done.returncode
        text = done.stdout.decode("utf-8", "backslashreplace")
        return SList(text.splitlines()) if split else text

    def _expand(self, magic_name: str, line: str, depth: int) -> str:
        return line if magic_name in _TAKEN_AS_WRITTEN else str(self.var_expand(line, depth=depth + 1))

    def _skip(self, *_: Any, **__: Any) -> None:
        """In place of what InteractiveShell's constructor would set up and a session must not have."""

    init_ipython_dir = _skip
    init_history = init_logstart = _skip  # a database in the home folder, and a thread
    init_user_ns = _skip  # In, Out, exit, quit and more among the user's names
    init_virtualenv = _skip  # another search path than the engine's
    init_magics = init_alias = init_extension_manager = _skip  # magics are those of magics.py
    init_completer = init_pdb = _skip  # standard input is empty

    def init_profile_dir(self, profile_dir: Any = None) -> None:
        """IPython 8, the last for Python 3.9, insists on a folder for a small database; ours goes with the session."""
        if IPython.version_info < (9,):
            self.profile_dir = ProfileDir.create_profile_dir(tempfile.mkdtemp(prefix="ipython-", dir=self.folder))

    def prepare_user_module(self, user_module: Any = None, user_ns: Any = None) -> Any:
        """`__main__` as it is."""
        return user_module, user_module.__dict__


def create_shell(main: ModuleType, threads: Threads, folder: Optional[str] = None) -> Shell:
    from pyspark.sql import DataFrame

    Shell.folder = folder
    config = Config()
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.xmode = "Plain"
    shell: Shell = Shell.instance(user_module=main, display_pub_class=ResultPublisher, config=config)
    shell.display_pub.threads = threads
    for name in ("_", "__", "___"):
        main.__dict__.pop(name, None)  # the last results of a prompt that does not exist
    formatter: Any = shell.display_formatter
    formatter.mimebundle_formatter.for_type(DataFrame, lambda frame, **_: tables.to_bundle(frame))
    formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", figures.to_png)
    return shell
