"""What a Stop does with the threads of a calculation."""

from __future__ import annotations

import pytest

from tests.runner.harness import Done, Jvm, RunnerProcess, wait_for
from tests.runner.test_process import stop

_COUNT = """
import threading, time
n = 0
def count(pause=.01):
    global n
    n += 1
    time.sleep(pause)
def go():
    while True: count()
"""

_THREADS = {
    "one that computes": "def go():\n  global n\n  while True: n += 1\nthreading.Thread(target=go).start()",
    "one that pauses": "threading.Thread(target=go).start()",
    "one that handles all errors": (
        "def go():\n  while True:\n    try: count()\n    except Exception: pass\nthreading.Thread(target=go).start()"
    ),
    "one that submits jobs now and then": (
        "def go():\n  while True: count(1 + 0 * spark.range(3).count())\nthreading.Thread(target=go).start()"
    ),
    "a thread of a thread": "threading.Thread(target=lambda: threading.Thread(target=go).start()).start()",
    "tasks of a pool": (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\n"
        "tasks = [pool.submit(count) for _ in range(10_000)]"
    ),
    "one that submits tasks": (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\n"
        "def go():\n  while True: pool.submit(count, 0); time.sleep(.0002)\nthreading.Thread(target=go).start()"
    ),
    "a pool of multiprocessing": (
        "from multiprocessing.pool import ThreadPool\ntasks = ThreadPool(2).imap(lambda _: go(), range(4))"
    ),
    "tasks of asyncio": (
        "import asyncio\nasync def go():\n  while True: count(0); await asyncio.sleep(.01)\n"
        "asyncio.create_task(go())\nawait asyncio.sleep(.1)\nprint('go', flush=True)\nawait asyncio.sleep(600)"
    ),
    "a timer": "count(0)\nthreading.Timer(1, go).start()",
}


def stopped(runner: RunnerProcess, jvm: Jvm, code: str) -> Done:
    calculation, running = runner.started(f"{_COUNT}{code}\nprint('go', flush=True)\ntime.sleep(600)")
    wait_for(lambda: "go" in calculation.stdout.read_text())
    return stop(runner, jvm, calculation, running)


@pytest.mark.parametrize("name", _THREADS)
def test_nothing_of_it_runs_afterwards(runner: RunnerProcess, jvm: Jvm, name: str) -> None:
    assert stopped(runner, jvm, f"{_THREADS[name]}\nwhile not n: time.sleep(.01)").outcome == "canceled"
    watched = runner.run("import asyncio\nbefore = n\nawait asyncio.sleep(1.5)\nprint(n - before)")
    assert watched.stdout == "0\n"


def test_threads_that_run_nothing_of_the_user_are_left_alone(runner: RunnerProcess, jvm: Jvm) -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\npool.submit(count).result()"
    )
    stopped(runner, jvm, f"{code}\nworker = list(pool._threads)[0]")
    assert runner.run("print(pool.submit(int, '7').result(), worker.is_alive())").stdout == "7 True\n"
    runner.run("pool.shutdown()")


def test_threads_of_an_earlier_calculation_go_on(runner: RunnerProcess, jvm: Jvm) -> None:
    runner.run(
        "import threading, time\nend = threading.Event()\ndef tick():\n  global ticks\n  ticks = 0\n"
        "  while not end.is_set(): ticks += 1; time.sleep(.01)\nthreading.Thread(target=tick).start()"
    )
    stopped(runner, jvm, "")
    watched = runner.run("before = ticks\ntime.sleep(.3)\nprint(ticks > before)\nend.set()")
    assert watched.stdout == "True\n"


def test_one_that_waits_does_not_hold_a_stop_up_and_ends_when_it_wakes(runner: RunnerProcess, jvm: Jvm) -> None:
    code = "import queue\nitems, got = queue.Queue(), []\ndef take():\n  while True: got.append(items.get())\n"
    stopped(runner, jvm, f"{code}taker = threading.Thread(target=take)\ntaker.start()")
    watched = runner.run("items.put(1)\ntaker.join(10)\nprint(taker.is_alive(), got)")
    assert watched.stdout == "False []\n"


def test_a_pool_whose_workers_change_tasks_all_the_time_can_be_used_afterwards(runner: RunnerProcess, jvm: Jvm) -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "pool = ThreadPoolExecutor(4)\ntasks = [pool.submit(count, .001) for _ in range(20_000)]"
    )
    for _ in range(5):
        stopped(runner, jvm, code)
        assert runner.run("print([pool.submit(int, '7').result(5) for _ in range(8)])").stdout == f"{[7] * 8}\n"
        runner.run("pool.shutdown()")


def test_a_task_whose_lock_is_never_released_does_not_hold_a_stop_up(runner: RunnerProcess, jvm: Jvm) -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
        "tasks = [pool.submit(time.sleep, 600) for _ in range(2)]\n"
        "holder = threading.Thread(target=tasks[1]._condition.acquire)\nholder.start()\nholder.join()"
    )
    assert stopped(runner, jvm, code).outcome == "canceled"


_LOOP = (
    "import asyncio, threading, time\nloop = asyncio.new_event_loop()\n"
    "thread = threading.Thread(target=loop.run_forever)\nthread.start()"
)
_END_LOOP = "loop.call_soon_threadsafe(loop.stop)\nthread.join(10)\nprint(thread.is_alive())"


@pytest.mark.parametrize("how", ["its result is waited for", "and left"])
def test_a_coroutine_in_a_loop_of_an_earlier_calculation_is_cancelled(
    runner: RunnerProcess, jvm: Jvm, how: str
) -> None:
    runner.run(_LOOP)
    code = (
        "async def go():\n  global n, at_end\n  try:\n    while True: n += 1; print('go', flush=True); await asyncio.sleep(.01)\n"
        "  finally:\n    await asyncio.sleep(.7)\n    at_end = n\nat_end = None\n"
        f"task = asyncio.run_coroutine_threadsafe(go(), loop){'.result()' if 'result' in how else ''}"
    )
    assert stopped(runner, jvm, code).outcome == "canceled"
    assert runner.run("before = n\ntime.sleep(.3)\nprint(n - before, at_end == n)").stdout == "0 True\n"
    used = runner.run("print(asyncio.run_coroutine_threadsafe(asyncio.sleep(0, 7), loop).result())")
    assert used.stdout == "7\n"
    assert runner.run(_END_LOOP).stdout == "False\n"


def test_coroutines_of_an_earlier_calculation_go_on(runner: RunnerProcess, jvm: Jvm) -> None:
    runner.run(f"{_LOOP}\nearlier = asyncio.run_coroutine_threadsafe(asyncio.sleep(600), loop)")
    stopped(runner, jvm, "asyncio.run_coroutine_threadsafe(asyncio.sleep(600), loop)")
    assert runner.run("print(earlier.done(), earlier.cancel())").stdout == "False True\n"
    assert runner.run(_END_LOOP).stdout == "False\n"


def test_a_coroutine_whose_loop_is_blocked_does_not_hold_a_stop_up(runner: RunnerProcess, jvm: Jvm) -> None:
    runner.run(f"{_LOOP}\nblock = threading.Event()\nloop.call_soon_threadsafe(block.wait)")
    code = (
        "async def go():\n  await asyncio.sleep(0)\n  ended.append(1)\n"
        "ended = []\ntask = asyncio.run_coroutine_threadsafe(go(), loop)"
    )
    assert stopped(runner, jvm, code).outcome == "canceled"
    released = "block.set()\nasyncio.run_coroutine_threadsafe(asyncio.sleep(.1), loop).result()"
    assert runner.run(f"{released}\n{_END_LOOP}\nprint(ended)").stdout == "False\n[]\n"
