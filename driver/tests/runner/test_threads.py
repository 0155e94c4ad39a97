"""Which task a thread runs. These tests need no runner."""

from __future__ import annotations

import pytest

from glaux_driver.runner.threads import Owner, Threads


class _LockAfterASystemExit:
    """A lock that raises SystemExit when it is taken:
    an error that is set in a waiting thread is raised as soon as the thread has the lock."""

    def __enter__(self) -> None:
        raise SystemExit

    def __exit__(self, *_: object) -> None:
        """Nothing to release."""


def test_a_task_is_over_also_when_its_thread_is_told_to_end_in_that_moment() -> None:
    threads = Threads()
    setattr(threads, "_leaving", _LockAfterASystemExit())  # noqa: B010 (another type)
    with pytest.raises(SystemExit):
        threads.run_as(Owner(None, follows=True), int)
    owner = threads.owner()
    assert owner is not None
    assert not owner.follows
