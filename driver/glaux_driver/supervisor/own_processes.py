"""Which processes a calculation has started: to be ended before it counts as canceled."""

from __future__ import annotations

import os
from typing import List

from glaux_driver.supervisor.processes import Moment, Process, descendants, kill

_HADOOPS = {b"chmod", b"ls", b"readlink", b"stat"}
"""Hadoop starts these for a moment where it has no native library, as when a streaming query writes a checkpoint."""


def own_processes(began: Moment, runner_pid: int, jvm_pid: int) -> List[Process]:
    """Whatever was started below the supervisor since then: by the runner, by what it has started, or inside Spark. Without
    the runner, without Spark's own, and without what may not be killed because it has changed its user."""
    found = [*descendants(os.getpid(), apart_from=[jvm_pid]), *_started_inside_spark(jvm_pid)]
    return [
        one
        for one in found
        if one.lives and one.started_after(began) and one.pid != runner_pid and _may_be_killed(one.pid)
    ]


def _started_inside_spark(jvm_pid: int) -> List[Process]:
    """The processes below the JVM, but not Spark's own."""
    below = descendants(jvm_pid)
    commands = {one.pid: _command_line(one.pid) for one in below if one.parent == jvm_pid}
    sparks_own = {pid for pid, command in commands.items() if _is_sparks_own(command)}
    return [one for one in below if one.pid not in sparks_own and one.parent not in sparks_own]


def end(processes: List[Process], jvm_pid: int) -> None:
    """Kills them, but neither what Java is just starting nor what has become Spark's own since it was listed: the query that
    needs it would fail, and that may be a query of another calculation."""
    jvm = _command_line(jvm_pid)

    def is_spared(process: Process) -> bool:
        if process.parent != jvm_pid:
            return False
        command = _command_line(process.pid)
        return command == jvm or _program(command) == b"jspawnhelper" or _is_sparks_own(command)

    kill(one for one in processes if not is_spared(one))


def _is_sparks_own(command: bytes) -> bool:
    """Hadoop's helpers and Spark's Python processes. Spark starts these as `python -m glaux_driver.packages.daemon`; as
    `pyspark.worker` where daemons are switched off; and as `pyspark.daemon` where the session's properties say so."""
    is_python = b"\0-m\0pyspark." in command or b"\0-m\0glaux_driver.packages." in command
    return is_python or _program(command) in _HADOOPS


def _program(command: bytes) -> bytes:
    return command.partition(b"\0")[0].rpartition(b"/")[2]


def _command_line(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def _may_be_killed(pid: int) -> bool:
    try:
        return os.getuid() in (0, os.stat(f"/proc/{pid}").st_uid)
    except OSError:
        return False  # gone since
