"""Clears what a Spark context or a Python process leaves behind in the JVM, over py4j.

All functions block.
"""

from __future__ import annotations

import gc
import logging
import re
from typing import Any, Set

from py4j.clientserver import ClientServer
from py4j.finalizer import ThreadSafeFinalizer
from py4j.java_gateway import JavaClass

_OBJECT_ID = re.compile(r"o\d+$")

logger = logging.getLogger(__name__)


def clear_leftovers(server: ClientServer) -> None:
    """Clears the default session, the cached file systems with their credentials, and the `spark.` system
    properties.

    It is called after a context that no user code has touched was stopped.
    """
    sessions = java_class(server, "org.apache.spark.sql.SparkSession")
    sessions.clearActiveSession()
    sessions.clearDefaultSession()
    java_class(server, "org.apache.hadoop.fs.FileSystem").closeAll()
    system = java_class(server, "java.lang.System")
    for key in str(
        java_class(server, "java.lang.String").join("\n", system.getProperties().stringPropertyNames())
    ).split("\n"):
        if key.startswith("spark."):
            system.clearProperty(key)


def object_ids(server: ClientServer) -> Set[str]:
    """The py4j ids of all objects in the JVM that Python processes hold, this process included."""
    names = java_class(server, "java.lang.String").join("\n", _bindings(server).keySet())
    return {name for name in str(names).split("\n") if _OBJECT_ID.match(name)}


def release(server: ClientServer, ids: Set[str]) -> None:
    """Releases the objects `ids` in the JVM, except those that this process holds.

    When a Python process has died, py4j keeps the objects that the process held for good.
    """
    client = server._gateway_client
    gc.collect()  # py4j's proxies refer to themselves, and each unreachable proxy still holds an object of the JVM
    with ThreadSafeFinalizer.lock:
        own = set(ThreadSafeFinalizer.finalizers)
    released = [one for one in ids if f"{client.address}{client.port}{one}" not in own]
    # Two calls suffice for any number of objects.
    as_set = java_class(server, "org.apache.hadoop.util.StringUtils").getTrimmedStringCollection(",".join(released))
    _bindings(server).keySet().removeAll(as_set)
    logger.info("%d objects of a Python process that has ended were released", len(released))


def java_class(server: ClientServer, name: str) -> Any:
    """A Java class by its full name.

    Reaching it through `jvm.org.apache…` would cost a round trip for each dot.
    """
    return JavaClass(name, server._gateway_client)


def _bindings(server: ClientServer) -> Any:
    """py4j's map of the objects that Python processes hold. py4j may change it at any time."""
    return server.java_gateway_server.getGateway().getBindings()
