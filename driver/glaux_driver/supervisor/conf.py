"""The Spark conf of a session, before what the launch asks for is applied over it."""

from __future__ import annotations

import logging
import os
from functools import cache
from pathlib import Path
from typing import Dict, Iterable, List

from glaux_driver.supervisor.launch import Launch

_SCHEMES = ("s3", "s3a", "s3n")

logger = logging.getLogger(__name__)


def session_conf(launch: Launch) -> Dict[str, str]:
    return {
        "spark.app.name": f"glaux-{launch.driver_id}",
        "spark.master": f"local[{launch.cores}]",
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
        # a Python function that does not return is ended with its job, and not 2 s later (on top of up to 2 s until Spark looks)
        # it knows of the session's own packages
        "spark.python.daemon.module": "glaux_driver.packages.daemon",
        "spark.python.task.killTimeout": "100ms",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.shuffle.partitions": str(launch.cores),
        "spark.sql.warehouse.dir": launch.inside("warehouse").as_uri(),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "true",
        "spark.eventLog.dir": launch.inside("events").as_uri(),
        **_bucket_conf(launch),
        **launch.conf,
    }


def mounts(buckets: Path, names: Iterable[str]) -> Dict[str, str]:
    """Hadoop settings under which the ViewFS of an `s3://<bucket>/` finds the bucket's folder."""
    return {f"fs.viewfs.mounttable.{name}.linkFallback": "raw" + (buckets / name).as_uri() for name in names}


def bucket_names(buckets: Path) -> List[str]:
    try:
        with os.scandir(buckets) as entries:
            return sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir())
    except FileNotFoundError:
        return []


def unreachable(names: List[str]) -> List[str]:
    """Those that cannot be mounted beside the others: ViewFS would take the settings of `a.b` for some of `a` that it does not
    know, and refuse all of `a`. So a bucket is left out whose name is another's, a dot and more."""
    found = []
    for name in names:
        shadow = next((one for one in names if name.startswith(f"{one}.")), None)
        if shadow is not None:
            _warn_once(name, shadow)
            found.append(name)
    return found


@cache
def _warn_once(name: str, shadow: str) -> None:
    logger.warning("s3://%s cannot be reached while there is a bucket %s", name, shadow)


def _bucket_conf(launch: Launch) -> Dict[str, str]:
    """`s3://` on a tree of folders, with what Hadoop carries: see its "ViewFs Overload Scheme Guide".

    The scheme itself gets no target (fs.viewfs.overload.scheme.target.s3.impl): ViewFS takes it for a bucket that is not mounted,
    and a local one would then read and write from the machine's root folder on.
    """
    folder = "org.apache.hadoop.fs.RawLocalFileSystem"  # LocalFileSystem would litter the buckets with .crc files
    hadoop = {"fs.rawfile.impl": folder}
    for scheme in _SCHEMES:
        hadoop[f"fs.{scheme}.impl"] = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
        # mapred-default.xml names a class of hadoop-aws for s3a
        committers = "org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory"
        hadoop[f"mapreduce.outputcommitter.factory.scheme.{scheme}"] = committers
    buckets = Path(launch.buckets)
    names = bucket_names(buckets)
    hidden = unreachable(names)
    hadoop.update(mounts(buckets, [name for name in names if name not in hidden]))
    return {f"spark.hadoop.{key}": value for key, value in hadoop.items()}
