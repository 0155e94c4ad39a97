from __future__ import annotations

from typing import Any, Dict

from glaux_driver.messages import Stage
from glaux_driver.supervisor.progress import Base, DpuMeter, Tracker
from glaux_driver.supervisor.spark import Activity


def job(number: int, total: int, done: int, active: int = 0, **more: Any) -> Dict[str, Any]:
    return {
        "jobId": number,
        "status": "RUNNING" if done < total else "SUCCEEDED",
        "stageIds": [number * 10],
        "numTasks": total,
        "numSkippedTasks": 0,
        "numCompletedTasks": done,
        "numActiveTasks": active,
        **more,
    }


def activity(*jobs: Dict[str, Any], **more: Any) -> Activity:
    return Activity(list(jobs), more.get("stages", []), more.get("executors", [{"id": "driver"}]))


def test_progress_counts_tasks_and_never_falls() -> None:
    tracker = Tracker("c", Base(5))
    assert tracker.update(activity()).progress == 0
    assert tracker.update(activity(job(5, 10, 5))).progress == 50
    added = tracker.update(activity(job(5, 10, 10), job(6, 90, 0, active=2)))
    assert (added.progress, added.active_tasks, added.completed_tasks, added.total_tasks) == (50, 2, 10, 100)
    assert tracker.update(activity(job(5, 10, 10), job(6, 90, 90))).progress == 99


def test_jobs_of_earlier_calculations_do_not_count_unless_they_carry_the_group() -> None:
    tracker = Tracker("c", Base(5))
    assert tracker.update(activity(job(4, 10, 5), job(3, 10, 5, jobGroup="b"))).total_tasks == 0
    assert tracker.update(activity(job(4, 10, 5, jobGroup="c"))).total_tasks == 10


def test_jobs_of_a_calculation_that_ended_after_the_number_was_read_do_not_count() -> None:
    tracker = Tracker("c", Base(5, frozenset({"b"})))
    assert tracker.update(activity(job(5, 10, 5, jobGroup="b"))).total_tasks == 0
    assert not tracker.has_jobs_of_threads(activity(job(5, 1, 1, jobGroup="b"), job(6, 1, 1, jobGroup="c")))
    assert tracker.update(activity(job(5, 10, 5, jobGroup="b"), job(6, 10, 5))).total_tasks == 10


def test_skipped_tasks_do_not_count() -> None:
    assert Tracker("c", Base()).update(activity(job(0, 10, 4, numSkippedTasks=5))).progress == 80


def test_stages_are_those_of_the_jobs() -> None:
    stages = [
        {"stageId": 10, "name": "count", "numCompleteTasks": 1, "numTasks": 2},
        {"stageId": 99, "name": "of somebody else", "numCompleteTasks": 0, "numTasks": 2},
    ]
    progress = Tracker("c", Base()).update(activity(job(1, 2, 1), stages=stages))
    assert progress.stages == [Stage(10, "count", 1, 2)]


def test_the_driver_is_no_executor() -> None:
    assert Tracker("c", Base()).update(activity(executors=[{"id": "driver"}, {"id": "0"}, {"id": "1"}])).executors == 2


def test_a_calculation_is_active_while_a_job_runs_or_a_task_of_a_canceled_one_does() -> None:
    tracker = Tracker("c", Base(5))
    assert not tracker.is_active(activity(job(4, 10, 5, active=1)))
    assert tracker.is_active(activity(job(5, 10, 5)))
    assert tracker.is_active(activity(job(5, 10, 5, status="FAILED", active=1)))
    assert not tracker.is_active(activity(job(5, 10, 5, status="FAILED")))


def test_stages_of_others_are_those_of_no_own_job() -> None:
    tracker = Tracker("c", Base(5))
    assert tracker.others(activity(job(4, 1, 1), job(5, 1, 1), job(3, 1, 1, jobGroup="c"))) == {40}


def test_jobs_of_a_users_threads_are_told_by_their_group_and_new_ones_by_their_number() -> None:
    tracker = Tracker("c", Base(5))
    assert tracker.newest_job(activity()) == -1
    assert tracker.newest_job(activity(job(5, 1, 1), job(7, 1, 1), job(6, 1, 1))) == 7
    assert not tracker.has_jobs_of_threads(activity(job(4, 1, 1), job(5, 1, 1, jobGroup="c")))
    assert tracker.has_jobs_of_threads(activity(job(5, 1, 1, jobGroup="c"), job(6, 1, 1)))


def test_dpus_are_held_time_by_the_driver_and_each_executor() -> None:
    meter = DpuMeter(100.0, executors=0)
    meter.sample(102.0, executors=3)
    assert meter.total_ms(103.0) == 2000 + 4000
    assert DpuMeter(0.0, 0).total_ms(0.0) == 1
