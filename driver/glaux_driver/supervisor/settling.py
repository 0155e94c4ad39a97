"""Decides when a calculation that is being stopped may be reported as canceled.

The runner has returned from the calculation, but processes, queries, jobs or threads of the calculation may
still go on. `Ladder.settle` (stop.py) looks at them repeatedly, and does what the current state asks for:

- GOING_ON, the first state. As far as is known, something of the calculation goes on. All its jobs are
  cancelled, also jobs that show up late, and the next look comes after a moment. When a look finds nothing,
  the ladder asks whether a thread of Java works for the calculation. If a thread does, the state stays
  GOING_ON. If no thread does, CHECKED follows.
- CHECKED. A look found nothing, and then no thread was working. A thread may have submitted a job between the
  two, so the next look comes at once. If it finds something, GOING_ON follows. If it finds nothing, SETTLED
  follows, or QUIET if a look cannot be sure to find all jobs.
- QUIET. Like CHECKED, but a job may still come that no look foresees: a user's thread may be between two
  jobs. The next look comes after a moment. If it finds something, GOING_ON follows. When nothing has changed
  for half a second, SETTLED follows.
- SETTLED. Nothing of the calculation is left.

The runner is killed if a new job appears after the time of the ladder's last rung, because the job shows that
code of the calculation is still running.
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
    """Whether streaming queries are left. Also true if that is not known."""
    has_jobs: bool
    """Whether a job or a task runs."""
    newest_job: int
    """The number of the calculation's newest job; -1 without jobs."""
    is_unsure: bool
    """Whether there are jobs of a user's thread, or a job that was just submitted and is not in the
    look yet.
    """


@dataclass(frozen=True)
class Settling:
    """The state, and the facts that the next transition needs.

    Times are those of the monotonic clock, in seconds.
    """

    kill_at: float
    """When the ladder reaches its last rung."""
    warn_at: float
    stirred_at: float
    """When a look last found something, or found another newest job than the look before."""
    state: State = State.GOING_ON
    newest_job: Optional[int] = None
    """None before the first look."""
    had_queries: bool = False
    """Whether the last look found queries.

    The queries' listeners learn of their end only by the next look.
    """
    is_unsure: bool = False
    """Whether any look so far was unsure."""

    @classmethod
    def begin(cls, now: float, kill_at: float) -> Settling:
        return cls(kill_at=kill_at, warn_at=now + _WARN_AFTER_S, stirred_at=now)

    def asks_threads(self, seen: Seen) -> bool:
        """Whether the next state depends on whether threads of Java work for the calculation."""
        return self.state is State.GOING_ON and self._is_quiet(seen)

    def after(self, seen: Seen, are_threads_idle: bool, now: float) -> Step:
        """The step that follows from a look. `are_threads_idle` counts only if `asks_threads(seen)`."""
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
    """The consequences of a look: the new state, and actions beside those that the state asks for."""

    settling: Settling
    kills: bool = False
    """Whether the runner is to be killed."""
    warns: bool = False
    """Whether to warn that stopping takes long. True once at most."""
