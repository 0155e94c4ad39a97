"""When a stopped calculation may be reported as canceled: properties of every short sequence of looks."""

from __future__ import annotations

import itertools
import math
from typing import Iterator, List, NamedTuple, Optional, Tuple

import pytest

from glaux_driver.supervisor.settling import Seen, Settling, State, Step

_NOTHING = Seen(has_processes=False, has_queries=False, has_jobs=False, newest_job=0, is_unsure=False)
_STEPS_S = (0.1, 0.5)
_LOOKS = 4


class Round(NamedTuple):
    """One look, and the step that followed from it."""

    seen: Seen
    are_threads_idle: Optional[bool]
    """None if the threads were not asked."""
    now: float
    before: Settling
    step: Step

    @property
    def sees_something(self) -> bool:
        return self.seen.has_processes or self.seen.has_queries or self.seen.has_jobs

    @property
    def settled(self) -> bool:
        return self.step.settling.state is State.SETTLED


Course = List[Round]


def _looks(newest: int) -> Iterator[Seen]:
    """The possible looks when `newest` was the newest job.

    It is enough that each finds one thing at a time.
    """
    quiet = _NOTHING._replace(newest_job=newest)
    yield quiet
    yield quiet._replace(has_processes=True)
    yield quiet._replace(has_queries=True)
    yield quiet._replace(has_jobs=True)
    yield quiet._replace(is_unsure=True)
    yield quiet._replace(newest_job=newest + 1)  # the new job is over already
    yield quiet._replace(newest_job=newest + 1, has_jobs=True)
    yield quiet._replace(newest_job=newest + 1, has_jobs=True, is_unsure=True)
    yield quiet._replace(newest_job=-1)  # the status store has forgotten the job


def _rounds(before: Settling, now: float) -> Iterator[Round]:
    newest = -1 if before.newest_job is None else before.newest_job
    for seen, step_s in itertools.product(_looks(newest), _STEPS_S):
        then = now + step_s
        for are_threads_idle in (False, True) if before.asks_threads(seen) else (None,):
            yield Round(seen, are_threads_idle, then, before, before.after(seen, bool(are_threads_idle), then))


def _courses(before: Settling, now: float = 0.0, looks: int = _LOOKS) -> Iterator[Course]:
    """All courses of `looks` looks, or of fewer if the course settles earlier."""
    for first in _rounds(before, now):
        if looks == 1 or first.settled:
            yield [first]
        else:
            for rest in _courses(first.step.settling, first.now, looks - 1):
                yield [first, *rest]


@pytest.fixture(scope="module")
def courses() -> List[Course]:
    found = list(_courses(Settling.begin(now=0.0, kill_at=0.3)))
    assert len(found) > 50_000
    assert {one.step.settling.state for course in found for one in course} == set(State)
    return found


def _settled(courses: List[Course]) -> Iterator[Course]:
    return (course for course in courses if course[-1].settled)


def _goes_on(course: Course) -> List[bool]:
    """For each look, whether something goes on: the look finds something, or the look before found a query.

    The listeners of such a query may not have been told of its end yet.
    """
    queries = [False, *(one.seen.has_queries for one in course)]
    return [one.sees_something or had_queries for one, had_queries in zip(course, queries)]


def test_it_is_not_settled_while_something_goes_on(courses: List[Course]) -> None:
    for course in _settled(courses):
        assert not _goes_on(course)[-1]


def test_it_is_not_settled_unless_the_threads_were_idle_and_nothing_was_seen_since(courses: List[Course]) -> None:
    for course in _settled(courses):
        checked = max(index for index, one in enumerate(course) if one.are_threads_idle is not None)
        assert course[checked].are_threads_idle
        since = _goes_on(course)[checked:]
        assert len(since) > 1  # at least one look came after the threads were asked
        assert not any(since)


def test_where_jobs_may_come_unseen_nothing_must_have_stirred_for_half_a_second(courses: List[Course]) -> None:
    for course in _settled(courses):
        # A look after which idle threads lead to CHECKED does not count: the next look, which follows at
        # once, does.
        told = [one for one in course if not one.are_threads_idle]
        if any(one.seen.is_unsure for one in told):
            stirred = [one.now for one in told if one.step.settling.state is State.GOING_ON]
            new = [one.now for one in told if one.seen.newest_job != one.before.newest_job]
            assert course[-1].now - max([0.0, *stirred, *new]) >= 0.5


def test_everything_is_canceled_after_each_look_at_which_something_goes_on_and_after_no_other(
    courses: List[Course],
) -> None:
    for course in courses:
        for one, goes_on in zip(course, _goes_on(course)):
            works = one.are_threads_idle is False
            assert (one.step.settling.state is State.GOING_ON) == (goes_on or works)


def test_the_runner_is_killed_for_a_new_job_after_the_last_rung_and_for_nothing_else(courses: List[Course]) -> None:
    for course in courses:
        assert not course[0].step.kills
        for earlier, one in zip(course, course[1:]):
            if one.step.settling.state not in (State.CHECKED, State.SETTLED):
                is_new = one.seen.newest_job > earlier.seen.newest_job
                assert one.step.kills == (is_new and one.now >= 0.3)
            else:
                assert not one.step.kills


def test_the_threads_are_asked_only_when_nothing_else_is_known_to_go_on(courses: List[Course]) -> None:
    for course in courses:
        for one, goes_on in zip(course, _goes_on(course)):
            asks = one.are_threads_idle is not None
            assert asks == (one.before.state is State.GOING_ON and not goes_on)


def test_a_quiet_end_takes_two_looks_and_half_a_second_more_where_it_is_not_sure() -> None:
    def states(is_unsure: bool) -> List[Tuple[State, float]]:
        course, settling, now = [], Settling.begin(now=0.0, kill_at=5.0), 0.0
        while settling.state is not State.SETTLED:
            now += 0.125
            settling = settling.after(_NOTHING._replace(is_unsure=is_unsure), True, now).settling
            course.append((settling.state, now))
        return course

    assert states(is_unsure=False) == [(State.CHECKED, 0.125), (State.SETTLED, 0.25)]
    assert states(is_unsure=True) == [
        (State.CHECKED, 0.125),
        (State.QUIET, 0.25),
        (State.QUIET, 0.375),
        (State.SETTLED, 0.5),
    ]


def test_once_unsure_it_stays_so() -> None:
    settling = Settling.begin(now=0.0, kill_at=5.0)
    settling = settling.after(_NOTHING._replace(has_jobs=True, is_unsure=True), False, 0.1).settling
    settling = settling.after(_NOTHING, True, 0.2).settling
    assert settling.after(_NOTHING, False, 0.3).settling.state is State.QUIET


def test_it_warns_once_after_a_minute() -> None:
    settling = Settling.begin(now=100.0, kill_at=105.0)
    warned = []
    for now in (130.0, 159.9, 160.0, 170.0, 1000.0):
        step = settling.after(_NOTHING._replace(has_processes=True), False, now)
        settling = step.settling
        warned.append(step.warns)
    assert warned == [False, False, True, False, False]
    assert settling.warn_at == math.inf
