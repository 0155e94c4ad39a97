from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Awaitable, Callable

import pytest

from glaux_driver.messages import Assign, Run
from glaux_driver.supervisor.children import Children
from glaux_driver.supervisor.jvm import Gateway
from glaux_driver.supervisor.launch import Launch, read_launch
from glaux_driver.supervisor.runner import Runner, RunnerExited
from tests.supervisor.harness import engine_members, fake_program

_GATEWAY = Gateway(1, "secret")


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    (tmp_path / "work").mkdir()
    members = {
        "protocol": 1,
        "driverId": "d",
        "token": "",
        "tag": "",
        "folder": str(tmp_path),
        "socketPath": "",
        "driverMemoryMb": 512,
        "driverCores": 1,
        "conf": {},
        "buckets": "",
        "env": {},
        "engine": engine_members(None, python=fake_program(tmp_path, "runner")),
    }
    (tmp_path / "launch.json").write_text(json.dumps(members))
    return read_launch(tmp_path / "launch.json")


def _with_runner(launch: Launch, check: Callable[[Runner], Awaitable[None]]) -> None:
    async def run() -> None:
        runner = Runner(launch, Children(), on_query=print)
        try:
            await asyncio.wait_for(check(runner), 30)
        finally:
            runner.kill()
            await runner.exited

    asyncio.run(run())


def _run(code: str) -> Run:
    return Run("c", code, "", "", "")


def test_long_messages_arrive_whole(launch: Launch) -> None:
    async def check(runner: Runner) -> None:
        await runner.attach(_GATEWAY, None)
        for size in (1, 65_536, 3_000_000):
            _, finished = runner.run(_run(f"raise KeyError('x' * {size})"))
            assert (await finished).error_message == repr("x" * size)

    _with_runner(launch, check)


def test_one_that_is_dead_is_told_nothing_and_waited_for_by_nobody(launch: Launch) -> None:
    async def check(runner: Runner) -> None:
        await runner.attach(_GATEWAY, None)
        _, finished = runner.run(_run("import os; os._exit(7)"))
        with pytest.raises(RunnerExited, match="7"):
            await finished
        runner.assign(Assign("s", "primary", "3.5", None))
        runner.ask_to_end()
        runner.interrupt()
        for future in runner.run(_run("1")):
            with pytest.raises(RunnerExited, match="7"):
                await future
        with pytest.raises(RunnerExited, match="7"):
            await runner.renew_context()

    _with_runner(launch, check)


def test_one_that_does_not_read_is_killed(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glaux_driver.supervisor.runner._SEND_LIMIT_S", 0.2)

    async def check(runner: Runner) -> None:
        await runner.attach(_GATEWAY, None)
        runner.run(_run("import time; time.sleep(600)"))
        _, finished = runner.run(_run("#" * 10_000_000))
        with pytest.raises(RunnerExited, match="-9"):
            await finished

    _with_runner(launch, check)
