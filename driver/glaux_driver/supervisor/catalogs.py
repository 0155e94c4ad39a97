"""Replaces catalogs of AWS Glue and of S3 Tables, which do not exist here, with Hadoop catalogs.

Clients name such catalogs in the properties that they send by default (docs/compatibility.md says what the
replacement means for clients). Without the replacement, Spark could not create the catalog. Spark creates its
session catalog at the first query of any kind, so not even `spark.range(5).count()` would run.
"""

from __future__ import annotations

import re
from typing import Dict

_GLUE = {
    "catalog-impl": ("org.apache.iceberg.aws.glue.GlueCatalog", "software.amazon.s3tables.iceberg.S3TablesCatalog"),
    "type": ("glue",),
}
_LOCATION = re.compile(r"/|[a-z][a-z0-9+.-]*:/")
"""How a path or a URI begins. The warehouse of an S3 Tables catalog may be an ARN."""
_CATALOG = re.compile(r"(spark\.sql\.catalog\.[^.]+)\.(catalog-impl|type)")


def without_glue(conf: Dict[str, str]) -> Dict[str, str]:
    """Returns a copy of `conf` in which each Iceberg catalog of Glue or S3 Tables is a Hadoop catalog.

    The catalog keeps its warehouse if that is a path or a URI; otherwise it gets the session's warehouse.
    """
    conf = dict(conf)
    for key, value in list(conf.items()):
        found = _CATALOG.fullmatch(key)
        if found is None or value not in _GLUE[found[2]]:
            continue
        catalog = found[1]
        conf.pop(f"{catalog}.catalog-impl", None)
        # Iceberg's S3FileIO needs AWS's classes, too. Without an io-impl, Iceberg reads and writes as Spark
        # does.
        conf.pop(f"{catalog}.io-impl", None)
        conf[f"{catalog}.type"] = "hadoop"
        if _LOCATION.match(conf.get(f"{catalog}.warehouse", "")) is None:
            conf[f"{catalog}.warehouse"] = conf["spark.sql.warehouse.dir"]
    return conf


def is_warehouse(key: str) -> bool:
    """Whether the property `key` says where a catalog keeps its tables."""
    return re.fullmatch(r"spark\.sql\.catalog\.[^.]+\.warehouse", key) is not None
