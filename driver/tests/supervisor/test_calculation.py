from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from glaux_driver.messages import Run, RunnerFinished
from glaux_driver.supervisor.calculation import Calculation, Failure, describe_exit


@pytest.fixture
def calculation(tmp_path: Path) -> Calculation:
    # Python 3.9 can make an asyncio.Event only in an event loop.
    async def create() -> Calculation:
        return Calculation(Run("c", "", str(tmp_path / "stdout"), str(tmp_path / "stderr"), str(tmp_path / "results")))

    return asyncio.run(create())


def test_what_the_runner_reports_is_told(calculation: Calculation) -> None:
    done = calculation.reported(RunnerFinished("c", "completed", None, None, True, False))
    assert (done.outcome, done.error_type, done.displayed, done.variables_lost) == ("completed", None, True, False)
    assert done.dpu_ms >= 1
    failed = calculation.reported(RunnerFinished("c", "failed", "KeyError", "'a'", False, False))
    assert (failed.outcome, failed.error_type, failed.error_message) == ("failed", "KeyError", "'a'")


@pytest.mark.parametrize("outcome", ["completed", "failed", "canceled"])
def test_after_a_stop_everything_is_canceled(calculation: Calculation, outcome: str) -> None:
    calculation.stop_asked.set()
    canceled = calculation.reported(RunnerFinished("c", outcome, "Py4JJavaError", "Job canceled", False, False))
    assert (canceled.outcome, canceled.error_type, canceled.error_message) == ("canceled", None, None)


def test_a_dead_runner_is_a_failure_that_the_output_explains(calculation: Calculation) -> None:
    Path(calculation.run.stderr).write_text("no end of line")
    lost = calculation.runner_exited(-11, callers=[])
    assert (lost.outcome, lost.error_type, lost.variables_lost) == ("failed", "PythonProcessLost", True)
    assert Path(calculation.run.stderr).read_text() == f"no end of line\nPythonProcessLost: {lost.error_message}\n"
    assert Path(calculation.run.stdout).read_bytes() == b""
    assert not lost.displayed


def test_what_was_displayed_before_the_runner_died_counts(calculation: Calculation) -> None:
    Path(calculation.run.results).write_text("{}\n")
    assert calculation.runner_exited(1, callers=[]).displayed


def test_a_runner_killed_by_the_ladder_means_canceled_and_says_what_is_lost(calculation: Calculation) -> None:
    calculation.stop_asked.set()
    calculation.was_killed = True
    killed = calculation.runner_exited(-9, callers=[])
    assert (killed.outcome, killed.error_type, killed.variables_lost) == ("canceled", "PythonProcessKilled", True)
    assert Path(calculation.run.stderr).read_text() == f"PythonProcessKilled: {killed.error_message}\n"


def test_a_runner_that_dies_after_a_stop_still_explains_itself(calculation: Calculation) -> None:
    calculation.stop_asked.set()
    lost = calculation.runner_exited(-11, callers=[])
    assert (lost.outcome, lost.error_type) == ("canceled", "PythonProcessLost")
    assert "SIGSEGV" in Path(calculation.run.stderr).read_text()


def test_a_lost_driver_is_a_failure_that_the_output_explains(calculation: Calculation) -> None:
    failed = calculation.ended_by_driver("the JVM is gone", clean=False)
    assert (failed.outcome, failed.error_type, failed.variables_lost) == ("failed", "SparkDriverLost", True)
    assert failed.driver_lost == failed.error_message == "the JVM is gone"
    assert Path(calculation.run.stderr).read_text() == "SparkDriverLost: the JVM is gone\n"


@pytest.mark.parametrize("clean", [True, False])
def test_a_driver_that_ends_by_order_or_during_a_stop_means_canceled_and_says_why(
    calculation: Calculation, clean: bool
) -> None:
    if not clean:
        calculation.stop_asked.set()
    canceled = calculation.ended_by_driver("the end", clean)
    assert (canceled.outcome, canceled.error_type, canceled.variables_lost) == ("canceled", None, False)
    assert canceled.driver_lost == "the end"
    assert not Path(calculation.run.stderr).exists()


def test_a_driver_that_goes_on_is_not_lost(calculation: Calculation) -> None:
    assert calculation.canceled().driver_lost is None
    assert calculation.runner_exited(-9, callers=[]).driver_lost is None


def test_a_refused_calculation_leaves_the_files_alone(calculation: Calculation) -> None:
    assert calculation.refused(Failure("DriverBusy", "b is running")).outcome == "failed"
    assert not Path(calculation.run.stderr).exists()


def test_a_folder_that_is_gone_does_not_keep_the_outcome_from_being_told(
    calculation: Calculation, tmp_path: Path
) -> None:
    Path(calculation.run.stdout).parent.rmdir()
    assert calculation.runner_exited(3, callers=[]).outcome == "failed"


def test_exits_are_described() -> None:
    assert "exit code 3" in describe_exit(3, memory_ran_out=False)
    assert "SIGSEGV" in describe_exit(-11, memory_ran_out=True)
    assert "SIGKILL" in describe_exit(-9, memory_ran_out=False)
    assert "memory ran out" in describe_exit(-9, memory_ran_out=True)
    assert "signal 63" in describe_exit(-63, memory_ran_out=False)
