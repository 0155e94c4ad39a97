"""Catalogs of AWS Glue and of S3 Tables, which are not here: each becomes one of the session's own.

Clients name it in the properties that they send by default (docs/compatibility.md has what that means for them). Left as it is,
it could not be made; and as Spark makes its session catalog at the first query of any kind, not even `spark.range(5).count()`
would run.
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
    """Iceberg's catalogs of Glue as its Hadoop catalogs: in the warehouse that they name, or else in the session's own folder."""
    conf = dict(conf)
    for key, value in list(conf.items()):
        found = _CATALOG.fullmatch(key)
        if found is None or value not in _GLUE[found[2]]:
            continue
        catalog = found[1]
        conf.pop(f"{catalog}.catalog-impl", None)
        # The one of S3 needs AWS's classes, too. Without it Iceberg reads and writes as Spark does.
        conf.pop(f"{catalog}.io-impl", None)
        conf[f"{catalog}.type"] = "hadoop"
        if _LOCATION.match(conf.get(f"{catalog}.warehouse", "")) is None:
            conf[f"{catalog}.warehouse"] = conf["spark.sql.warehouse.dir"]
    return conf


def is_warehouse(key: str) -> bool:
    """Where a catalog keeps its tables."""
    return re.fullmatch(r"spark\.sql\.catalog\.[^.]+\.warehouse", key) is not None
