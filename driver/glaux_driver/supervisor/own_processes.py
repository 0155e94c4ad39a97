"""Which processes a calculation has started: to be ended before it counts as canceled."""

from __future__ import annotations

import os
from typing import List

from glaux_driver.supervisor.processes import Moment, Process, descendants


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
    """Below the JVM without Spark's own: its Python daemons, and the workers that these fork."""
    below = descendants(jvm_pid)
    daemons = {one.pid for one in below if one.parent == jvm_pid and _is_pyspark(one.pid)}
    return [one for one in below if one.pid not in daemons and one.parent not in daemons]


def _is_pyspark(pid: int) -> bool:
    """Spark starts them as `python -m glaux_driver.packages.daemon`; or as `pyspark.worker` where daemons are switched off,
    and as `pyspark.daemon` where the session's properties say so."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read()
            return b"\0-m\0pyspark." in command or b"\0-m\0glaux_driver.packages." in command
    except OSError:
        return False


def _may_be_killed(pid: int) -> bool:
    try:
        return os.getuid() in (0, os.stat(f"/proc/{pid}").st_uid)
    except OSError:
        return False  # gone since
