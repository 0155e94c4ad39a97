"""The shell without its magics:
it runs the code inside a magic, runs commands, and begins and ends calculations.

IPython's own `run_cell` would rename files, print tracebacks itself and swallow KeyboardInterrupt. So the
session's `Interpreter` runs the code inside a magic, and an error in that code is raised.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Dict, Optional

from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult
from IPython.utils.text import SList

from glaux_driver.runner import commands, files_of_user, packages
from glaux_driver.runner.display import ResultPublisher
from glaux_driver.runner.errors import format_error
from glaux_driver.runner.lazy_shell import LazyShell
from glaux_driver.runner.placed import Place, Placed, placed
from glaux_driver.runner.threads import Threads
from glaux_driver.runner.transform import transform


class CodeShell(LazyShell):
    display_pub: ResultPublisher
    threads: Threads
    execute: Callable[[str, Place], None]
    last_error = ""
    """What `%tb` prints."""

    def init_instance_attrs(self) -> None:
        super().init_instance_attrs()
        self._kept: Dict[str, Any] = {}

    def transform_cell(self, raw_cell: str) -> Placed:
        """The cell with Python in place of its magics. It keeps the place of the cell."""
        place = raw_cell.place if isinstance(raw_cell, Placed) else self.compile.place
        return placed(self.rewrite(str(raw_cell)), place)

    def rewrite(self, source: str) -> str:
        """Puts Python in place of magics.
        As in IPython, a single line may be a magic without its `%`, such as `cd folder`."""
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
        """Raises what the code raises. (IPython's own shell returns the error in its result.)"""
        self.execute(str(raw_cell), raw_cell.place if isinstance(raw_cell, Placed) else Place())
        return ExecutionResult(_info(str(raw_cell)))

    def safe_execfile(self, fname: Any, *where: Any, **options: Any) -> None:
        files_of_user.add(os.path.realpath(os.path.expanduser(fname)))
        super().safe_execfile(fname, *where, **options)

    def safe_execfile_ipy(self, fname: Any, shell_futures: bool = False, raise_exceptions: bool = False) -> None:
        from glaux_driver.runner.run_file import run_file

        run_file(os.path.realpath(os.path.expanduser(fname)), self.execute)

    def showtraceback(self, exc_tuple: Any = None, *_: Any, **__: Any) -> None:
        """Raises what a magic or a display has raised, so that the calculation fails.
        IPython would show it, and go on."""
        error = (exc_tuple or sys.exc_info())[1]
        if error is None:
            print(self.last_error or "No traceback available to show.", file=sys.stderr)
        elif sys._getframe(1).f_globals.get("__name__", "").startswith("IPython."):
            raise error
        else:
            print(format_error(error), file=sys.stderr)

    showsyntaxerror = showindentationerror = showtraceback

    def show_value(self, value: Any) -> None:
        """Shows the value of a magic that is the last line of a block, such as `%pwd`."""
        if value is not None:
            from IPython.lib.pretty import pretty

            print(pretty(value))

    # -- the system's commands --

    def system(self, cmd: str) -> None:
        """`!command`. The command's output goes to the calculation's files, as that of any child process."""
        command = self.var_expand(cmd, depth=1)
        with packages.watched() as watch:
            watch.code = commands.run(command, environment=watch.environment).returncode
            self.user_ns["_exit_code"] = watch.code

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """`lines = !command`"""
        command = self.var_expand(cmd, depth=depth + 1)
        with packages.watched() as watch:
            done = commands.run(command, out=True, environment=watch.environment)
            self.user_ns["_exit_code"] = watch.code = done.returncode
        text = commands.decoded(done.stdout)
        return SList(text.splitlines()) if split else text

    # -- calculations --

    def keep(self, *names: str) -> None:
        """Makes each calculation begin with these attributes as they are now,
        whatever user code does to them."""
        self._kept.update((name, getattr(self, name)) for name in names)

    def begin(self, source: str) -> None:
        """Begins a calculation:
        restores what an earlier calculation may have broken, and tells extensions."""
        for name, part in self._kept.items():
            if getattr(self, name, None) is not part:
                setattr(self, name, part)
        for kind in type(self)._walk_mro():
            kind._instance = self
        sys.modules["__main__"] = self.user_module
        if type(sys.displayhook).__module__.startswith("IPython."):  # a %%capture was stopped
            sys.displayhook = sys.__displayhook__
        self.compile.place = Place()
        self.blocks.add(source)
        if self.logger.log_active:
            self.logger.log(source, source)
        self._tell("pre_execute")
        if self._is_watched():
            self.say_where_it_is()
            self._tell("pre_run_cell", self.last_execution_result.info)

    def _is_watched(self) -> bool:
        callbacks = self.events.callbacks
        return self.has_loaded_magics or bool(callbacks.get("pre_run_cell") or callbacks.get("post_run_cell"))

    def say_where_it_is(self) -> None:
        """Tells IPython's magics which calculation runs. Some magics read its number, others its source."""
        self.execution_count = len(self.blocks.sources) - 1
        self.last_execution_result = ExecutionResult(_info(self.blocks.sources[-1]))

    def end(self, error: Optional[BaseException]) -> None:
        """Ends a calculation: tells extensions. `error` is what the calculation raised."""
        self._tell("post_execute")
        result = self.last_execution_result
        if self._is_watched() and result is not None:
            result.error_in_exec = error
            self._tell("post_run_cell", result)
            result.error_in_exec = None  # the shell keeps the result, but must not keep the error's objects

    def keep_error(self, text: str) -> None:
        self.last_error = text

    def _tell(self, event: str, *arguments: Any) -> None:
        for callback in list(self.events.callbacks.get(event, ())):
            try:
                callback(*arguments)
            except Exception as error:
                print(f"Error in callback {callback} (for {event}):\n{format_error(error)}", file=sys.stderr)


def _info(source: str) -> ExecutionInfo:
    return ExecutionInfo(source, True, False, True, None)
