"""Which processes a calculation has started. They are ended before the calculation counts as canceled."""

from __future__ import annotations

import os
from typing import List

from glaux_driver.supervisor.processes import Moment, Process, descendants, kill

_HADOOPS = {b"chmod", b"ls", b"readlink", b"stat"}
"""Hadoop runs these programs briefly if it has no native library, for instance when a query writes a
checkpoint.
"""


def own_processes(began: Moment, runner_pid: int, jvm_pid: int) -> List[Process]:
    """All living processes below the supervisor that were started after `began`: by the runner and its
    descendants, or by user code inside Spark's JVM.

    Left out are the runner itself, Spark's own processes, and processes of another user, which may not be
    killed.
    """
    found = [*descendants(os.getpid(), apart_from=[jvm_pid]), *_started_inside_spark(jvm_pid)]
    return [
        one
        for one in found
        if one.lives and one.started_after(began) and one.pid != runner_pid and _may_be_killed(one.pid)
    ]


def _started_inside_spark(jvm_pid: int) -> List[Process]:
    """The processes below the JVM, without Spark's own."""
    below = descendants(jvm_pid)
    commands = {one.pid: _command_line(one.pid) for one in below if one.parent == jvm_pid}
    sparks_own = {pid for pid, command in commands.items() if _is_sparks_own(command)}
    return [one for one in below if one.pid not in sparks_own and one.parent not in sparks_own]


def end(processes: List[Process], jvm_pid: int) -> None:
    """Kills `processes`, except children of the JVM that are, or may become, Spark's own.

    A child that Java is just starting does not show its command line yet, and a listed child may have become
    one of Spark's own processes since. Killing such a process would fail the query that needs it, and this
    may be a query of another calculation.
    """
    jvm = _command_line(jvm_pid)

    def is_spared(process: Process) -> bool:
        if process.parent != jvm_pid:
            return False
        command = _command_line(process.pid)
        return command == jvm or _program(command) == b"jspawnhelper" or _is_sparks_own(command)

    kill(one for one in processes if not is_spared(one))


def _is_sparks_own(command: bytes) -> bool:
    """Whether this is the command line of a helper of Hadoop, or of one of Spark's Python processes.

    Spark starts its Python processes as `python -m glaux_driver.packages.daemon`; as `pyspark.worker` if
    daemons are switched off; and as `pyspark.daemon` if the session's properties say so.
    """
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
        return False  # the process has ended meanwhile
