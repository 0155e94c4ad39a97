"""What a Spark context, or a Python process, leaves behind in its JVM, taken back over py4j. Blocks."""

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
    """After a context that no user code has touched was stopped: the default session, file systems with their credentials,
    and properties."""
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
    """What Python processes hold in the JVM, this one included, by py4j's names."""
    names = java_class(server, "java.lang.String").join("\n", _bindings(server).keySet())
    return {name for name in str(names).split("\n") if _OBJECT_ID.match(name)}


def release(server: ClientServer, ids: Set[str]) -> None:
    """Lets the JVM forget those that this process does not hold: py4j keeps them for good when the one that did has died."""
    client = server._gateway_client
    gc.collect()  # py4j's objects refer to themselves, and each keeps one of the JVM's
    with ThreadSafeFinalizer.lock:
        own = set(ThreadSafeFinalizer.finalizers)
    released = [one for one in ids if f"{client.address}{client.port}{one}" not in own]
    # In one call each, however many there are.
    as_set = java_class(server, "org.apache.hadoop.util.StringUtils").getTrimmedStringCollection(",".join(released))
    _bindings(server).keySet().removeAll(as_set)
    logger.info("%d objects of a Python process that has ended were released", len(released))


def java_class(server: ClientServer, name: str) -> Any:
    """Named in full rather than walked to through `jvm.org.apache…`, which costs one round trip a dot."""
    return JavaClass(name, server._gateway_client)


def _bindings(server: ClientServer) -> Any:
    """A map that py4j may change meanwhile."""
    return server.java_gateway_server.getGateway().getBindings()
