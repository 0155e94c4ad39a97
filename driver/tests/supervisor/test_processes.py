"""Each test runs a separate program, because a subreaper that reaps all children would disturb pytest's
process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.supervisor.harness import DRIVER

_PRELUDE = """
import asyncio, os, signal, subprocess, sys, time
from glaux_driver.supervisor.linux import become_subreaper
from glaux_driver.supervisor.children import Children
from glaux_driver.supervisor.processes import descendants, Moment

started = []  # kept: the reaper, not Popen, waits for them

def start(*command, stdout=subprocess.DEVNULL, **options):
    started.append(subprocess.Popen(command, stdout=stdout, **options))
    return started[-1]

def living(root=None, **options):
    return {p.pid for p in descendants(root or os.getpid(), **options) if p.lives}

async def until(condition):
    give_up = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up
        await asyncio.sleep(0.005)

become_subreaper()
"""


def run(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _PRELUDE + textwrap.dedent(program)],
        cwd=DRIVER,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_exits_are_told_by_code_and_by_signal() -> None:
    run("""
    async def main():
        children = Children()
        ended, killed = start("sh", "-c", "exit 7"), start("sleep", "60")
        exits = children.watch(ended), children.watch(killed)
        os.kill(killed.pid, signal.SIGTERM)
        assert await asyncio.gather(*exits) == [7, -15]
        assert (ended.returncode, killed.returncode) == (7, -15)
    asyncio.run(main())
    """)


def test_processes_that_leave_their_session_and_their_parent_are_still_ended() -> None:
    run("""
    async def main():
        children = Children()
        script = "setsid sh -c '(setsid sleep 61 & exec setsid sleep 62 & sleep 63) & exit' & exit"
        child = start("sh", "-c", script, start_new_session=True)
        assert await children.watch(child) == 0
        await until(lambda: len(living()) >= 3)
        await asyncio.wait_for(children.end_all(), 10)
        assert descendants(os.getpid()) == []
    asyncio.run(main())
    """)


def test_those_that_keep_forking_are_ended() -> None:
    run("""
    async def main():
        children = Children()
        fork = "import os, time\\nwhile True:\\n  if os.fork() == 0: time.sleep(60)\\n  time.sleep(.002)"
        child = start(sys.executable, "-c", fork)
        children.watch(child)
        await until(lambda: len(living()) > 10)
        await asyncio.wait_for(children.end_all(), 10)
        assert descendants(os.getpid()) == []
    asyncio.run(main())
    """)


def test_orphans_are_reaped_without_being_asked_for() -> None:
    run("""
    async def main():
        children = Children()
        assert await children.watch(start("sh", "-c", "(sleep 0.1; exit 3) & exit 0")) == 0
        assert len(living()) > 0
        await until(lambda: not descendants(os.getpid()))
    asyncio.run(main())
    """)


def test_a_subtree_can_be_left_out() -> None:
    run("""
    async def main():
        children = Children()
        kept, other = start("sh", "-c", "sleep 60 & wait"), start("sh", "-c", "sleep 60 & wait")
        exits = [children.watch(kept), children.watch(other)]
        await until(lambda: len(living()) == 4)
        assert len(living(apart_from=[kept.pid])) == 2
        await children.end_all()
        assert [e.result() for e in exits] == [-9, -9]
    asyncio.run(main())
    """)


def test_processes_are_told_apart_by_when_they_started_however_close() -> None:
    run("""
    async def main():
        children = Children()
        for _ in range(50):
            older = start("sleep", "60")
            moment = Moment.now()
            younger = start("sleep", "60")
            children.watch(older); children.watch(younger)
            young = {p.pid: p.started_after(moment) for p in descendants(os.getpid())}
            assert (young[older.pid], young[younger.pid]) == (False, True)
        await children.end_all()
    asyncio.run(main())
    """)


def test_a_name_with_parentheses_and_spaces_is_read() -> None:
    run("""
    import ctypes
    ctypes.CDLL(None).prctl(15, b"a) S 1 (b", 0, 0, 0)
    from glaux_driver.supervisor.processes import _read_stat
    me = _read_stat(str(os.getpid()))
    assert (me.parent, me.state) == (os.getppid(), "R")
    """)


@pytest.mark.parametrize("module", ["glaux_driver.packages.daemon", "pyspark.daemon"])
def test_what_a_calculation_has_started_inside_spark_is_told_from_sparks_own(module: str) -> None:
    run(
        """
    from pathlib import Path
    from glaux_driver.supervisor.own_processes import own_processes

    def command(process):
        return Path(f"/proc/{process.pid}/cmdline").read_bytes().replace(b"\\0", b" ").decode().strip()

    async def main():
        children = Children()
        began = Moment.now()
        worker = 'sh -c "sleep 61 & wait"'
        daemon = f"sh -c '{worker} & wait' -m MODULE"
        jvm = start("sh", "-c", f"{daemon} & sleep 62 & wait")
        runner = start("sh", "-c", "sleep 63 & wait")
        children.watch(jvm), children.watch(runner)
        await until(lambda: len(living()) == 7)
        own = own_processes(began, runner.pid, jvm.pid)
        assert sorted(command(one) for one in own) == ["sleep 61", "sleep 62", "sleep 63"]
        assert own_processes(Moment.now(), runner.pid, jvm.pid) == []
        await children.end_all()
    asyncio.run(main())
    """.replace("MODULE", module)
    )


@pytest.mark.parametrize(
    "program", ["exec -a chmod sleep 61", "exec sh -c 'sleep 61 & wait' -m glaux_driver.packages.daemon"]
)
def test_what_java_was_just_starting_is_not_ended_once_it_is_sparks_own(program: str, tmp_path: Path) -> None:
    (tmp_path / "jvm").write_text("bash -c 'exec -a jspawnhelper bash helper' & sleep 62 & wait")
    (tmp_path / "helper").write_text(f"read _ < go; {program}")
    os.mkfifo(tmp_path / "go")
    run(f"""
    from glaux_driver.supervisor.own_processes import end, own_processes

    jvm = start("bash", "jvm", cwd={str(tmp_path)!r}, stderr=subprocess.DEVNULL)

    def runs(program):
        return any(one.lives and program in command(one) for one in descendants(jvm.pid))

    def command(process):
        with open(f"/proc/{{process.pid}}/cmdline") as file:
            return file.read()

    async def main():
        children = Children()
        children.watch(jvm)
        try:
            await until(lambda: runs("jspawnhelper\\0") and runs("62"))
            own = own_processes(Moment(0, 0), 0, jvm.pid)
            open({str(tmp_path / "go")!r}, "w").close()
            await until(lambda: runs("61"))
            end(own, jvm.pid)
            await until(lambda: not runs("62"))
            assert len(own) == 2 and runs("61")
        finally:
            await children.end_all()

    asyncio.run(main())
    """)
