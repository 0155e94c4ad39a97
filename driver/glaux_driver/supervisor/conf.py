"""The Spark conf of a session, before what the launch asks for is applied over it."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

from glaux_driver.supervisor.launch import Launch

_SCHEMES = ("s3", "s3a", "s3n")


def session_conf(launch: Launch) -> Dict[str, str]:
    own = spark_conf(launch.driver_id, cores=launch.driver_cores, folder=Path(launch.folder), buckets=launch.buckets)
    return {**own, **launch.conf}


def spark_conf(driver_id: str, *, cores: int, folder: Path, buckets: str) -> Dict[str, str]:
    """Of a driver whose folder this is, before what its launch asks for. `buckets` is the folder of all buckets."""
    return {
        "spark.app.name": f"glaux-{driver_id}",
        "spark.master": f"local[{cores}]",
        "spark.submit.deployMode": "client",
        # nothing may listen beyond loopback; the UI's address is SPARK_LOCAL_IP (jvm.py)
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.port": "0",
        "spark.blockManager.port": "0",
        "spark.ui.enabled": "true",
        "spark.ui.port": "0",
        "spark.ui.showConsoleProgress": "false",
        # Spark 4's Connect server, should it be started; 3.5 ignores the address and must never start its own
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": "0",
        # what PySpark sets itself when it makes the context
        "spark.rdd.compress": "True",
        "spark.serializer.objectStreamReset": "100",
        "spark.submit.pyFiles": "",
        # this daemon makes Python workers search the session's own packages
        "spark.python.daemon.module": "glaux_driver.packages.daemon",
        # Spark ends a Python function that does not return with its job, and not 2 s later (on top of the up to 2 s
        # until Spark looks)
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
    """`s3://` on the buckets' folders, and jobs that write there without touching each other's files (driver/spark)."""
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
