"""The progress of a calculation, read from Spark's status store."""

from __future__ import annotations

import asyncio
import time
from typing import Callable, FrozenSet, List, NamedTuple, Set

from py4j.protocol import Py4JError

from glaux_driver.messages import Progress, Stage
from glaux_driver.supervisor.spark import Activity, Json, Spark
from glaux_driver.supervisor.worker import Worker

_INTERVAL_S = 0.5
_LONGEST_INTERVAL_S = 2.0
_SHARE = 20
"""A poll may take one twentieth of the time. If an answer takes long (very many jobs), polls become rarer."""


class Base(NamedTuple):
    """Where a calculation's jobs begin.

    This is needed because jobs of user threads do not carry its job group.
    """

    first_job: int = 0
    earlier: FrozenSet[str] = frozenset()
    """Calculations that may have jobs above `first_job`, because they had not ended when that number was
    read.
    """


class Tracker:
    """The progress of one calculation in percent.

    It never falls, and ends at 99, as `finished` stands for 100.
    """

    def __init__(
        self, calculation_id: str, base: Base, is_of_other: Callable[[str, str], bool] = lambda _group, _id: False
    ) -> None:
        """`is_of_other(group, calculation_id)`: whether `group` is a streaming query of another
        calculation.
        """
        self._calculation_id = calculation_id
        self._base = base
        self._is_of_other = is_of_other
        self._highest = 0

    def update(self, activity: Activity) -> Progress:
        jobs = self._own(activity.jobs)
        completed = sum(job["numCompletedTasks"] for job in jobs)
        total = sum(job["numTasks"] - job["numSkippedTasks"] for job in jobs)
        if total > 0:
            self._highest = max(self._highest, min(99, 100 * completed // total))
        stage_ids = {stage_id for job in jobs for stage_id in job["stageIds"]}
        return Progress(
            calculation_id=self._calculation_id,
            progress=self._highest,
            executors=registered_executors(activity.executors),
            active_tasks=sum(job["numActiveTasks"] for job in jobs),
            completed_tasks=completed,
            total_tasks=total,
            stages=[_stage(stage) for stage in activity.stages if stage["stageId"] in stage_ids],
        )

    def is_active(self, activity: Activity) -> bool:
        return any(job["status"] == "RUNNING" or job["numActiveTasks"] > 0 for job in self._own(activity.jobs))

    def others(self, activity: Activity) -> Set[int]:
        """The ids of the stages that belong to jobs of others."""
        return {stage for job in activity.jobs if not self._is_own(job) for stage in job["stageIds"]}

    def newest_job(self, activity: Activity) -> int:
        """The number of the calculation's newest job; -1 without jobs."""
        return max((job["jobId"] for job in self._own(activity.jobs)), default=-1)

    def misses_job(self, activity: Activity) -> bool:
        """True if a job, of whichever calculation, was submitted just now and is not in `activity` yet."""
        return max((job["jobId"] for job in activity.jobs), default=-1) + 1 < activity.next_job

    def has_jobs_of_threads(self, activity: Activity) -> bool:
        """Whether the calculation has jobs that do not carry its group."""
        return any(job.get("jobGroup") != self._calculation_id for job in self._own(activity.jobs))

    def _own(self, jobs: List[Json]) -> List[Json]:
        return [job for job in jobs if self._is_own(job)]

    def _is_own(self, job: Json) -> bool:
        group = job.get("jobGroup")
        if group == self._calculation_id:
            return True
        is_early = job["jobId"] < self._base.first_job or group in self._base.earlier
        return not is_early and (group is None or not self._is_of_other(group, self._calculation_id))


class DpuMeter:
    """Wall time multiplied by the number of DPUs held: one for the driver, and one for each registered
    executor.
    """

    def __init__(self, now: float, executors: int) -> None:
        self._since = now
        self.executors = executors
        self._seconds = 0.0

    def sample(self, now: float, executors: int) -> None:
        self._seconds += (now - self._since) * (1 + self.executors)
        self._since = now
        self.executors = executors

    def total_ms(self, now: float) -> int:
        self.sample(now, self.executors)
        return max(1, round(self._seconds * 1000))


async def poll(
    tracker: Tracker, dpus: DpuMeter, spark: Spark, worker: Worker, publish: Callable[[Progress], None]
) -> None:
    """Polls and publishes progress when it has changed, until cancelled."""
    interval = _INTERVAL_S
    published = tracker.update(Activity([], [], []))
    while True:
        await asyncio.sleep(interval)
        began = time.monotonic()
        try:
            activity = await worker.call(spark.activity)
        except (Py4JError, OSError):
            continue  # the heartbeat and the exit handler notice a JVM that hangs or is gone
        now = time.monotonic()
        interval = min(_LONGEST_INTERVAL_S, max(_INTERVAL_S, (now - began) * _SHARE))
        progress = tracker.update(activity)
        dpus.sample(now, progress.executors)
        if progress != published:
            published = progress
            publish(progress)


def registered_executors(executors: List[Json]) -> int:
    return sum(1 for executor in executors if executor["id"] != "driver")


def _stage(stage: Json) -> Stage:
    return Stage(stage["stageId"], stage["name"], completed=stage["numCompleteTasks"], total=stage["numTasks"])
