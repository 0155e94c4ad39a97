"""`launch.json`: all that a supervisor is told when it starts (docs/driver-protocol.md, "Launching")."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional

from glaux_driver import PROTOCOL
from glaux_driver.messages import MessageError, Part, from_members


@dataclass(frozen=True)
class Engine(Part):
    id: str
    python: str
    java: str
    spark_home: str
    jars: List[str]
    extra_jars: List[str]
    jvm_flags: List[str]


@dataclass(frozen=True)
class StopTimes(Part):
    """The times of the stop ladder (stop.py): between two of its rounds, and until it kills the runner."""

    repeat_ms: int = 400
    kill_after_ms: int = 5000


@dataclass(frozen=True)
class HeartbeatTimes(Part):
    """How the JVM's health is watched (heartbeat.py, gc_overhead.py).

    The JVM is asked for a sign of life every `interval_ms`. A silence of `degraded_ms` is reported; a silence
    of `end_ms` ends the session. So do `collecting_ms` of processor time used for nothing but garbage
    collection.
    """

    interval_ms: int = 4000
    degraded_ms: int = 15_000
    end_ms: int = 120_000
    collecting_ms: int = 30_000


@dataclass(frozen=True)
class Pool(Part):
    """Makes this driver a pool member.

    Until the member is claimed, the nice value of its processes is raised by `nice`. `settled_ms` after its
    boot, garbage is collected once more: Spark's thread pools end the threads of the warm-up after 60 s, and
    only then is the warm-up's context unreachable.
    """

    nice: int
    settled_ms: int = 75_000


@dataclass(frozen=True)
class Launch(Part):
    protocol: int
    driver_id: str
    token: str
    tag: str
    folder: str
    socket_path: str
    engine: Engine
    driver_memory_mb: int
    driver_cores: int
    conf: Dict[str, str]
    buckets: str
    env: Dict[str, str]
    orphan_ms: int = 900_000
    driver_log_max_bytes: int = 16 * 1024 * 1024
    """A log that has grown to this size is rotated (logs.py)."""
    stop: StopTimes = field(default=StopTimes())
    heartbeat: HeartbeatTimes = field(default=HeartbeatTimes())
    pool: Optional[Pool] = None
    ports_socket_path: Optional[str] = None
    """The socket of the inner ports (inner_ports.py). None from an older server, which does not know them."""

    @property
    def packages(self) -> Path:
        """The folder into which the session installs packages.

        It is removed with the `local` folder at the end.
        """
        return self.inside("local", "packages")

    def inside(self, *names: str) -> Path:
        return Path(self.folder, *names)


def read_launch(path: Path) -> Launch:
    """Raises MessageError if the file is no launch.json of this protocol, OSError if it cannot be read."""
    try:
        members = json.loads(path.read_bytes())
    except ValueError as error:
        raise MessageError(f"{path} is not JSON: {error}") from None
    if not isinstance(members, dict) or members.get("protocol") != PROTOCOL:
        raise MessageError(f"{path} is not of protocol {PROTOCOL}")
    return from_members(Launch, members)
