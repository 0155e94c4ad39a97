"""The driver's logs are bounded, whichever process writes to them, and their last lines are found."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Callable

import pytest

from glaux_driver.supervisor.launch import Engine
from glaux_driver.supervisor.logs import aside, keep_bounded, last_lines, put_aside
from tests.supervisor.harness import FakeSession, Session, wait_for

NewSession = Callable[..., Session]


def test_a_log_is_put_aside_under_those_who_append_to_it(tmp_path: Path) -> None:
    log = tmp_path / "spark.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"a" * 90 + b"0123456789")
        put_aside(log, 50)
        assert aside(log).read_bytes() == b"a" * 40 + b"0123456789"
        writer.write(b"after")
        assert log.read_bytes() == b"after"
        put_aside(log, 50)
    assert aside(log).read_bytes() == b"after"
    assert log.read_bytes() == b""
    assert aside(log).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["spark.log", "spark.log.1"]


def test_one_that_cannot_be_put_aside_stays_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "spark.log"
    log.write_bytes(b"kept")
    (aside(log) / "in-the-way").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        put_aside(log, 50)
    assert log.read_bytes() == b"kept"
    assert not log.with_name("spark.log.new").exists()


def test_only_full_logs_are_put_aside_and_one_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    failing, full, small = (tmp_path / name for name in ("failing", "full", "small"))
    for log in (failing, full):
        log.write_bytes(b"x" * 100)
    small.write_bytes(b"x" * 99)
    (aside(failing) / "in-the-way").mkdir(parents=True)

    async def look() -> None:
        task = asyncio.ensure_future(keep_bounded([tmp_path / "absent", failing, full, small], 100, every_s=0.01))
        while full.stat().st_size > 0:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(look(), 20))
    assert (failing.stat().st_size, small.stat().st_size) == (100, 99)
    assert aside(full).stat().st_size == 100


def test_the_last_lines_are_found_when_the_log_has_just_begun_anew(tmp_path: Path) -> None:
    log = tmp_path / "spark.log"
    assert last_lines(log) == ""
    log.write_text("".join(f"line {n}\n" for n in range(100)))
    assert last_lines(log).splitlines() == [f"line {n}" for n in range(80, 100)]
    put_aside(log, 10_000)
    with log.open("a") as writer:
        writer.write("the end\n")
    assert last_lines(log).splitlines() == [*(f"line {n}" for n in range(81, 100)), "the end"]


def was_emptied(log: Path) -> Callable[[], bool]:
    return lambda: aside(log).exists() and log.stat().st_size < 50_000


def test_a_supervisor_keeps_both_logs_bounded_and_goes_on(fake_session: Callable[..., FakeSession]) -> None:
    session = fake_session(driverLogMaxBytes=50_000)
    logs = [session.folder / name for name in ("spark.log", "driver.log")]
    for log in logs:
        with log.open("ab", buffering=0) as writer:
            writer.write(b"x" * 300_000)
            wait_for(was_emptied(log))
            writer.write(b"after\n")
        assert aside(log).stat().st_size == 50_000
        assert log.read_bytes().endswith(b"after\n")
    assert session.finished(session.start("x = 1"))["outcome"] == "completed"
    assert session.shut_down()["clean"]


@pytest.mark.main_engine
def test_a_session_whose_jvm_logs_without_end_keeps_two_files_of_bounded_size(
    engine: Engine, new_session: NewSession
) -> None:
    session = new_session(engine, driverLogMaxBytes=50_000)
    session.ready()
    spark_log = session.folder / "spark.log"
    say = "for n in range(300): spark._jvm.System.err.println(f'{n} ' + 'x' * 1000)\n"
    session.run(say)
    wait_for(was_emptied(spark_log))
    assert aside(spark_log).stat().st_size <= 50_000
    session.run("spark._jvm.System.err.println('after')")
    wait_for(lambda: spark_log.read_text().endswith("after\n"))
    assert session.run("print(spark.range(3).count())")["stdout"] == "3\n"
