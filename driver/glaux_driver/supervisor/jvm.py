"""The Spark JVM as a process: started directly, without spark-submit or a shell.

The JVM ends when its standard input closes, so it cannot outlive its supervisor unless it hangs. The JVM of a
paused pool member is stopped; the kernel continues it when its supervisor dies, so that it can end.
"""

from __future__ import annotations

import asyncio
import os
import struct
import subprocess
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

from glaux_driver.packages import environment_of
from glaux_driver.supervisor.children import Children
from glaux_driver.supervisor.launch import Launch
from glaux_driver.supervisor.linux import be_continued_by_parents_end, watch_folder
from glaux_driver.supervisor.logs import last_lines
from glaux_driver.supervisor.processes import send

HEAP_EXHAUSTED = 3
"""The exit code of a JVM that ran out of heap, with -XX:+ExitOnOutOfMemoryError."""


class Gateway(NamedTuple):
    port: int
    secret: str


class JvmExited(Exception):
    """The JVM is gone; the message says how."""


class Jvm:
    def __init__(self, launch: Launch, children: Children) -> None:
        """Starts the process. The driver's folders must exist."""
        self._driver_memory_mb = launch.driver_memory_mb
        self._log_path = launch.inside("spark.log")
        self._info_path = launch.inside("local", "gateway", "info")
        self._info_path.parent.mkdir(mode=0o700)
        self._watch = watch_folder(self._info_path.parent)
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                _command(launch),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=launch.inside("work"),
                env=_environment(launch, self._info_path),
                start_new_session=True,
                preexec_fn=be_continued_by_parents_end,  # safe, because the supervisor has no other thread yet
            )
        self.pid = self._process.pid
        self.exited = children.watch(self._process)

    async def gateway(self) -> Gateway:
        """Waits until py4j listens. Raises JvmExited if the JVM ends before."""
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def note_change() -> None:
            os.read(self._watch, 65536)
            changed.set()

        loop.add_reader(self._watch, note_change)
        try:
            while not self._info_path.exists():
                changed.clear()
                waiting: asyncio.Future[Any] = asyncio.ensure_future(changed.wait())
                await asyncio.wait([waiting, self.exited], return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if self.exited.done():
                    raise JvmExited(self.describe_exit())
        finally:
            loop.remove_reader(self._watch)
            os.close(self._watch)
        gateway = _read_gateway(self._info_path)
        self._info_path.unlink()
        return gateway

    def ask_to_end(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    def kill(self) -> None:
        if not self.exited.done():
            send(self.pid, 9)

    def describe_exit(self) -> str:
        """Why the JVM ended, in words for the session's user. The JVM must have exited."""
        code = self.exited.result()
        if code == HEAP_EXHAUSTED:
            return out_of_heap("java.lang.OutOfMemoryError", self._driver_memory_mb)
        if code == -9:
            return (
                "the Spark driver was killed (SIGKILL), which is also what happens when the machine runs out of memory"
            )
        return (
            f"the Spark driver was ended by signal {-code}"
            if code < 0
            else f"the Spark driver ended with exit code {code}"
        )

    def last_log_lines(self) -> str:
        return last_lines(self._log_path)


def out_of_heap(sign: str, driver_memory_mb: int) -> str:
    """The reason for the session's user. `sign` says how it was noticed."""
    return f"the Spark driver ran out of its {driver_memory_mb} MiB of heap memory (GLAUX_DRIVER_MEMORY_MB): {sign}"


def _command(launch: Launch) -> List[str]:
    engine = launch.engine
    return [
        engine.java,
        *engine.jvm_flags,
        f"-Xmx{launch.driver_memory_mb}m",
        f"-Djava.io.tmpdir={launch.inside('local')}",
        "-Duser.timezone=UTC",
        "-cp",
        # The extra jars come last: a class-data archive is valid only if its class path is a prefix of this
        # one.
        ":".join([*engine.jars, *engine.extra_jars]),
        "org.apache.spark.api.python.PythonGatewayServer",
        "pyspark-shell",
    ]


def _environment(launch: Launch, info_path: Path) -> Dict[str, str]:
    inherited = {**os.environ, **launch.env}
    return {
        **inherited,
        "SPARK_HOME": launch.engine.spark_home,
        "SPARK_LOCAL_IP": "127.0.0.1",  # the UI listens there
        "SPARK_LOCAL_DIRS": str(
            launch.inside("local")
        ),  # instead of spark.local.dir, with which Spark logs a warning at every start
        **environment_of(launch.packages, launch.engine.python, inherited.get("PATH")),
        "PYSPARK_DRIVER_PYTHON": launch.engine.python,
        "_PYSPARK_DRIVER_CONN_INFO_PATH": str(info_path),
    }


def _read_gateway(path: Path) -> Gateway:
    """As Spark's PythonGatewayServer writes it: port, length and secret, integers in big-endian order."""
    port, length = struct.unpack_from(">ii", info := path.read_bytes())
    return Gateway(port, info[8 : 8 + length].decode())
