"""A JVM that does nothing but collect garbage is given up, and no other: stand-ins with a thread of the collector's name."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Callable, Iterator

import pytest

from glaux_driver.supervisor.gc_overhead import GcOverhead
from glaux_driver.supervisor.launch import HeartbeatTimes
from tests.supervisor.harness import FakeSession

_THREAD = """
import sys, threading, time

def work():
    while True:
        pass

def idle():
    while True:
        time.sleep(0.01)

def collector():
    with open("/proc/thread-self/comm", "w") as comm:
        comm.write("VM Thread")
    ready.set()
    globals()[sys.argv[1]]()

ready = threading.Event()
threading.Thread(target=collector, daemon=True).start()
ready.wait()
"""

_JVM = f"""
{_THREAD}
print("ready", flush=True)
if sys.argv[2] == "work":
    work()
sys.stdin.read()
"""


@pytest.fixture
def jvm() -> Iterator[Callable[[str, str], int]]:
    processes = []

    def start(collector: str, others: str) -> int:
        process = subprocess.Popen(
            [sys.executable, "-c", _JVM, collector, others], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process.pid

    yield start
    for process in processes:
        process.kill()
        process.communicate()


async def _watched(pid: int, limit_s: float) -> str:
    times = HeartbeatTimes(interval_ms=1000, collecting_ms=1000)
    return await asyncio.wait_for(GcOverhead(pid, 512, times).watch(), limit_s)


def test_a_collector_that_works_alone_is_told_with_the_heap_s_size(jvm: Callable[[str, str], int]) -> None:
    reason = asyncio.run(_watched(jvm("work", "wait"), 30))
    assert reason == (
        "the Spark driver ran out of heap memory (for 1 s it has done nothing but collect garbage); "
        "it has 512 MiB, which GLAUX_DRIVER_MEMORY_MB sets"
    )


@pytest.mark.parametrize(("collector", "others"), [("work", "work"), ("idle", "work"), ("idle", "wait")])
def test_a_jvm_that_does_anything_else_or_next_to_nothing_is_left_alone(
    jvm: Callable[[str, str], int], collector: str, others: str
) -> None:
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(_watched(jvm(collector, others), 3.5))


def test_a_jvm_that_is_gone_is_left_to_others() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(_watched(gone.pid, 1.5))


def test_a_session_whose_jvm_does_nothing_else_fails_and_says_so(fake_session: Callable[..., FakeSession]) -> None:
    jvm = f"import sys, threading; sys.argv = ['', 'work', 'wait']; exec({_THREAD!r}, globals())"
    session = fake_session(env={"FAKE_JVM": jvm}, heartbeat={"intervalMs": 1000, "collectingMs": 2000})
    failed = session.finished(session.start("import time; time.sleep(600)"))
    assert (failed["outcome"], failed["errorType"]) == ("failed", "SparkDriverLost")
    assert "nothing but collect garbage" in failed["errorMessage"]
    assert session.until("ended")["reason"] == failed["errorMessage"]
