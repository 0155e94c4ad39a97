"""The Spark conf of a session: the driver's own properties, over which the properties of launch.json are
applied.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict

from glaux_driver.supervisor.launch import Launch

_SCHEMES = ("s3", "s3a", "s3n")


def session_conf(launch: Launch) -> Dict[str, str]:
    own = spark_conf(launch.driver_id, cores=launch.driver_cores, folder=Path(launch.folder), buckets=launch.buckets)
    return {**own, **launch.conf}


def spark_conf(driver_id: str, *, cores: int, folder: Path, buckets: str) -> Dict[str, str]:
    """The driver's own properties, without those of launch.json.

    `folder` is the driver's folder. `buckets` is the folder that holds all buckets.
    """
    return {
        "spark.app.name": f"glaux-{driver_id}",
        "spark.master": f"local[{cores}]",
        "spark.submit.deployMode": "client",
        # Nothing may listen beyond loopback. The UI's address is set by SPARK_LOCAL_IP (jvm.py).
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.port": "0",
        "spark.blockManager.port": "0",
        "spark.ui.enabled": "true",
        "spark.ui.port": "0",
        "spark.ui.showConsoleProgress": "false",
        # For Spark 4's Connect server, should it be started. Spark 3.5 ignores the address, so its Connect
        # server must never be started.
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": "0",
        # PySpark sets these three itself when it makes a context.
        "spark.rdd.compress": "True",
        "spark.serializer.objectStreamReset": "100",
        "spark.submit.pyFiles": "",
        # With this daemon, Python workers also search the session's own packages.
        "spark.python.daemon.module": "glaux_driver.packages.daemon",
        # When a job is cancelled, Spark ends a Python function that does not return after this time instead
        # of after 2 s. Up to 2 s pass besides until Spark looks.
        "spark.python.task.killTimeout": "100ms",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(cores),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "true",
        "spark.eventLog.dir": (folder / "events").as_uri(),
        **_bucket_conf(driver_id, buckets),
    }


def _bucket_conf(driver_id: str, buckets: str) -> Dict[str, str]:
    """Maps `s3://` to the buckets' folders.

    Jobs that write there do not touch each other's files (driver/spark).
    """
    hadoop = {
        "glaux.buckets": buckets,
        "glaux.driver": driver_id,
        "mapred.output.committer.class": "glaux.OldJobCommitter",
    }
    for scheme in _SCHEMES:
        hadoop[f"fs.{scheme}.impl"] = "glaux.BucketFileSystem"
        hadoop[f"mapreduce.outputcommitter.factory.scheme.{scheme}"] = "glaux.JobCommitterFactory"
    return {
        "spark.sql.sources.commitProtocolClass": "glaux.JobCommitProtocol",
        "spark.sql.streaming.commitProtocolClass": "glaux.StreamCommitProtocol",
        **{f"spark.hadoop.{key}": value for key, value in hadoop.items()},
    }
