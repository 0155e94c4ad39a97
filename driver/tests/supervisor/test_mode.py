"""The table of a supervisor's modes."""

from __future__ import annotations

import itertools
from typing import Dict, Type

import pytest

from glaux_driver.messages import FROM_SERVER, Ack, Claim, Hello, Pause, Run, Stop
from glaux_driver.supervisor import mode
from glaux_driver.supervisor.calculation import Calculation
from glaux_driver.supervisor.mode import (
    TABLE,
    Booting,
    Ending,
    Idle,
    Mending,
    Mode,
    ModeError,
    Over,
    Pooled,
    Preparing,
    Running,
    Warming,
    follow,
)

_MEMBERS = {Warming, Mending, Pooled}
_SESSIONS = {Booting, Preparing, Idle, Running}


def _any(kind: Type[Mode]) -> Mode:
    """A mode of this kind, with arbitrary data."""
    calculation = Calculation.__new__(Calculation)
    made: Dict[Type[Mode], Mode] = {
        Running: Running(calculation),
        Ending: Ending("", clean=True, grace_s=0, was_pooled=False, calculation=None),
        Over: Over(was_pooled=False),
    }
    return made.get(kind) or kind()


def test_every_mode_has_its_row_and_its_words() -> None:
    assert set(TABLE) == set(Mode.__subclasses__())
    assert all(f"\n- {kind.__name__}. " in (mode.__doc__ or "") for kind in TABLE)


@pytest.mark.parametrize(("before", "after"), itertools.product(TABLE, TABLE))
def test_a_mode_follows_only_where_the_table_says_so(before: Type[Mode], after: Type[Mode]) -> None:
    next_mode = _any(after)
    if after in TABLE[before].next:
        assert follow(_any(before), next_mode) is next_mode
    else:
        with pytest.raises(ModeError, match=f"{after.__name__} cannot follow {before.__name__}"):
            follow(_any(before), next_mode)


def test_each_mode_may_end_and_nothing_comes_after_the_end() -> None:
    assert all(Ending in TABLE[kind].next for kind in _MEMBERS | _SESSIONS)
    assert TABLE[Ending].next == {Ending, Over}
    assert TABLE[Over].next == set()


def test_a_session_never_becomes_a_pool_member_and_no_phase_comes_back() -> None:
    assert not any(TABLE[kind].next & _MEMBERS for kind in _SESSIONS)
    phases = ["booting", "ready", "ending"]
    for kind, row in TABLE.items():
        assert all(phases.index(TABLE[after].phase) >= phases.index(row.phase) for after in row.next), kind


def test_what_a_mode_takes() -> None:
    modal = {Run, Stop, Claim, Pause}
    always = set(FROM_SERVER.values()) - modal - {Hello, Ack}
    took = {kind: row.takes & modal for kind, row in TABLE.items()}
    assert took == {
        Booting: {Run, Stop},
        Preparing: {Run, Stop},
        Idle: {Run},
        Running: {Run, Stop},
        Warming: {Claim, Pause},
        Mending: {Claim, Pause},
        Pooled: {Claim, Pause},
        Ending: {Stop},
        Over: set(),
    }
    assert all(row.takes - modal == always for kind, row in TABLE.items() if kind is not Over)
