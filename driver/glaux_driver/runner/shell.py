"""`get_ipython()`: IPython's shell for its magics, its display system and its extensions.

It runs no code itself. IPython's own `run_cell` would rename files, print tracebacks itself and swallow
KeyboardInterrupt; its history and profile would be in the home folder. So the code inside a magic is run by the
session's `Executor`, and what fails in it is raised.

IPython's magics take memory and time to load. They are loaded when one of them is first asked for.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from types import ModuleType
from typing import Any, Callable, Dict, Mapping, Optional

from IPython.core.alias import default_aliases
from IPython.core.error import UsageError as IPythonUsageError
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult
from IPython.core.magic import MAGIC_NO_VAR_EXPAND_ATTR, no_var_expand
from IPython.utils.text import DollarFormatter, SList
from traitlets.config import Config

from glaux_driver.runner import commands, figures, files_of_user, tables
from glaux_driver.runner.display import ResultPublisher
from glaux_driver.runner.errors import format_error
from glaux_driver.runner.lazy_shell import LazyShell
from glaux_driver.runner.memory_store import MemoryStore
from glaux_driver.runner.placed import Place, Placed, placed
from glaux_driver.runner.threads import Threads
from glaux_driver.runner.transform import transform

Magic = Callable[[str, str], Any]
"""What is called with the rest of the line and, for a cell magic, with the lines below it."""


class UsageError(IPythonUsageError):  # type: ignore[misc]
    """Shown by its bare name, as IPython shows it."""


UsageError.__module__ = IPythonUsageError.__module__ = "builtins"

# Elsewhere IPython puts values in for `{name}` and `$name`. SQL uses both itself (`rlike '^a{2}$'`), and variables hold them.
_TAKEN_AS_WRITTEN = ("sql", "env", "table", "plotly")
_PUT_IN = DollarFormatter()

# Without these no calculation could begin, show something or call a magic.
_PARTS = (
    "blocks", "builtin_trap", "compile", "display_formatter", "display_pub", "events", "hooks", "logger", "prefilter_manager",
    "user_module", "user_ns",
)  # fmt: skip


class Shell(LazyShell):
    display_pub: ResultPublisher
    line_magics: Mapping[str, Magic] = {}
    cell_magics: Mapping[str, Magic] = {}
    """The session's own. Once IPython's magics are loaded, they stand among those."""
    execute: Callable[[str, Place], None]
    last_error = ""
    """What `%tb` prints."""
    _kept: Dict[str, Any] = {}

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        caller = sys._getframe(_stack_depth)
        function = self.find_line_magic(magic_name)
        if function is None:
            raise UsageError(f"Line magic function `%{magic_name}` not found. %lsmagic lists what there is.")
        return self._call(function, caller, line)

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        caller = sys._getframe(1)
        function = self.find_cell_magic(magic_name)
        if function is None:
            is_line_magic = self.find_line_magic(magic_name) is not None
            hint = f" There is a line magic `%{magic_name}`." if is_line_magic else ""
            raise UsageError(f"Cell magic `%%{magic_name}` not found.{hint} %lsmagic lists what there is.")
        if cell == "" and magic_name not in self.cell_magics:
            is_line_magic = self.find_line_magic(magic_name) is not None
            hint = f" Did you mean the line magic %{magic_name}?" if is_line_magic else ""
            raise UsageError(f"%%{magic_name} is a cell magic, but there is nothing below its line.{hint}")
        return self._call(function, caller, line, cell)

    def magic(self, arg_s: str) -> Any:
        """The old way to call a line magic, which IPython has given up and notebooks still use."""
        name, _, line = arg_s.partition(" ")
        return self.run_line_magic(name.lstrip("%"), line, _stack_depth=2)

    def _call(self, function: Any, caller: Any, line: str, cell: Optional[str] = None) -> Any:
        file = caller.f_code.co_filename
        place = Place(file, caller.f_lineno, caller.f_locals) if file in files_of_user else Place(scope=caller.f_locals)
        if not getattr(function, MAGIC_NO_VAR_EXPAND_ATTR, False):
            line = self._expand(line, place)
        options: Dict[str, Any] = {}
        if getattr(function, "needs_local_scope", False):
            options["local_ns"] = place.scope if cell is None else self.user_ns
        below = [] if cell is None else [placed(cell, place._replace(line=place.line + 1))]
        outer, self.compile.place = self.compile.place, place
        try:
            with self.builtin_trap:
                return function(line, *below, **options)
        finally:
            self.compile.place = outer

    def _expand(self, line: str, place: Place) -> str:
        scope = {**self.user_ns, **(place.scope or {})}
        try:
            return str(_PUT_IN.vformat(line, args=[], kwargs=scope))
        except Exception:  # as IPython: what does not fit stays as it is
            return line

    def find_line_magic(self, magic_name: str) -> Any:
        return self._find("line", magic_name, self.line_magics)

    def find_cell_magic(self, magic_name: str) -> Any:
        return self._find("cell", magic_name, self.cell_magics)

    def _find(self, kind: str, name: str, own: Mapping[str, Magic]) -> Any:
        """The session's own need nothing of IPython's, as long as nothing else can have taken their names."""
        if not self.has_loaded_magics and name in own:
            return as_ipythons(name, own[name], kind)
        return self._find_with_lazy_load(kind, name)

    def _find_with_lazy_load(self, type_: str, magic_name: str) -> Any:
        manager = self.magics_manager
        function = (
            manager.find(type_, magic_name) if hasattr(manager, "find") else manager.magics[type_].get(magic_name)
        )
        extension = manager.lazy_magics.get(magic_name)
        if function is None and extension is not None:
            self.extension_manager.load_extension(extension)
            function = manager.magics[type_].get(magic_name)
        return function

    # -- the code inside magics --

    def transform_cell(self, raw_cell: str) -> Placed:
        """Magics into Python. The text knows its lines."""
        place = raw_cell.place if isinstance(raw_cell, Placed) else self.compile.place
        return placed(self.rewrite(str(raw_cell)), place)

    def rewrite(self, source: str) -> str:
        """Also `cd folder` without its `%`, as IPython does where the code is a single line."""
        transformed = transform(source)
        line = source.strip()
        if transformed != source or "\n" in line:
            return transformed
        with self.builtin_trap:
            python = str(self.prefilter_manager.prefilter_lines(line))
        return source if python == line else source[: source.index(line)] + python

    def run_cell(
        self, raw_cell: str, store_history: bool = False, silent: bool = False, shell_futures: bool = True,
        cell_id: Any = None,
    ) -> ExecutionResult:  # fmt: skip
        """Raises what the code raises."""
        self.execute(str(raw_cell), raw_cell.place if isinstance(raw_cell, Placed) else Place())
        return ExecutionResult(_info(str(raw_cell)))

    def safe_execfile(self, fname: Any, *where: Any, **options: Any) -> None:
        files_of_user.add(os.path.realpath(os.path.expanduser(fname)))
        super().safe_execfile(fname, *where, **options)

    def safe_execfile_ipy(self, fname: Any, shell_futures: bool = False, raise_exceptions: bool = False) -> None:
        from glaux_driver.runner.run_file import run_file

        run_file(os.path.realpath(os.path.expanduser(fname)), self.execute)

    def showtraceback(self, exc_tuple: Any = None, *_: Any, **__: Any) -> None:
        """IPython shows what a magic or a display has raised, and goes on. Here it fails the calculation."""
        error = (exc_tuple or sys.exc_info())[1]
        if error is None:
            print(self.last_error or "No traceback available to show.", file=sys.stderr)
        elif sys._getframe(1).f_globals.get("__name__", "").startswith("IPython."):
            raise error
        else:
            print(format_error(error), file=sys.stderr)

    showsyntaxerror = showindentationerror = showtraceback

    def show_value(self, value: Any) -> None:
        """Of a magic that is the last line of a block: `%pwd`."""
        if value is not None:
            from IPython.lib.pretty import pretty

            print(pretty(value))

    # -- the system's commands --

    def system(self, cmd: str) -> None:
        """`!command`: its output goes to the calculation's like that of any child process."""
        self.user_ns["_exit_code"] = commands.run(self.var_expand(cmd, depth=1)).returncode

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """`lines = !command`"""
        done = commands.run(self.var_expand(cmd, depth=depth + 1), out=True)
        self.user_ns["_exit_code"] = done.returncode
        text = commands.decoded(done.stdout)
        return SList(text.splitlines()) if split else text

    # -- calculations --

    def keep(self, *names: str) -> None:
        """These parts as they are now, whatever user code makes of them."""
        self._kept.update((name, getattr(self, name)) for name in names)

    def begin(self, source: str) -> None:
        """Before each calculation: puts right what an earlier one may have broken, and tells extensions."""
        for name, part in self._kept.items():
            if getattr(self, name, None) is not part:
                setattr(self, name, part)
        for kind in type(self)._walk_mro():
            kind._instance = self
        sys.modules["__main__"] = self.user_module
        if type(sys.displayhook).__module__.startswith("IPython."):  # of a %%capture that was stopped
            sys.displayhook = sys.__displayhook__
        self.compile.place = Place()
        self.blocks.add(source)
        self.execution_count = len(self.blocks.sources) - 1
        self.last_execution_result = ExecutionResult(_info(source))
        if self.logger.log_active:
            self.logger.log(source, source)
        self._tell("pre_execute")
        self._tell("pre_run_cell", self.last_execution_result.info)

    def end(self, error: Optional[BaseException]) -> None:
        """After each calculation."""
        self._tell("post_execute")
        result = self.last_execution_result
        if result is not None:
            result.error_in_exec = error
            self._tell("post_run_cell", result)
            result.error_in_exec = None  # it is kept, and what the error holds must not be

    def keep_error(self, text: str) -> None:
        self.last_error = text

    def _tell(self, event: str, *arguments: Any) -> None:
        for callback in list(self.events.callbacks.get(event, ())):
            try:
                callback(*arguments)
            except Exception as error:
                print(f"Error in callback {callback} (for {event}):\n{format_error(error)}", file=sys.stderr)


Shell.__name__ = "InteractiveShell"  # by which `%config` knows it


def as_ipythons(name: str, magic: Magic, kind: str) -> Any:
    """One of the session's own as a function as IPython calls its magics."""

    def call(line: str, cell: str = "") -> Any:
        return magic(line, cell)

    call.__name__, call.__doc__ = name, magic.__doc__
    return no_var_expand(call) if name in _TAKEN_AS_WRITTEN else call


def _info(source: str) -> ExecutionInfo:
    return ExecutionInfo(source, True, False, True, None)


def create_shell(main: ModuleType, threads: Threads, folder: Optional[str] = None) -> Shell:
    """`folder` is the session's own; without it, a new one."""
    from pyspark.sql import DataFrame

    Shell.folder = os.path.join(folder or tempfile.mkdtemp(), f"ipython-{os.getpid()}")
    shell: Shell = Shell.instance(user_module=main, display_pub_class=ResultPublisher, config=_config())
    shell.display_pub.threads = threads
    shell.db = MemoryStore()
    shell.keep(*_PARTS)
    # First of all that show long texts: `%pinfo`, `name?`, `%pycat`. There is no pager.
    shell.set_hook("show_in_pager", _print_page, 0)
    for name in ("_", "__", "___"):
        main.__dict__.pop(name, None)  # the last results of a prompt that does not exist
    formatter: Any = shell.display_formatter
    formatter.mimebundle_formatter.for_type(DataFrame, lambda frame, **_: tables.to_bundle(frame))
    formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", figures.to_png)
    return shell


def _config() -> Config:
    config = Config()
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.xmode = "Plain"
    config.HistoryManager.enabled = False
    # `--color` would put a terminal's colours into files.
    config.AliasManager.default_aliases = [
        (name, command.replace(" --color", "")) for name, command in default_aliases()
    ]
    config.ScriptMagics.script_paths = {name: shlex.quote(sys.executable) for name in ("python", "python3")}
    config.MagicsManager.lazy_magics = {"store": "IPython.extensions.storemagic"}
    return config


def _print_page(_shell: Any, data: Any, start: int = 0, screen_lines: int = 0, pager_cmd: Any = None) -> None:
    text = data["text/plain"] if isinstance(data, dict) else data
    lines = "\n".join(text.split("\n")[start:])
    print(lines, end="" if lines.endswith("\n") else "\n")
