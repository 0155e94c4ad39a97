"""The modes of a supervisor. It is in one at a time; only `Supervisor._enter` sets it, along the table below.

A driver of a session, which takes a `run`, and a `stop` of the calculation that it has:

- Booting. Spark starts. A calculation that comes is accepted and waits; stopped, it is canceled at once.
  Preparing follows when Spark is there.
- Preparing. Spark is there. A claim is applied, a new runner attached, or a new context made: whatever the
  next calculation needs. One that comes is accepted and waits, as while Booting. When all is done, Running
  follows if a calculation waits, else Idle.
- Idle. Nothing runs, and all is fit. A `run` makes it Running. When the runner dies, Preparing follows.
- Running. The runner has the calculation; another `run` is refused. It is over when `finished` is told.
  Preparing follows, if only for a moment.

A pool member until it is claimed, which takes a `claim` and a `pause`, but no `run`:

- Warming. Spark starts and is warmed up. Mending follows. A claim makes it Booting, and is applied when Spark
  is there.
- Mending. Spark is there. If the runner has died, a new one is attached. Pooled follows. A claim makes it
  Preparing, and is applied when the runner is there.
- Pooled. All is fit. A claim makes it Preparing, and is applied. When the runner dies, Mending follows.

The end, to which each of these may come at any time:

- Ending. Everything is being ended, and no `run` is accepted any more. A calculation that has not finished is
  still the one that runs, and a `stop` of it still counts. It is told to be finished when no process is left.
  Over follows.
- Over. `ended` was told. Nothing is told after it, and no message has an effect.

Where only the data of a mode change, it follows itself: a calculation comes, or is stopped while it waits; a
claim begins to be applied; the last calculation is told to be finished.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, NamedTuple, Optional, Type

from glaux_driver.messages import (
    Assign,
    Claim,
    GetExecutors,
    GetQueries,
    Message,
    Pause,
    Ping,
    Resume,
    Run,
    Shutdown,
    Stop,
)
from glaux_driver.supervisor.calculation import Calculation


class ModeError(Exception):
    """A fault of the driver itself: the table does not let this mode follow."""


class Claiming(NamedTuple):
    claim: Claim
    since: float
    """When it came, by the monotonic clock."""


class Mode:
    """What is true in each is said above."""


@dataclass(frozen=True)
class Booting(Mode):
    calculation: Optional[Calculation] = None
    """It was accepted and waits."""
    claim: Optional[Claiming] = None
    """It is to be applied when Spark is there."""


@dataclass(frozen=True)
class Preparing(Mode):
    calculation: Optional[Calculation] = None
    """It was accepted and waits."""
    claim: Optional[Claiming] = None
    """It is to be applied when what goes on is done."""


@dataclass(frozen=True)
class Idle(Mode):
    pass


@dataclass(frozen=True)
class Running(Mode):
    calculation: Calculation


@dataclass(frozen=True)
class Warming(Mode):
    pass


@dataclass(frozen=True)
class Mending(Mode):
    pass


@dataclass(frozen=True)
class Pooled(Mode):
    pass


@dataclass(frozen=True)
class Ending(Mode):
    reason: str
    clean: bool
    grace_s: float
    """How long runner and JVM may take to end by themselves."""
    was_pooled: bool
    calculation: Optional[Calculation]
    """It was accepted and has not finished."""


@dataclass(frozen=True)
class Over(Mode):
    was_pooled: bool


class Row(NamedTuple):
    phase: str
    """As `welcome` tells it."""
    takes: FrozenSet[Type[Message]]
    """Messages of the server that have an effect, or an answer."""
    next: FrozenSet[Type[Mode]]


_ALWAYS: FrozenSet[Type[Message]] = frozenset({Assign, Resume, Ping, GetExecutors, GetQueries, Shutdown})
_SESSION = _ALWAYS | {Run, Stop}
_MEMBER = _ALWAYS | {Claim, Pause}

TABLE: Dict[Type[Mode], Row] = {
    Booting: Row("booting", _SESSION, frozenset({Booting, Preparing, Ending})),
    Preparing: Row("ready", _SESSION, frozenset({Preparing, Idle, Running, Ending})),
    Idle: Row("ready", _ALWAYS | {Run}, frozenset({Preparing, Running, Ending})),
    Running: Row("ready", _SESSION, frozenset({Preparing, Ending})),
    Warming: Row("booting", _MEMBER, frozenset({Mending, Booting, Ending})),
    Mending: Row("ready", _MEMBER, frozenset({Pooled, Preparing, Ending})),
    Pooled: Row("ready", _MEMBER, frozenset({Mending, Preparing, Ending})),
    Ending: Row("ending", _ALWAYS | {Stop}, frozenset({Ending, Over})),
    Over: Row("ending", frozenset(), frozenset()),
}


def follow(before: Mode, after: Mode) -> Mode:
    """The mode after. Raises ModeError."""
    if type(after) not in TABLE[type(before)].next:
        raise ModeError(f"{type(after).__name__} cannot follow {type(before).__name__}")
    return after


def takes(mode: Mode, message: Message) -> bool:
    return type(message) in TABLE[type(mode)].takes


def phase_of(mode: Mode) -> str:
    return TABLE[type(mode)].phase


def is_pooled(mode: Mode) -> bool:
    """A pool member that nobody has claimed."""
    if isinstance(mode, (Ending, Over)):
        return mode.was_pooled
    return isinstance(mode, (Warming, Mending, Pooled))


def calculation_of(mode: Mode) -> Optional[Calculation]:
    """The calculation that was accepted and has not finished."""
    return mode.calculation if isinstance(mode, (Booting, Preparing, Running, Ending)) else None
