"""The runner as a process: interrupts, forks, its end."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Callable

import pytest

from glaux_driver.messages import ClearInterrupt, Exit, RunnerFinished, RunnerRunning, Stop
from glaux_driver.supervisor.launch import Engine
from glaux_driver.supervisor.own_processes import own_processes
from glaux_driver.supervisor.processes import kill
from tests.runner.harness import Calculation, Done, Jvm, RunnerProcess, wait_for


def stop(runner: RunnerProcess, jvm: Jvm, calculation: Calculation, running: RunnerRunning, at_most: int = 14) -> Done:
    """Sends signals as the supervisor's ladder does, `at_most` of them.
    After the last signal it waits, however busy the machine is."""
    runner.send(Stop(calculation.id))
    for signals in range(1, at_most + 1):
        runner.interrupt()
        jvm.cancel(calculation.id)
        if signals > 1:
            jvm.cancel_all()
            jvm.interrupt(running.java_thread_id)
        message = runner.receive(0.4 if signals < at_most else 30)
        if message is not None:
            assert isinstance(message, RunnerFinished)
            # If the signal comes while Python is about to start the process, nobody waits for the process.
            kill(own_processes(calculation.began, runner.process.pid, jvm.process.pid))
            runner.send(ClearInterrupt())
            return calculation.done(message)
    raise AssertionError("it did not stop")


CASES = {
    "loop": ("while True: pass", 1),
    "sleep": ("import time\ntime.sleep(600)", 1),
    "lock": ("import threading\nl = threading.Lock()\nl.acquire()\nl.acquire()", 1),
    "join": ("import threading, time\nt = threading.Thread(target=time.sleep, args=(5,), daemon=True)\nt.start()\nt.join()", 1),
    "job": ("spark.range(10**12).selectExpr('sum(hash(id) % 7)').collect()", 3),
    "udf": ("import time\nsc.parallelize([1], 1).map(lambda x: time.sleep(600)).collect()", 3),
    "child": ("import subprocess\nsubprocess.run(['sleep', '600'])", 1),
    "call into the JVM": ("spark._jvm.java.lang.Thread.sleep(600000)", 4),
    "await": ("import asyncio\nawait asyncio.sleep(600)", 1),
    "jobs in a loop that swallows": (
        "while True:\n    try:\n        spark.range(10**11).selectExpr('sum(hash(id) % 7)').collect()\n"
        "    except BaseException:\n        pass", 8),
    "loop that swallows": (
        "import time\nwhile True:\n    try:\n        time.sleep(.05)\n    except BaseException:\n        pass", 4),
    "await that swallows": (
        "import asyncio\nwhile True:\n    try:\n        await asyncio.sleep(.05)\n    except BaseException:\n        pass", 8),
    "function that swallows": (
        "import time\ndef f():\n    while True:\n        try:\n            time.sleep(.05)\n        except BaseException:\n"
        "            pass\nf()", 4),
    "turned into another error": ("import time\ntry:\n    time.sleep(600)\nexcept BaseException:\n    raise ValueError('x')", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_stop(runner: RunnerProcess, jvm: Jvm, name: str) -> None:
    code, at_most = CASES[name]
    marker = runner.folder / "begun"
    calculation, running = runner.started(
        "import sys\nprint('begun')\nprint('so far', file=sys.stderr)\n"
        f"open({str(marker)!r}, 'w').close()\n{code}\nprint('went on')"
    )
    wait_for(marker.exists)
    marker.unlink()
    if name in ("job", "udf", "jobs in a loop that swallows"):
        wait_for(lambda: jvm.active_tasks() > 0, 30)
    done = stop(runner, jvm, calculation, running, at_most)
    assert done.outcome == "canceled"
    # The stop has caused the error, so it is not the code's own.
    assert (done.stdout, done.stderr) == ("begun\n", "so far\n")
    assert (done.error_type, done.error_message) == (None, None)
    jvm.settle()
    after = runner.run(
        "import sys\nprint(spark.range(5).count(), sc.getLocalProperty('spark.jobGroup.id'), sys.gettrace())"
    )
    assert after.stdout == f"5 {after.message.calculation_id} None\n", after.stderr


def test_the_connection_survives_a_stop(runner: RunnerProcess, jvm: Jvm) -> None:
    calculation, running = runner.started("spark.range(10**12).selectExpr('sum(hash(id) % 7)').collect()")
    wait_for(lambda: jvm.active_tasks() > 0, 30)
    stop(runner, jvm, calculation, running)
    next_calculation, next_running = runner.started("pass")
    next_calculation.done(runner.expect(RunnerFinished))
    assert next_running.java_thread_id == running.java_thread_id


def test_a_signal_outside_a_calculation_is_nothing(runner: RunnerProcess) -> None:
    for _ in range(5):
        runner.interrupt()
        assert runner.run("print('ok')").outcome in ("completed", "canceled")
    runner.interrupt()
    time.sleep(0.05)  # nothing can be waited for: the point is that nothing happens
    assert runner.run("print('ok')").stdout == "ok\n"


@pytest.mark.main_engine
def test_signals_all_the_time_never_break_it(runner: RunnerProcess) -> None:
    over = threading.Event()

    def shoot() -> None:
        while not over.wait(0.003):
            runner.interrupt()

    thread = threading.Thread(target=shoot)
    thread.start()
    try:
        outcomes = {
            runner.run("for i in range(2000): str(i)\nspark.conf.get('spark.app.name')").outcome for _ in range(60)
        }
    finally:
        over.set()
        thread.join()
    assert outcomes <= {"completed", "canceled"}
    done = runner.run("print(spark.range(3).count(), sc.getLocalProperty('spark.jobGroup.id'))")
    assert done.stdout == f"3 {done.message.calculation_id}\n"


def test_a_handler_of_the_user_lasts_one_calculation(runner: RunnerProcess, jvm: Jvm) -> None:
    runner.run("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)")
    calculation, running = runner.started("import time\ntime.sleep(600)")
    assert stop(runner, jvm, calculation, running).outcome == "canceled"


def test_forked_children_do_not_speak_for_it(runner: RunnerProcess) -> None:
    done = runner.run(
        "import os\nprint('one')\npid = os.fork()\nif pid:\n    print('child', os.waitpid(pid, 0)[1] >> 8)\n"
        "else:\n    print('in it')\n    1 / 0"
    )
    assert done.outcome == "completed"
    assert sorted(done.stdout.split("\n")) == ["", "child 1", "in it", "one"]
    assert "ZeroDivisionError" in done.stderr
    assert runner.receive(0.1) is None
    # The child is awaited by its pid, as a child that an earlier test has killed may be waiting to be reaped.
    assert runner.run("pid = os.fork()\nif not pid: raise SystemExit\nprint(os.waitpid(pid, 0)[1])").stdout == "0\n"
    assert runner.run("import multiprocessing as m\np = m.get_context('fork').Process("
                      "target=print, args=('from it', ), kwargs={'flush': True})"
                      "\np.start(); p.join()\nprint(p.exitcode)").stdout == "from it\n0\n"  # fmt: skip


def test_spawned_children_do_not_start_a_runner(runner: RunnerProcess) -> None:
    done = runner.run("import multiprocessing as m, os\nif __name__ == '__main__':\n"
                      "    with m.get_context('spawn').Pool(1) as pool: print(pool.apply(abs, (-3,)))")  # fmt: skip
    assert done.stdout == "3\n", done.stderr


def test_children_do_not_inherit_its_descriptors(runner: RunnerProcess) -> None:
    done = runner.run(
        "import subprocess\nprint(subprocess.run('ls /proc/self/fd', shell=True, capture_output=True, text=True).stdout.split())"
    )
    assert len(eval(done.stdout)) == 4  # 0, 1, 2 and the folder
    done = runner.run("print([n for n in os.environ if n in ('GLAUX_RUNNER_FD', 'PYSPARK_GATEWAY_SECRET')])"
                      if runner.run("import os").outcome == "completed" else "")  # fmt: skip
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda runner: runner.hang_up(), 0),
        (lambda runner: runner.process.send_signal(signal.SIGTERM), -signal.SIGTERM),
    ],
)
@pytest.mark.parametrize(
    "busy",
    ["", "while True:\n  try: time.sleep(1)\n  except BaseException: pass", "spark._jvm.java.lang.Thread.sleep(2000)"],
)
def test_it_ends_with_its_socket(
    own_runner: RunnerProcess, end: Callable[[RunnerProcess], None], code: int, busy: str
) -> None:
    if busy:
        own_runner.started(f"import time\n{busy}")
    end(own_runner)
    assert own_runner.process.wait(5) == code


def test_it_ends_on_request(own_runner: RunnerProcess) -> None:
    own_runner.run("import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()")
    own_runner.send(Exit())
    assert own_runner.process.wait(5) == 0


def test_a_fault_of_its_own_ends_it_whatever_threads_the_user_has(own_runner: RunnerProcess) -> None:
    own_runner.run("import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
                   "from glaux_driver.runner.main import Runner\nRunner._run = None")  # fmt: skip
    own_runner.start("1")
    assert own_runner.process.wait(10) == 1
    assert "TypeError: 'NoneType' object is not callable" in own_runner.log.read_text()


def test_exiting_hard_is_seen(own_runner: RunnerProcess) -> None:
    own_runner.started("import os\nos._exit(7)")
    with pytest.raises(EOFError, match="ended with 7"):
        own_runner.receive(10)


def test_a_second_runner_finds_the_first_ones_tables(
    engine: Engine, jvm: Jvm, own_runner: RunnerProcess, tmp_path: Path
) -> None:
    own_runner.run("spark.range(4).createOrReplaceTempView('four')\nx = 1")
    own_runner.process.kill()
    own_runner.process.wait()
    (tmp_path / "second").mkdir()
    second = RunnerProcess(engine.python, tmp_path / "second")
    try:
        second.attach(jvm)
        assert second.run("print(spark.table('four').count())").stdout == "4\n"
        assert second.run("print(sc.parallelize([1]).map(lambda x: x + 1).collect())").stdout == "[2]\n"
        assert second.run("x").error_type == "NameError"
    finally:
        second.close()


def test_a_users_files_cannot_keep_it_from_starting(engine: Engine, jvm: Jvm, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    for name in ("random.py", "socket.py", "IPython.py", "pyspark.py", "json.py", "typing.py", "runpy.py"):
        (tmp_path / "work" / name).write_text("raise SystemError('shadowed')")
    (tmp_path / "work" / "mine.py").write_text("x = 5")
    runner = RunnerProcess(engine.python, tmp_path)
    try:
        runner.attach(jvm)
        assert runner.run("import mine\nprint(mine.x)").stdout == "5\n"
    finally:
        runner.close()


def test_it_dies_with_its_parent(engine: Engine, tmp_path: Path) -> None:
    """The runner ends even while C code holds the interpreter's lock,
    so that no thread of the runner can act."""
    from glaux_driver.runner import lifeline

    read, write = os.pipe()
    middle = os.fork()
    if middle == 0:
        child = os.fork()
        if child == 0:
            lifeline.die_with_parent(lifeline.load_libc())
            os.write(write, b"%d\n" % os.getpid())
            signal.pause()
        signal.pause()
    child_pid = int(os.read(read, 20))
    os.kill(middle, signal.SIGKILL)
    os.waitpid(middle, 0)
    wait_for(lambda: not os.path.exists(f"/proc/{child_pid}") or _is_zombie(child_pid))
    os.close(read)
    os.close(write)


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
