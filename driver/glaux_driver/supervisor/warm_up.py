"""The warm-up of a pool member: a runner and a Spark context that no session uses run a few queries.

All files that the warm-up writes are in one folder, which is removed afterwards.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Dict

from glaux_driver import warm_up_queries
from glaux_driver.messages import Run
from glaux_driver.supervisor.catalogs import is_warehouse, without_glue
from glaux_driver.supervisor.conf import session_conf
from glaux_driver.supervisor.launch import Launch
from glaux_driver.supervisor.runner import Runner


class WarmUpFailed(Exception):
    """The warm-up's code failed. The message says why, in one line."""


class WarmUp:
    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._folder = launch.inside("local", "warm-up")
        for name in ("events", "warehouse"):
            (self._folder / name).mkdir(mode=0o700, parents=True)

    def conf(self) -> Dict[str, str]:
        """The session's conf, so that the code that a session uses is warmed.

        But files go to the warm-up's folder.
        """
        conf = session_conf(self._launch)
        warehouse = (self._folder / "warehouse").as_uri()
        return without_glue(
            {
                **conf,
                "spark.app.name": "warm-up",
                "spark.hadoop.glaux.driver": "warm-up",
                "spark.sql.warehouse.dir": warehouse,
                **{key: warehouse for key in conf if is_warehouse(key)},
                "spark.eventLog.dir": (self._folder / "events").as_uri(),
            }
        )

    async def run(self, runner: Runner) -> None:
        """Runs the queries.

        `runner` must be attached to a context of `conf()`. Raises WarmUpFailed, RunnerExited.
        """
        paths = [str(self._folder / name) for name in ("stdout", "stderr", "results")]
        code = Path(warm_up_queries.__file__).read_text() + "\nwarm_up(spark)\n"
        _, finished = runner.run(Run("warm-up", code, *paths))
        report = await finished
        if report.outcome != "completed":
            raise WarmUpFailed(f"{report.error_type}: {report.error_message}")

    def remove(self) -> None:
        """Removes the warm-up's folder, and empties the JVM's log, so that it begins with the session's
        context.
        """
        shutil.rmtree(self._folder)
        self._launch.inside("spark.log").open("wb").close()
