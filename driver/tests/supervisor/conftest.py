from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

from tests.conftest import Engine
from tests.supervisor.harness import Session


@pytest.fixture(scope="module")
def session(engine: Engine) -> Iterator[Session]:
    """One that is ready, for all tests of a module: each must leave it usable, as calculations have to."""
    session = Session(engine)
    try:
        session.ready()
        yield session
        session.shut_down()
        assert session.process.wait(30) == 0
    finally:
        session.close()


@pytest.fixture
def new_session() -> Iterator[Callable[..., Session]]:
    """Starts sessions for one test, with other launch settings perhaps."""
    sessions = []

    def start(*arguments: Any, **launch: Any) -> Session:
        sessions.append(Session(*arguments, **launch))
        return sessions[-1]

    yield start
    for session in sessions:
        session.close()
