"""The modes of a supervisor, a state machine. Only `Supervisor._enter` changes the mode, as the table below
allows.

The modes of a session's driver, which takes a `run`, and a `stop` of its calculation:

- Booting. Spark starts. A calculation that arrives is accepted and waits. If the waiting calculation is
  stopped, it is canceled at once. Preparing follows when Spark is up.
- Preparing. Spark is up. Whatever the next calculation needs is done: a claim is applied, a new runner
  attached, or a new context made. A calculation that arrives is accepted and waits, as in Booting. When all
  is done, Running follows if a calculation waits, else Idle.
- Idle. Nothing runs, and the next calculation can run at once. A `run` leads to Running. If the runner dies,
  Preparing follows.
- Running. The runner has a calculation, and another `run` is refused. When the calculation's `finished` event
  is published, Preparing follows, if only for a moment.

The modes of a pool member that is not claimed yet, which takes a `claim` and a `pause`, but no `run`:

- Warming. Spark starts and is warmed up. Mending follows. A claim leads to Booting, and is applied when Spark
  is up.
- Mending. Spark is up. If the runner has died, a new runner is attached. Pooled follows. A claim leads to
  Preparing, and is applied when the runner is attached.
- Pooled. The member can be claimed at once. A claim leads to Preparing, and is applied there. If the runner
  dies, Mending follows.

The modes of the end, which may follow each of the modes above at any time:

- Ending. All processes are being ended, and no `run` is accepted any more. A calculation that has not
  finished still counts as running, and can still be stopped. Its `finished` event is published when no
  process is left. Over follows.
- Over. The `ended` event was published. Nothing is published after it, and no message has an effect.

A mode may follow itself when only its data change: a calculation arrives, or is stopped while it waits; a
claim begins to be applied; the last calculation's `finished` event is published.
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
    """A fault of the driver itself: the table does not allow this change of mode."""


class Claiming(NamedTuple):
    claim: Claim
    since: float
    """When the claim arrived, in seconds of the monotonic clock."""


class Mode:
    """The base of all modes. The module's docstring explains each."""


@dataclass(frozen=True)
class Booting(Mode):
    calculation: Optional[Calculation] = None
    """The calculation that was accepted and waits."""
    claim: Optional[Claiming] = None
    """The claim that is to be applied when Spark is up."""


@dataclass(frozen=True)
class Preparing(Mode):
    calculation: Optional[Calculation] = None
    """The calculation that was accepted and waits."""
    claim: Optional[Claiming] = None
    """The claim that is to be applied when the work in progress is done."""


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
    """How long the runner and the JVM may take to end by themselves, in seconds."""
    was_pooled: bool
    calculation: Optional[Calculation]
    """The calculation that was accepted and has not finished."""


@dataclass(frozen=True)
class Over(Mode):
    was_pooled: bool


class Row(NamedTuple):
    phase: str
    """The phase that `welcome` reports."""
    takes: FrozenSet[Type[Message]]
    """The server's messages that have an effect or an answer in this mode."""
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
    """Returns `after`. Raises ModeError if that mode cannot follow `before`."""
    if type(after) not in TABLE[type(before)].next:
        raise ModeError(f"{type(after).__name__} cannot follow {type(before).__name__}")
    return after


def takes(mode: Mode, message: Message) -> bool:
    return type(message) in TABLE[type(mode)].takes


def phase_of(mode: Mode) -> str:
    return TABLE[type(mode)].phase


def is_pooled(mode: Mode) -> bool:
    """Whether this is a pool member that nobody has claimed."""
    if isinstance(mode, (Ending, Over)):
        return mode.was_pooled
    return isinstance(mode, (Warming, Mending, Pooled))


def calculation_of(mode: Mode) -> Optional[Calculation]:
    """The calculation that was accepted and has not finished."""
    return mode.calculation if isinstance(mode, (Booting, Preparing, Running, Ending)) else None
