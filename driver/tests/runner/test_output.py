"""What a calculation writes ends up in its files, in order, whatever writes it.
Nothing of it ends up elsewhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from glaux_driver.messages import RunnerFinished
from tests.runner.harness import Calculation, RunnerProcess, wait_for


def test_order_within_a_stream(runner: RunnerProcess) -> None:
    done = runner.run(
        "import os, subprocess, sys, ctypes\nlibc = ctypes.CDLL(None)\nprint('1')\nos.system('echo 2')\nos.write(1, b'3\\n')\n"
        "sys.stdout.write('4\\n')\nsubprocess.run(['echo', '5'])\nsys.stdout.buffer.write(b'6\\n')\nlibc.puts(b'7')\n"
        "libc.fflush(None)\nprint('8')\nprint('e1', file=sys.stderr)\nos.system('echo e2 >&2')\nos.write(2, b'e3\\n')"
    )
    assert done.stdout == "".join(f"{n}\n" for n in range(1, 9))
    assert done.stderr == "e1\ne2\ne3\n"


def test_what_c_has_buffered_is_not_lost(runner: RunnerProcess) -> None:
    assert runner.run("import ctypes\nctypes.CDLL(None).puts(b'late')").stdout == "late\n"
    assert runner.run("print('next')").stdout == "next\n"


def test_files_are_private_and_always_there(runner: RunnerProcess) -> None:
    calculation, _ = runner.started("pass")
    calculation.done(runner.expect(RunnerFinished))
    for path in (calculation.stdout, calculation.stderr):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert not calculation.results.exists()


def test_output_can_be_read_while_it_runs(runner: RunnerProcess, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    calculation, _ = runner.started(
        f"import os, time\nprint('now', end='')\nwhile not os.path.exists({str(gate)!r}): time.sleep(.01)"
    )
    wait_for(lambda: calculation.stdout.exists() and calculation.stdout.read_text() == "now")
    gate.touch()
    assert calculation.done(runner.expect(RunnerFinished)).stdout == "now"


@pytest.mark.main_engine
def test_hundred_megabytes_take_no_memory(own_runner: RunnerProcess) -> None:
    own_runner.run("import resource, subprocess\ndef peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss")
    calculation, _ = own_runner.started("before = peak()\nfor _ in range(500000): print('x' * 99)\n"
                                        "subprocess.run(['head', '-c', '50000000', '/dev/zero'])\nafter = peak()")  # fmt: skip
    assert own_runner.expect(RunnerFinished).outcome == "completed"
    assert calculation.stdout.stat().st_size == 100_000_000
    assert int(own_runner.run("print(after - before)").stdout) < 4096  # KiB
    calculation.stdout.unlink()


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.close(1); os.close(2)",
        "import sys; sys.stdout.close(); sys.stderr.close()",
        "import sys; sys.stdout = sys.stderr = None",
        "import sys, io; sys.stdout = io.StringIO(); sys.stderr = io.StringIO()",
        "import sys; sys.stdout.detach()",
        "import sys, io; sys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding='latin-1')",
        "import sys, io; sys.stdout = io.TextIOWrapper(sys.stdout.buffer); del sys.stdout",
        "import os; f = os.open('/dev/null', os.O_WRONLY); os.dup2(f, 1); os.dup2(f, 2)",
        "import sys; sys.stdout.reconfigure(encoding='ascii', errors='strict', write_through=False)",
        "import sys; sys.stdin.close()",
        "import sys; del sys.stdin, sys.stdout, sys.stderr",
        "import os; os.close(0)",
        "import os; os.chdir('/'); os.umask(0o777)",
    ],
)
def test_restored_after_anything(own_runner: RunnerProcess, code: str) -> None:
    own_runner.run(code)
    done = own_runner.run(
        "import sys, os\nprint('ö')\nos.write(1, b'fd\\n')\nprint('err', file=sys.stderr)\n"
        "try: input()\nexcept EOFError: print('eof')"
    )
    assert (done.outcome, done.stdout, done.stderr) == ("completed", "ö\nfd\neof\n", "err\n")


def test_an_error_is_told_without_standard_error(runner: RunnerProcess) -> None:
    done = runner.run("import os, sys\nos.close(2)\nsys.stderr = None\n1 / 0")
    assert done.stderr == 'File "<stdin>", line 4, in <module>\nZeroDivisionError: division by zero\n'


def test_what_a_replaced_stream_holds_is_written(runner: RunnerProcess) -> None:
    done = runner.run(
        "import sys, io\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8')\nprint('held')"
    )
    assert done.stdout == "held\n"


def test_a_handler_made_earlier_writes_to_the_current_calculation(runner: RunnerProcess) -> None:
    runner.run(
        "import logging\nlogger = logging.getLogger('mine')\nlogger.addHandler(logging.StreamHandler())\nlogger.warning('1')"
    )
    assert runner.run("logger.warning('2')").stderr == "2\n"


def test_a_thread_that_outlives_its_calculation(runner: RunnerProcess, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    code = (
        "import os, sys, time, threading\nprint('first')\n"
        f"def late():\n    while not os.path.exists({str(gate)!r}): time.sleep(.01)\n"
        "    print('late'); print('late err', file=sys.stderr)\n"
        "    display('late too')\n"
        "    t = threading.Thread(target=lambda: print('later')); t.start(); t.join()\n"
        "thread = threading.Thread(target=late)\nthread.start()"
    )
    first, _ = runner.started(code)
    first.done(runner.expect(RunnerFinished))
    second, _ = runner.started("print('second')\nthread.join()\nprint('end')")
    gate.touch()
    assert second.done(runner.expect(RunnerFinished)).stdout == "second\nend\n"
    assert first.stdout.read_text() == "first\nlate\n'late too'\nlater\n"
    assert first.stderr.read_text() == "late err\n"
    assert not first.results.exists()


def test_a_thread_between_calculations_and_its_descriptors(runner: RunnerProcess, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    before = runner.run("import os\nglobals().pop('thread', None)\nprint(len(os.listdir('/proc/self/fd')))").stdout
    first, _ = runner.started(
        f"import os, time, threading\ndef late():\n    while not os.path.exists({str(gate)!r}): time.sleep(.01)\n"
        "    print('late')\n"
        "thread = threading.Thread(target=late)\nthread.start()"
    )
    runner.expect(RunnerFinished)
    gate.touch()
    wait_for(lambda: first.stdout.read_text() == "late\n")
    assert runner.run("thread.join()\ndel thread\nprint(len(os.listdir('/proc/self/fd')))").stdout == before


@pytest.mark.parametrize(
    "code",
    [
        "try: 1 / 0\nexcept Exception as error: kept.append(error)",
        "import sys\nkept.append(sys._getframe())",
        "class E(Exception):\n  def __init__(self): kept.append(self)\nraise E",
        "import threading\nkept.append(threading.Thread(target=print, args=('x',)))\nkept[-1].start(); kept[-1].join()",
        "import threading\nkept.append(threading.Thread(target=lambda: 1 / 0))\nkept[-1].start(); kept[-1].join()",
    ],
)
def test_what_user_code_keeps_holds_no_file_of_the_calculation(runner: RunnerProcess, code: str) -> None:
    runner.run("import os\nkept = []\ndef files(): print(len(os.listdir('/proc/self/fd')))")
    before = runner.run("files()").stdout
    runner.run(code)
    runner.run(code)
    assert runner.run("files()").stdout == before
    assert runner.run("print(len(kept)); del kept").stdout == "2\n"


def test_a_pools_task_belongs_to_who_submitted_it(runner: RunnerProcess) -> None:
    runner.run(
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\npool.submit(print, 'a').result()"
    )
    assert runner.run("pool.submit(print, 'b').result()").stdout == "b\n"
    runner.run("pool.shutdown()")


def test_a_process_that_outlives_its_calculation(runner: RunnerProcess, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    first, _ = runner.started(
        f"import subprocess\nchild = subprocess.Popen('while [ ! -e {gate} ]; do sleep .02; done; echo late', shell=True)"
    )
    runner.expect(RunnerFinished)
    second, _ = runner.started("child.wait()\nprint('second')")
    gate.touch()
    assert second.done(runner.expect(RunnerFinished)).stdout == "second\n"
    assert first.stdout.read_text() == "late\n"


def test_exceptions_in_threads_do_not_fail_the_calculation(runner: RunnerProcess) -> None:
    done = runner.run("import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join()")
    assert done.outcome == "completed"
    assert "ZeroDivisionError" in done.stderr


def test_no_output_outside_calculations(runner: RunnerProcess) -> None:
    size = runner.log.stat().st_size
    runner.run("print('a')\nimport sys\nprint('b', file=sys.stderr)")
    assert runner.log.stat().st_size == size


def test_a_full_disk_is_told(own_runner: RunnerProcess) -> None:
    """/dev/full stands for the disk."""
    calculation = Calculation(own_runner.folder, "print('x')")
    calculation.stdout.symlink_to("/dev/full")
    own_runner.send(calculation.request)
    own_runner.receive(10)
    finished = own_runner.expect(RunnerFinished)
    assert (finished.outcome, finished.error_type) == ("failed", "OSError")
    assert "No space left on device" in calculation.stderr.read_text()
