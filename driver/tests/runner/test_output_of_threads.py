"""To which calculation the output belongs of threads that no calculation has started itself.

Libraries start such threads, and the threads serve later calculations, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from glaux_driver.messages import RunnerFinished
from tests.runner.harness import RunnerProcess, wait_for


class Case(NamedTuple):
    first: str
    """Makes the object that starts threads, and prints `1` in such a thread."""
    second: str
    """Prints `2` through the same object."""
    end: str = "pass"


_LISTENER = """
import threading
from pyspark.sql.streaming import StreamingQueryListener
class Listener(StreamingQueryListener):
    heard = threading.Event()
    def onQueryStarted(self, event): print(event.name)
    def onQueryProgress(self, event): pass
    def onQueryIdle(self, event): pass
    def onQueryTerminated(self, event): self.heard.set()
def go(name):
    listener.heard.clear()
    stream = spark.readStream.format("rate").load().writeStream.format("noop").queryName(name)
    stream.trigger(once=True).start().awaitTermination()
    listener.heard.wait(30)
listener = Listener()
spark.streams.addListener(listener)
go("1")
"""

_FOREACH_BATCH = """
def go(text):
    stream = spark.readStream.format("rate").load().writeStream
    stream.foreachBatch(lambda rows, number: print(text)).trigger(once=True).start().awaitTermination()
go(1)
"""

_LOG_QUEUE = """
import logging, logging.handlers, queue, sys
class Out:  # where print would write
    def write(self, text): sys.stdout.write(text)
    def flush(self): pass
records = queue.Queue()
listener = logging.handlers.QueueListener(records, logging.StreamHandler(Out()))
logger = logging.getLogger("queued")
logger.propagate = False
logger.addHandler(logging.handlers.QueueHandler(records))
listener.start()
logger.warning("1")
records.join()
"""

_LOOP = """
import asyncio, threading
async def say(text): print(text)
loop = asyncio.new_event_loop()
thread = threading.Thread(target=loop.run_forever)
thread.start()
asyncio.run_coroutine_threadsafe(say(1), loop).result()
"""

_POOL = "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
_MULTIPROCESSING = "from multiprocessing.pool import ThreadPool\npool = ThreadPool(1)\n"

# A job library, of a common kind: its first use starts a thread, which takes all later jobs.
_LIBRARY = """
import queue, threading
jobs = queue.Queue()
def work():
    while True:
        job = jobs.get()
        if job is None: return
        job()
        jobs.task_done()
def do(job):
    if threads == []:
        threads.append(threading.Thread(target=work, daemon=True))
        threads[0].start()
    jobs.put(job)
    jobs.join()
threads = []
"""

_INSTALL = f"""
import os, sysconfig, types
library = types.ModuleType("library")
path = os.path.join(sysconfig.get_path("purelib"), "library.py")
exec(compile({_LIBRARY!r}, path, "exec"), library.__dict__)
"""

CASES = {
    "a foreachBatch function": Case(_FOREACH_BATCH, "go(2)"),
    "a listener of streaming queries": Case(_LISTENER, 'go("2")', "spark.streams.removeListener(listener)"),
    "a pool": Case(f"{_POOL}pool.submit(print, 1).result()", "pool.submit(print, 2).result()", "pool.shutdown()"),
    "a pool's map": Case(f"{_POOL}list(pool.map(print, [1]))", "list(pool.map(print, [2]))", "pool.shutdown()"),
    "a task that a task submits": Case(
        f"{_POOL}other = ThreadPoolExecutor(1)\ndef go(text): other.submit(print, text).result()\npool.submit(go, 1).result()",
        "pool.submit(go, 2).result()",
        "pool.shutdown(); other.shutdown()",
    ),
    "what is called at the end of a task": Case(
        f"{_POOL}import time\n"
        "def go(text):\n  task = pool.submit(time.sleep, .2)\n  task.add_done_callback(lambda _: print(text))\n"
        "  pool.submit(int).result()\ngo(1)",
        "go(2)",
        "pool.shutdown()",
    ),
    "what is called at the end of a process's task": Case(
        "import threading, multiprocessing\nfrom concurrent.futures import ProcessPoolExecutor\n"
        "pool = ProcessPoolExecutor(1, multiprocessing.get_context('fork'))\n"
        "def go(text):\n  said = threading.Event()\n"
        "  pool.submit(int).add_done_callback(lambda _: (print(text), said.set()))\n  said.wait(30)\ngo(1)",
        "go(2)",
        "pool.shutdown()",
    ),
    "a pool of multiprocessing: apply": Case(
        f"{_MULTIPROCESSING}pool.apply(print, (1,))", "pool.apply(print, (2,))", "pool.terminate()"
    ),
    "a pool of multiprocessing: map": Case(
        f"{_MULTIPROCESSING}pool.map(print, [1])", "pool.map(print, [2])", "pool.terminate()"
    ),
    "a pool of multiprocessing: starmap": Case(
        f"{_MULTIPROCESSING}pool.starmap(print, [(1,)])", "pool.starmap(print, [(2,)])", "pool.terminate()"
    ),
    "a pool of multiprocessing: imap": Case(
        f"{_MULTIPROCESSING}list(pool.imap(print, [1]))",
        "list(pool.imap_unordered(print, [2]))",
        "pool.terminate()",
    ),
    "a pool of multiprocessing: what it reads": Case(
        f"{_MULTIPROCESSING}def go(text):\n  def items():\n    print(text)\n    yield text\n"
        "  list(pool.imap(int, items()))\ngo(1)",
        "go(2)",
        "pool.terminate()",
    ),
    "a pool of multiprocessing: what is called at the end": Case(
        f"{_MULTIPROCESSING}import threading\n"
        "def go(text):\n  said = threading.Event()\n"
        "  pool.apply_async(int, callback=lambda _: (print(text), said.set()))\n  said.wait(30)\ngo(1)",
        "go(2)",
        "pool.terminate()",
    ),
    "an executor of asyncio": Case(
        "import asyncio\nawait asyncio.get_running_loop().run_in_executor(None, print, 1)",
        "await asyncio.get_running_loop().run_in_executor(None, print, 2)",
    ),
    "asyncio.to_thread": Case("import asyncio\nawait asyncio.to_thread(print, 1)", "await asyncio.to_thread(print, 2)"),
    "a loop of asyncio in a thread": Case(
        _LOOP,
        "asyncio.run_coroutine_threadsafe(say(2), loop).result()",
        "loop.call_soon_threadsafe(loop.stop); thread.join(); loop.close()",
    ),
    "a queue of logging": Case(_LOG_QUEUE, 'logger.warning("2")\nrecords.join()', "listener.stop()"),
    "a scheduler": Case(
        "import sched\njobs = sched.scheduler()\njobs.enter(0, 0, print, (1,))\njobs.run()",
        "jobs.enter(0, 0, print, (2,))\njobs.run()",
    ),
    "a thread that a library started for its own function": Case(
        "library.do(lambda: print(1))", "library.do(lambda: print(2))"
    ),
    "a thread of C code": Case(
        "import _thread\nlock = _thread.allocate_lock()\n"
        "def go(text):\n  lock.acquire()\n  _thread.start_new_thread(lambda: (print(text), lock.release()), ())\n"
        "  lock.acquire(); lock.release()\ngo(1)",
        "go(2)",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_belongs_to_the_calculation_that_uses_them(runner: RunnerProcess, name: str) -> None:
    case = CASES[name]
    if "library" in case.first:
        runner.run(_INSTALL)
    assert runner.run(case.first).stdout == "1\n"
    assert runner.run(case.second).stdout == "2\n"
    runner.run(case.end)


_STREAM = """
import os, time
def say(rows, number):
    print(f"batch {{number}} in {{calculation}}")
    os.makedirs({folder!r}, exist_ok=True)
    open(os.path.join({folder!r}, calculation), "w").close()
calculation = "first"
query = (spark.readStream.format("rate").load().writeStream
    .foreachBatch(say).trigger(processingTime="100 milliseconds").start())
"""


def test_a_callback_writes_to_the_calculation_that_runs_and_else_to_the_one_it_works_for(
    runner: RunnerProcess, tmp_path: Path
) -> None:
    """The thread of a call does not matter:
    an earlier calculation may have started py4j's callback server."""
    folder = tmp_path / "seen"
    runner.run(_FOREACH_BATCH)
    first, _ = runner.started(_STREAM.format(folder=str(folder)))
    first.done(runner.expect(RunnerFinished))
    batches = first.stdout.read_text().count("batch")
    wait_for(lambda: first.stdout.read_text().count("batch") > batches + 1, 30)
    second = runner.run(
        f"calculation = 'second'\nwhile not os.path.exists('{folder}/second'): time.sleep(.01)\ntime.sleep(.5)"
    )
    assert "in second" in second.stdout
    assert "in second" not in first.stdout.read_text()
    assert runner.run("query.stop(); print('stopped')").stdout.endswith("stopped\n")


def test_a_timer_of_a_calculation_writes_to_its_files(runner: RunnerProcess, tmp_path: Path) -> None:
    """Every thread that a calculation has started itself behaves so, also a thread of PySpark's own class."""
    gate = tmp_path / "gate"
    first, _ = runner.started(
        "import os, threading, time\nfrom pyspark import InheritableThread\n"
        f"def late():\n  while not os.path.exists({str(gate)!r}): time.sleep(.01)\n  print('late')\n"
        "threads = [threading.Timer(.01, late), InheritableThread(late)]\nfor one in threads: one.start()"
    )
    first.done(runner.expect(RunnerFinished))
    second, _ = runner.started("for one in threads: one.join()\nprint('second')")
    gate.touch()
    assert second.done(runner.expect(RunnerFinished)).stdout == "second\n"
    assert first.stdout.read_text() == "late\nlate\n"


def test_what_a_callback_starts_follows_with_it(runner: RunnerProcess) -> None:
    runner.run(
        "from concurrent.futures import ThreadPoolExecutor\nimport threading\n"
        "def write(rows, number):\n  with ThreadPoolExecutor(1) as pool: list(pool.map(print, ['task'] * 2))\n"
        "  thread = threading.Thread(target=print, args=('thread',)); thread.start(); thread.join()\n"
        "frame = spark.readStream.format('rate').load()\nwriter = frame.writeStream.foreachBatch(write).trigger(once=True)"
    )
    assert runner.run("writer.start().awaitTermination()").stdout == "task\ntask\nthread\n"


def test_an_exit_in_a_foreach_batch_function_fails_its_query(runner: RunnerProcess) -> None:
    done = runner.run(
        "import sys\nquery = (spark.readStream.format('rate').load().writeStream\n"
        "  .foreachBatch(lambda rows, number: sys.exit(3)).trigger(once=True).start())\nquery.awaitTermination(30)"
    )
    assert done.error_type == "StreamingQueryException"
    assert "SystemExit: 3" in done.stderr


_LATE = """
import threading
import glaux_driver.runner.capture as capture
write, is_writing, gate = capture.write_all, threading.Event(), threading.Event()
def write_late(descriptor, data):
    if threading.current_thread() is thread:
        is_writing.set()
        gate.wait(30)
    return write(descriptor, data)
capture.write_all = write_late
thread = threading.Thread(target=print, args=("late",))
thread.start()
is_writing.wait(30)
"""


def test_a_thread_that_is_about_to_write_when_its_calculation_ends(runner: RunnerProcess) -> None:
    """The thread has chosen its descriptor already.
    That must not be a descriptor that the next calculation takes over."""
    first, _ = runner.started(_LATE)
    first.done(runner.expect(RunnerFinished))
    second = runner.run("capture.write_all = write\ngate.set()\nthread.join()\nprint('second')")
    assert second.stdout == "second\n"
    assert first.stdout.read_text() == "late\n"


def test_capture_leaves_what_threads_of_other_calculations_print(runner: RunnerProcess) -> None:
    first, _ = runner.started(
        "import threading\ngate = threading.Event()\ndef late():\n  gate.wait(30)\n  print('late')\n"
        "thread = threading.Thread(target=late)\nthread.start()"
    )
    first.done(runner.expect(RunnerFinished))
    second = runner.run("%%capture kept\ngate.set()\nthread.join()\nprint('second')")
    assert second.stdout == ""
    assert first.stdout.read_text() == "late\n"
    assert runner.run("print(kept.stdout, end='')").stdout == "second\n"


def test_capture_has_what_all_threads_of_its_own_print(runner: RunnerProcess) -> None:
    code = (
        "%%capture kept\nimport sys, threading\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "threads = [threading.Thread(target=print, args=(name,)) for name in 'ab']\n"
        "for one in threads: one.start(); one.join()\n"
        "with ThreadPoolExecutor(1) as pool: pool.submit(print, 'c', file=sys.stderr)"
    )
    done = runner.run(code)
    assert (done.stdout, done.stderr) == ("", "")
    assert runner.run("print(kept.stdout.split(), kept.stderr.split())").stdout == "['a', 'b'] ['c']\n"


def test_capture_leaves_what_callbacks_of_earlier_queries_print(runner: RunnerProcess, tmp_path: Path) -> None:
    folder = tmp_path / "seen"
    runner.run(_STREAM.format(folder=str(folder)))
    code = f"%%capture kept\ncalculation = 'second'\nwhile not os.path.exists('{folder}/second'): time.sleep(.01)\n"
    second = runner.run(f"{code}print('own')")
    assert "in second" in second.stdout
    runner.run("query.stop()")
    assert runner.run("print(kept.stdout, end='')").stdout == "own\n"
