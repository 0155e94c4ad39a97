"""A JVM that does nothing but collect garbage is given up. No other JVM is."""

from __future__ import annotations

import asyncio
import subprocess
from typing import Callable, Iterable, List, Tuple

import pytest

from glaux_driver.supervisor.gc_overhead import COLLECTOR, GcOverhead, Streak, Use
from glaux_driver.supervisor.launch import HeartbeatTimes
from glaux_driver.supervisor.processes import processor_s, thread_named
from tests.supervisor.harness import FakeSession, Session

Step = Tuple[float, float, float]
"""Three times in seconds: wall time, processor time of the JVM, and the part of it that its
collector uses.
"""

COLLECTS: Step = (4, 4, 3.98)
WORKS: Step = (4, 5, 1)
IDLES: Step = (4, 0.02, 0.01)


def collected_after(steps: Iterable[Step]) -> List[float]:
    streak, at = Streak(), (1000.0, 50.0, 9.0)
    streak.see(Use(*at))
    seen = []
    for step in steps:
        at = (at[0] + step[0], at[1] + step[1], at[2] + step[2])
        seen.append(round(streak.see(Use(*at)).collector_s, 2))
    return seen


@pytest.mark.parametrize(
    ("steps", "collected"),
    [
        ([COLLECTS, COLLECTS, COLLECTS], [3.98, 7.96, 11.94]),
        ([COLLECTS, WORKS, COLLECTS, COLLECTS], [3.98, 0, 3.98, 7.96]),
        # A short idle time does not end the streak; ten idle minutes do.
        ([COLLECTS, IDLES, (600, 5, 5), COLLECTS], [3.98, 3.99, 0, 3.98]),
        ([WORKS, IDLES, IDLES], [0, 0, 0]),
        ([(4, 4, 3.8)] * 3, [0, 0, 0]),
        ([(4, 1.2, 1.2)] * 3, [1.2, 2.4, 3.6]),  # the JVM has to share the processors
        ([(4, 0.8, 0.8)] * 3, [0, 0, 0]),  # user code that collects now and then
        ([(0.1, 0.1, 0.1)] * 3, [0.1, 0.2, 0.3]),
        # The tolerance for the kernel's ticks does not add up over many short steps.
        ([(0.1, 0.1, 0.06)] * 9, [0.06, 0, 0.06, 0, 0.06, 0, 0.06, 0, 0.06]),
        # The two processor times were read at slightly different moments.
        ([(1, 1, 1), (1, 1, 0.94), (1, 1, 1.02)], [1, 1.94, 2.96]),
    ],
)
def test_a_streak_lasts_while_nothing_else_is_done(steps: List[Step], collected: List[float]) -> None:
    assert collected_after(steps) == collected


def test_a_streak_ends_with_what_is_not_known() -> None:
    streak = Streak()
    uses = (Use(0, 0, 0), Use(1, 1, 1), None, Use(3, 3, 3), Use(4, 4, 4))
    assert [streak.see(use).collector_s for use in uses] == [0, 1, 0, 0, 1]


def test_a_jvm_that_is_gone_is_left_to_others() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(asyncio.wait_for(GcOverhead(gone.pid, 512, HeartbeatTimes(100, collecting_ms=100)).watch(), 1))


_COLLECTING_JVM = f"""
import threading

def collect():
    with open("/proc/thread-self/comm", "w") as comm:
        comm.write("{COLLECTOR}")
    while True:
        pass

threading.Thread(target=collect, daemon=True).start()
"""


@pytest.mark.parametrize(("driver_memory_mb", "least_s"), [(512, 1), (8192, 2)])
def test_a_session_whose_jvm_does_nothing_else_fails_and_says_so(
    fake_session: Callable[..., FakeSession], driver_memory_mb: int, least_s: float
) -> None:
    heartbeat = {"intervalMs": 200, "collectingMs": 1000}
    session = fake_session(env={"FAKE_JVM": _COLLECTING_JVM}, driverMemoryMb=driver_memory_mb, heartbeat=heartbeat)
    failed = session.finished(session.start("import time; time.sleep(600)"))
    assert (failed["outcome"], failed["errorType"], failed["errorMessage"]) == (
        "failed",
        "SparkDriverLost",
        f"the Spark driver ran out of its {driver_memory_mb} MiB of heap memory (GLAUX_DRIVER_MEMORY_MB): "
        "it does nothing any more but collect garbage",
    )
    assert session.until("ended")["reason"] == failed["errorMessage"]
    started, *_, ended = session.journal()
    assert ended["at"] - started["at"] >= least_s * 1000


def test_the_jvm_collects_garbage_in_the_thread_that_is_watched(session: Session) -> None:
    jvm = next(event["jvmPid"] for event in session.journal() if event["type"] == "ready")
    collector = f"{jvm}/task/{thread_named(jvm, COLLECTOR)}"
    before = [processor_s(one) or 0 for one in (str(jvm), collector)]
    session.run("for _ in range(30): sc._jvm.java.lang.System.gc()")
    after = [processor_s(one) or 0 for one in (str(jvm), collector)]
    used_s, collected_s = after[0] - before[0], after[1] - before[1]
    assert collected_s > 0.5 * used_s > 0
