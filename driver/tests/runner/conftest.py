"""A JVM with a Spark context for each engine, and runners attached to it."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.runner.harness import Jvm, RunnerProcess


@pytest.fixture(scope="session")
def jvm(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jvm]:
    jvm = Jvm(engine, tmp_path_factory.mktemp("jvm"))
    yield jvm
    jvm.close()


@pytest.fixture(scope="module")
def shared(engine: Engine, jvm: Jvm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[List[RunnerProcess]]:
    runners: List[RunnerProcess] = []
    yield runners
    for runner in runners:
        runner.close()


@pytest.fixture
def runner(
    engine: Engine, jvm: Jvm, shared: List[RunnerProcess], tmp_path_factory: pytest.TempPathFactory
) -> RunnerProcess:
    """A runner for all tests of a file, as a session has one runner for all calculations.
    After a test that has failed there is a new runner."""
    if shared and not shared[-1].is_usable(jvm):
        shared.pop().close()
    if not shared:
        shared.append(RunnerProcess(engine.python, tmp_path_factory.mktemp("runner")))
        shared[-1].attach(jvm)
    return shared[-1]


@pytest.fixture
def own_runner(engine: Engine, jvm: Jvm, tmp_path: Path) -> Iterator[RunnerProcess]:
    """A runner for one test, which may end the runner."""
    runner = RunnerProcess(engine.python, tmp_path)
    runner.attach(jvm)
    yield runner
    runner.close()
