"""`get_ipython()`: IPython's shell for its magics, its display system and its extensions.

IPython's magics take memory and time to load. They are loaded when one of them is first asked for.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, Mapping, Optional

from IPython.core.error import UsageError as IPythonUsageError
from IPython.core.magic import MAGIC_NO_VAR_EXPAND_ATTR, no_var_expand
from IPython.utils.text import DollarFormatter

from glaux_driver.runner import files_of_user
from glaux_driver.runner.code_shell import CodeShell
from glaux_driver.runner.placed import Place, placed

Magic = Callable[[str, str], Any]
"""A function that is called with the rest of the line and, for a cell magic, with the lines below."""


class UsageError(IPythonUsageError):  # type: ignore[misc]
    """An error that is shown with its bare name, as in IPython."""


UsageError.__module__ = IPythonUsageError.__module__ = "builtins"

# IPython puts values in for `{name}` and `$name` in the line of a magic, but not for these magics. SQL uses
# both signs itself (`rlike '^a{2}$'`), and values of environment variables contain them.
_TAKEN_AS_WRITTEN = ("sql", "env", "table", "plotly")
_PUT_IN = DollarFormatter()


class Shell(CodeShell):
    line_magics: Mapping[str, Magic] = {}
    cell_magics: Mapping[str, Magic] = {}
    """The session's own magics. Once IPython's magics are loaded, IPython's manager has them, too."""

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
        """The old way to call a line magic. IPython has removed it, but notebooks still use it."""
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
        except Exception:  # as in IPython, a line whose names have no values stays as it is
            return line

    def find_line_magic(self, magic_name: str) -> Any:
        return self._find("line", magic_name, self.line_magics)

    def find_cell_magic(self, magic_name: str) -> Any:
        return self._find("cell", magic_name, self.cell_magics)

    def _find(self, kind: str, name: str, own: Mapping[str, Magic]) -> Any:
        """Finds a magic. The session's own magics can be called without loading IPython's. Once IPython's are
        loaded, its manager is asked, as another magic may have taken the name."""
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


Shell.__name__ = "InteractiveShell"  # the name by which `%config` knows the shell


def as_ipythons(name: str, magic: Magic, kind: str) -> Any:
    """A magic of the session's own as a function that IPython can call like its magics."""

    def call(line: str, cell: str = "") -> Any:
        return magic(line, cell)

    call.__name__, call.__doc__ = name, magic.__doc__
    return no_var_expand(call) if name in _TAKEN_AS_WRITTEN else call
