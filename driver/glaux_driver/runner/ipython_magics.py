"""IPython's magics, with Glaux's own classes in place of the magics that must do something else in a session.

This module is loaded when the first magic is used that is not the session's own.
"""

from __future__ import annotations

import importlib
from typing import Any

from IPython.core import magic_arguments
from IPython.core.magics import config, execution, osm

from glaux_driver.runner.captured import Captured
from glaux_driver.runner.no_terminal import sentence
from glaux_driver.runner.placed import Placed
from glaux_driver.runner.scripts import ScriptMagics
from glaux_driver.runner.shell import Shell, UsageError, as_ipythons


def load_magics(shell: Shell) -> None:
    """Puts the session's own magics, and the classes of this module, into IPython's manager of magics."""
    manager = shell.magics_manager
    replaced = [manager.registry.get(ours.__name__) for ours in _OURS]
    shell.configurables[:] = [one for one in shell.configurables if not any(one is theirs for theirs in replaced)]
    manager.register(*_OURS)
    for kind, own in (("line", shell.line_magics), ("cell", shell.cell_magics)):
        for name, magic in own.items():
            manager.magics[kind][name] = as_ipythons(name, magic, kind)
    assert shell.alias_manager is not None  # loads the aliases: `%ls` and similar magics
    shell.add_hidden_names()
    shell.say_where_it_is()
    shell.keep("magics_manager", "alias_manager", "extension_manager", "history_manager")


# The classes have the same names as IPython's, because the manager of magics keeps classes by their names.


class ExecutionMagics(execution.ExecutionMagics):  # type: ignore[misc]
    def capture(self, line: str, cell: str) -> None:
        arguments = magic_arguments.parse_argstring(self.capture, line)
        asked = (not arguments.no_stdout, not arguments.no_stderr, not arguments.no_display)
        kept = Captured(self.shell.threads, *asked)
        names = self.shell.user_ns
        with kept as captured:
            # The name is set before the code runs.
            # If the code fails, the name has what the code wrote until then.
            if arguments.output:
                names[arguments.output] = captured
            self.shell.run_cell(cell)
        if arguments.output and execution.DisplayHook.semicolon_at_end_of_expression(cell):
            names.pop(arguments.output, None)

    def run(self, parameter_s: str = "", runner: Any = None, file_finder: Any = execution.get_py_filename) -> Any:
        options, _ = self.parse_options(parameter_s, "nidtN:b:pD:l:rs:T:em:G", mode="list", list_all=1)
        if "d" in options:
            raise UsageError(sentence("%run -d", "print what you want to see"))
        return super().run(parameter_s, runner, file_finder)

    def _run_with_profiler(self, code: Any, opts: Any, namespace: Any) -> Any:
        if isinstance(code, Placed):
            code = self.shell.compile(self.shell.compile.ast_parse(code), "<timed exec>", "exec")
        return super()._run_with_profiler(code, opts, namespace)


class OSMagics(osm.OSMagics):  # type: ignore[misc]
    def writefile(self, line: str, cell: str) -> None:
        super().writefile(line, cell)
        importlib.invalidate_caches()  # the file may be a module that the code imports immediately


class ConfigMagics(config.ConfigMagics):  # type: ignore[misc]
    def config(self, s: str) -> Any:
        """Makes InlineBackend first, as notebooks configure it before they draw anything.
        IPython would make it only then."""
        if "InlineBackend" in s or not s.strip():
            from matplotlib_inline.config import InlineBackend

            backend = InlineBackend.instance(parent=self.shell)
            backend.shell = self.shell
            if backend not in self.shell.configurables:
                self.shell.configurables.append(backend)
        return super().config(s)


_OURS = (ExecutionMagics, OSMagics, ConfigMagics, ScriptMagics)


def _keep_ipythons_attributes() -> None:
    """Copies the attributes of IPython's functions.
    They hold a magic's options, and whether IPython puts values in for `{name}`."""
    for ours in _OURS:
        for name, function in vars(ours).items():
            theirs = getattr(ours.__mro__[1], name, None)
            if callable(function) and theirs is not None and not name.startswith("_"):
                function.__dict__.update(theirs.__dict__)
                function.__doc__ = theirs.__doc__


_keep_ipythons_attributes()
