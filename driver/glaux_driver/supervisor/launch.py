"""`launch.json`: everything that a supervisor is told when it starts (docs/driver-protocol.md, "Launching")."""

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
    """When the stop ladder (stop.py) goes one rung up, and when it kills."""

    repeat_ms: int = 400
    kill_after_ms: int = 5000


@dataclass(frozen=True)
class HeartbeatTimes(Part):
    """How often an idle JVM is asked for a sign of life, for how long it may be silent, and how much processor time it may use
    for nothing but garbage collection (gc_overhead.py)."""

    interval_ms: int = 4000
    degraded_ms: int = 15_000
    end_ms: int = 120_000
    collecting_ms: int = 30_000


@dataclass(frozen=True)
class Pool(Part):
    """Makes this driver a pool member: `nice` is how far its processes step back until it is claimed. When it has waited for
    `settled_ms`, garbage is collected once more: Spark's thread pools let the threads of the warm-up go after 60 s, and with
    them its context."""

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
    """A log is put aside when it has grown to this (logs.py)."""
    stop: StopTimes = field(default=StopTimes())
    heartbeat: HeartbeatTimes = field(default=HeartbeatTimes())
    pool: Optional[Pool] = None
    ports_socket_path: Optional[str] = None
    """Where the inner ports are reached (inner_ports.py). An older server does not know of them."""

    @property
    def packages(self) -> Path:
        """Where the session installs its own: removed with all that is local."""
        return self.inside("local", "packages")

    def inside(self, *names: str) -> Path:
        return Path(self.folder, *names)


def read_launch(path: Path) -> Launch:
    """Raises MessageError if the file is not a launch.json of this protocol, OSError if it cannot be read."""
    try:
        members = json.loads(path.read_bytes())
    except ValueError as error:
        raise MessageError(f"{path} is not JSON: {error}") from None
    if not isinstance(members, dict) or members.get("protocol") != PROTOCOL:
        raise MessageError(f"{path} is not of protocol {PROTOCOL}")
    return from_members(Launch, members)
