"""When a calculation that is being stopped may be told to be canceled. What was seen decides, and here alone.

Control is back from the calculation, but something of it may still go on. `Ladder.settle` (stop.py) looks
again and again, and carries out what each state asks for:

- GOING_ON. Something of the calculation goes on, as far as is known; it begins so. Everything is canceled,
  also jobs that show up late, and the next look comes after a moment. When a look sees nothing, the threads
  of Java are asked whether one works for the calculation. If one does, it stays GOING_ON. If none does,
  CHECKED follows.
- CHECKED. A look saw nothing, and then no thread worked. A thread may have submitted a job in between, so the
  next look comes at once. If it sees something, GOING_ON follows. If it sees nothing, SETTLED follows, or
  QUIET if no look can be sure.
- QUIET. As CHECKED, but jobs may come that no look foresees: a user's thread may just be between two of them.
  The next look comes after a moment. If it sees something, GOING_ON follows. SETTLED follows when nothing has
  stirred for half a second.
- SETTLED. Nothing of the calculation is left.

On the way the runner is killed if a new job shows, after the ladder's last rung, that code of the calculation
goes on all the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import NamedTuple, Optional

_SURE_AFTER_S = 0.5
_WARN_AFTER_S = 60.0


class State(Enum):
    GOING_ON = auto()
    CHECKED = auto()
    QUIET = auto()
    SETTLED = auto()


class Seen(NamedTuple):
    """One look at what is left of the calculation."""

    has_processes: bool
    has_queries: bool
    """Streaming queries. Also true where it is not known whether there are any."""
    has_jobs: bool
    """A job runs, or a task."""
    newest_job: int
    """Its number; -1 without jobs."""
    is_unsure: bool
    """There are jobs of a user's thread, or a job was submitted just now and is not seen yet."""


@dataclass(frozen=True)
class Settling:
    """The state, and what has to be remembered for the next. Times are those of a clock in seconds."""

    kill_at: float
    """When the ladder is at its last rung."""
    warn_at: float
    stirred_at: float
    """When a look last saw something, or another newest job than the look before."""
    state: State = State.GOING_ON
    newest_job: Optional[int] = None
    """None before the first look."""
    had_queries: bool = False
    """At the last look. Their listeners have been told of their end one look later."""
    is_unsure: bool = False
    """A look was."""

    @classmethod
    def begin(cls, now: float, kill_at: float) -> Settling:
        return cls(kill_at=kill_at, warn_at=now + _WARN_AFTER_S, stirred_at=now)

    def asks_threads(self, seen: Seen) -> bool:
        """Whether the next state depends on what the threads of Java do."""
        return self.state is State.GOING_ON and self._is_quiet(seen)

    def after(self, seen: Seen, are_threads_idle: bool, now: float) -> Step:
        """`are_threads_idle` counts only where `asks_threads`."""
        looked = replace(self, newest_job=seen.newest_job, had_queries=seen.has_queries)
        is_quiet = self._is_quiet(seen)
        if is_quiet and self.state is State.GOING_ON:
            if are_threads_idle:
                return Step(replace(looked, state=State.CHECKED))
            is_quiet = False
        is_unsure = self.is_unsure or seen.is_unsure
        stirred_at = self.stirred_at if is_quiet and seen.newest_job == self.newest_job else now
        if not is_quiet:
            state = State.GOING_ON
        elif is_unsure and now - stirred_at < _SURE_AFTER_S:
            state = State.QUIET
        else:
            return Step(replace(looked, state=State.SETTLED))
        is_new = self.newest_job is not None and seen.newest_job > self.newest_job
        warns = now >= self.warn_at
        return Step(
            replace(
                looked,
                state=state,
                stirred_at=stirred_at,
                is_unsure=is_unsure,
                warn_at=math.inf if warns else self.warn_at,
            ),
            kills=is_new and now >= self.kill_at,
            warns=warns,
        )

    def _is_quiet(self, seen: Seen) -> bool:
        return not (seen.has_processes or seen.has_queries or self.had_queries or seen.has_jobs)


class Step(NamedTuple):
    """What follows from a look, beside what the state asks for."""

    settling: Settling
    kills: bool = False
    """The runner."""
    warns: bool = False
    """It takes long. Once."""
