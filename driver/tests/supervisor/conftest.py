from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Generator, Iterator, List, Optional

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import FakeSession, Session, shared_session
from tests.supervisor.pip_harness import make_wheel


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += [(f"driver {session.process.pid}", session.describe()) for session in Session.alive]
    return report


@pytest.fixture(scope="module")
def session(engine: Engine) -> Iterator[Session]:
    with shared_session(engine) as session:
        yield session


@pytest.fixture
def new_session() -> Iterator[Callable[..., Session]]:
    """Starts sessions for one test. `launch` overrides members of launch.json."""
    sessions: List[Session] = []

    def start(engine: Optional[Engine], /, connected: bool = True, **launch: Any) -> Session:
        session = Session(engine, **launch)
        sessions.append(session)
        if connected:
            session.connect()
        return session

    yield start
    for session in sessions:
        session.close()


@pytest.fixture
def new_fake_session() -> Iterator[Callable[..., FakeSession]]:
    """Starts sessions with stand-ins for Spark and the runner (fakes/)."""
    sessions: List[FakeSession] = []

    def start(**launch: Any) -> FakeSession:
        session = FakeSession(None, **launch)
        sessions.append(session)
        session.connect()
        return session

    yield start
    for session in sessions:
        session.close()


@pytest.fixture
def fake_session(new_fake_session: Callable[..., FakeSession]) -> Callable[..., FakeSession]:
    """Like `new_fake_session`, but waits until the session is ready."""

    def start(**launch: Any) -> FakeSession:
        session = new_fake_session(**launch)
        session.ready()
        return session

    return start


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for version in ("1.0", "2.0"):
        for name in ("toy", "early", "late", "twice"):
            program = f"def main():\n    print('{name} {version}')\n"
            files = {f"{name}/__init__.py": f"version = '{version}'\n", f"{name}/__main__.py": program}
            make_wheel(folder, name, version, files)
    make_wheel(folder, "argparse", "1.4", {"argparse.py": "raise RuntimeError('not the one of Python')\n"})
    return folder


@pytest.fixture(scope="module")
def pip_session(engine: Engine, wheels: Path) -> Iterator[Session]:
    """A session whose package index is a folder, given by the environment variables that pip reads."""
    with shared_session(engine, env={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}) as session:
        yield session
    assert not (session.folder / "local").exists()
