"""The magics of a session,
as Athena's documentation describes them (notebooks-spark-magics). They print to stdout.

`%status` and `%list_sessions` know only what the server has told this session about itself.
"""

from __future__ import annotations

import logging
import os
from typing import Any, Callable, Dict, List, Optional

from IPython.display import display

from glaux_driver.messages import Assign
from glaux_driver.runner import packages, show
from glaux_driver.runner.errors import add_note
from glaux_driver.runner.no_terminal import TERMINAL_MAGICS, sentence
from glaux_driver.runner.shell import Magic, Shell, UsageError
from glaux_driver.runner.sql_statements import split_statements

# From the levels that `%set_log_level` takes to Spark's. Athena's documentation has both WARN and WARNING.
_LEVELS = {"DEBUG": "DEBUG", "INFO": "INFO", "WARN": "WARN", "WARNING": "WARN", "ERROR": "ERROR", "FATAL": "FATAL"}

# Magics that people know from AWS Glue, EMR and Jupyter, and what to do in Glaux instead.
_AT_START = "a session is configured when it is started (EngineConfiguration of StartSession)"
_ELSEWHERE = {
    **dict.fromkeys(("configure", "idle_timeout", "number_of_workers", "worker_type", "glue_version"), _AT_START),
    **dict.fromkeys(
        ("additional_python_modules", "extra_py_files", "extra_jars", "spark_conf", "session_type"), _AT_START
    ),
    **dict.fromkeys(("profile", "region", "iam_role", "endpoint"), "the client that starts the session chooses it"),
    **dict.fromkeys(("stop_session", "delete_session"), "end a session with TerminateSession"),
    **dict.fromkeys(("conda", "mamba", "micromamba", "uv"), "install packages with %pip"),
}


_REFUSED = {*_ELSEWHERE, *TERMINAL_MAGICS}
_STATEMENT_SHOWN = 200  # characters of a statement that an error shows


class Magics:
    def __init__(self, namespace: Dict[str, Any], set_log_level: Callable[[str], None]) -> None:
        self.session: Optional[Assign] = None
        self._namespace = namespace
        self._set_log_level = set_log_level
        self._lines: Dict[str, Magic] = {
            "env": self._env,
            "help": self._help,
            "list_sessions": self._list_sessions,
            "lsmagic": self._lsmagic,
            "matplotlib": self._matplotlib,
            "matplot": self._matplot,
            "pip": self._pip,
            "plotly": self._plotly,
            "session_id": self._session_id,
            "set_log_level": self._log_level,
            "sql": self._sql,
            "status": self._status,
            "table": self._table,
            "tb": self._tb,
        }
        self._cells: Dict[str, Magic] = {"sql": self._sql}

    def install(self, shell: Shell) -> None:
        self._shell = shell
        shell.line_magics = {**_refusals("%"), **self._lines}
        shell.cell_magics = {**_refusals("%%"), **self._cells}

    def _sql(self, line: str, cell: str) -> None:
        """Run SQL statements one after the other and show() what each gives."""
        statements = split_statements(f"{line}\n{cell}")
        if not statements:
            raise UsageError("%%sql needs a statement.")
        session = self._namespace["spark"]
        for number, statement in enumerate(statements, 1):
            try:
                frame = session.sql(statement.text)
                if len(statements) == 1 or frame.columns:
                    frame.show()
            except Exception as error:
                if len(statements) > 1:
                    at = statement.line + self._shell.compile.place.line - 1
                    add_note(
                        error,
                        f"In statement {number} of {len(statements)}, at line {at}: {_shortened(statement.text)}",
                    )
                raise

    def _table(self, line: str, _cell: str) -> None:
        """Show a data frame of Spark or pandas, or a list of rows, as a table: %table df."""
        display(show.as_table(self._value("table", line)))

    def _plotly(self, line: str, _cell: str) -> None:
        """Show a figure of Plotly: %plotly fig."""
        display(show.plotly_bundle(self._value("plotly", line)), raw=True)

    def _value(self, magic: str, line: str) -> Any:
        """The value of the expression behind the magic, evaluated in the scope in which the magic stands."""
        if not line.strip():
            raise UsageError(f"%{magic} needs the name of what to show.")
        compiler = self._shell.compile
        code = compiler(compiler.ast_parse(line.strip(), symbol="eval"), "<timed eval>", "eval")
        return eval(code, self._namespace, compiler.place.scope)

    def _tb(self, _line: str, _cell: str) -> None:
        """Print the last error again."""
        print(self._shell.last_error or "No calculation of this session has failed yet.")

    def _help(self, _line: str, _cell: str) -> None:
        """Describe the magics."""
        for prefix, magics in (("%", self._lines), ("%%", self._cells)):
            for name, magic in magics.items():
                print(f"{prefix + name:<16} {(magic.__doc__ or '').strip()}")
        print(f"{'!command':<16} Run a command of the operating system; `lines = !command` keeps its output.")
        print("IPython's own magics work, too: %lsmagic lists them, and %name? describes one.")

    def _lsmagic(self, _line: str, _cell: str) -> None:
        """List the magics."""
        magics = self._shell.magics_manager.lsmagic()
        for kind, prefix in (("line", "%"), ("cell", "%%")):
            names = sorted(name for name in magics[kind] if name not in _REFUSED)
            print(f"Available {kind} magics:\n" + "  ".join(prefix + name for name in names))

    def _session_id(self, _line: str, _cell: str) -> str:
        """Print this session's id."""
        session = self._assigned()
        print(session.session_id)
        return session.session_id

    def _status(self, _line: str, _cell: str) -> None:
        """Describe this session."""
        session = self._assigned()
        rows = [
            ["Session ID", session.session_id],
            # The session is busy with the calculation that runs this magic.
            ["Session state", "BUSY"],
            ["Workgroup", session.work_group],
            ["Engine version", session.engine_version],
        ]
        _print_table([*rows, *([["Description", session.description]] if session.description else [])])

    def _list_sessions(self, _line: str, _cell: str) -> None:
        """List the sessions that this one knows of: itself."""
        _print_table([["Session ID", "Session state"], [self._assigned().session_id, "BUSY"]])
        print("Other sessions are listed by the ListSessions operation.")

    def _log_level(self, line: str, _cell: str) -> None:
        """Set the level of Spark's and the session's loggers: DEBUG, INFO, WARN, WARNING, ERROR or FATAL."""
        level = _LEVELS.get(line.strip())
        if level is None:
            raise UsageError(f"%set_log_level takes one of {', '.join(_LEVELS)}.")
        self._set_log_level(level)

    def _env(self, line: str, _cell: str) -> Optional[str]:
        """Print the environment or one variable of it, or set one: %env NAME=value."""
        name, assigned, value = (part.strip() for part in line.strip().partition("="))
        if not assigned and " " in name:
            name, assigned, value = name.partition(" ")
            value = value.strip()
        if assigned:
            if not name or " " in name or "\0" in name + value:
                raise UsageError("%env takes NAME=value, and a name has no spaces.")
            os.environ[name] = value
            print(f"env: {name}={value}")
            return None
        if name:
            if name not in os.environ:
                raise UsageError(f"Environment does not have key: {name}")
            print(os.environ[name])
            return os.environ[name]
        for key in sorted(os.environ):
            is_secret = any(word in key.upper() for word in ("KEY", "TOKEN", "SECRET", "PASSWORD"))
            print(f"{key}={'<hidden>' if is_secret else os.environ[key]}")
        return None

    def _matplotlib(self, line: str, _cell: str) -> None:
        """Accept `inline`, which is how figures are shown anyway."""
        if line.strip() not in ("inline", "agg"):
            raise UsageError("%matplotlib: figures can only be shown inline.")

    def _matplot(self, line: str, _cell: str) -> None:
        """Show the figures of pyplot: %matplot plt."""
        pyplot = self._namespace.get(line.strip() or "plt")
        if not hasattr(pyplot, "show"):
            raise UsageError("%matplot takes the name that matplotlib.pyplot was imported as.")
        pyplot.show()  # type: ignore[union-attr]

    def _pip(self, line: str, _cell: str) -> None:
        """Install packages for this session alone, or list or uninstall them: %pip install name."""
        packages.run_pip(line)

    def _assigned(self) -> Assign:
        if self.session is None:
            raise UsageError("No session has been assigned to this driver.")
        return self.session


def python_level(level: str) -> int:
    """The level of Python's logging for one of Spark's levels."""
    return {"WARN": logging.WARNING, "FATAL": logging.CRITICAL}.get(level) or getattr(logging, level)  # type: ignore[no-any-return]


def _refusals(prefix: str) -> Dict[str, Magic]:
    elsewhere = {name: f"{prefix}{name} is not available: {reason}." for name, reason in _ELSEWHERE.items()}
    at_terminals = {name: sentence(f"{prefix}{name}", instead) for name, instead in TERMINAL_MAGICS.items()}
    return {name: _refusal(text) for name, text in {**elsewhere, **at_terminals}.items()}


def _refusal(text: str) -> Magic:
    def refuse(_line: str, _cell: str) -> None:
        raise UsageError(text)

    refuse.__doc__ = text
    return refuse


def _shortened(statement: str) -> str:
    line = " ".join(statement.split())
    return line if len(line) <= _STATEMENT_SHOWN else line[: _STATEMENT_SHOWN - 1] + "…"


def _print_table(rows: List[List[str]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
