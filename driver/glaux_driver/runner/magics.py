"""The magics of a session, as Athena's documentation describes them (notebooks-spark-magics): what they print goes to stdout.

`%status` and `%list_sessions` can only know what the service told this session about itself.
"""

from __future__ import annotations

import logging
import os
from typing import Any, Callable, Dict, List, Optional

from glaux_driver.messages import Assign
from glaux_driver.runner import packages
from glaux_driver.runner.shell import Magic, Shell, UsageError

# Spark's levels and Python's. Athena's documentation has both WARN and WARNING.
_LEVELS = {"DEBUG": "DEBUG", "INFO": "INFO", "WARN": "WARN", "WARNING": "WARN", "ERROR": "ERROR", "FATAL": "FATAL"}

# Magics that people know from AWS Glue, EMR and Jupyter, and what to do here instead.
_AT_START = "a session is configured when it is started (EngineConfiguration of StartSession)"
_ELSEWHERE = {
    **dict.fromkeys(("configure", "idle_timeout", "number_of_workers", "worker_type", "glue_version"), _AT_START),
    **dict.fromkeys(
        ("additional_python_modules", "extra_py_files", "extra_jars", "spark_conf", "session_type"), _AT_START
    ),
    **dict.fromkeys(("profile", "region", "iam_role", "endpoint"), "the client that starts the session chooses it"),
    **dict.fromkeys(("stop_session", "delete_session"), "end a session with TerminateSession"),
    **dict.fromkeys(("conda", "mamba", "micromamba", "uv"), "install packages with %pip"),
    **dict.fromkeys(("pinfo", "pinfo2"), "use help(name)"),
    **dict.fromkeys(("sx", "system"), "use !command or lines = !command"),
}


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
            "session_id": self._session_id,
            "set_log_level": self._log_level,
            "sql": self._sql,
            "status": self._status,
        }
        self._cells: Dict[str, Magic] = {"sql": self._sql}

    def install(self, shell: Shell) -> None:
        refused = {name: _refusal(f"%{name}", reason) for name, reason in _ELSEWHERE.items()}
        refused_cells = {name: _refusal(f"%%{name}", reason) for name, reason in _ELSEWHERE.items()}
        shell.line_magics = {**refused, **self._lines}
        shell.cell_magics = {**refused_cells, **self._cells}

    def _sql(self, line: str, cell: str) -> None:
        """Run one SQL statement and show() what it gives."""
        text = f"{line}\n{cell}".strip()
        if not text:
            raise UsageError("%%sql needs a statement.")
        self._namespace["spark"].sql(text).show()

    def _help(self, _line: str, _cell: str) -> None:
        """Describe the magics."""
        for prefix, magics in (("%", self._lines), ("%%", self._cells)):
            for name, magic in magics.items():
                print(f"{prefix + name:<16} {(magic.__doc__ or '').strip()}")
        print(f"{'!command':<16} Run a command of the operating system; `lines = !command` keeps its output.")

    def _lsmagic(self, _line: str, _cell: str) -> None:
        """List the magics."""
        print("Available line magics:\n" + "  ".join(f"%{name}" for name in self._lines))
        print("\nAvailable cell magics:\n" + "  ".join(f"%%{name}" for name in self._cells))

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
            # A calculation of it is running: this one.
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
    """Of one of Spark's levels."""
    return {"WARN": logging.WARNING, "FATAL": logging.CRITICAL}.get(level) or getattr(logging, level)  # type: ignore[no-any-return]


def _refusal(magic: str, reason: str) -> Magic:
    def refuse(_line: str, _cell: str) -> None:
        raise UsageError(f"{magic} is not available: {reason}.")

    return refuse


def _print_table(rows: List[List[str]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
