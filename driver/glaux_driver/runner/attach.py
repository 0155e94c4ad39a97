"""The runner's connection to Spark. The runner attaches to the context that the supervisor has made,
and attaches again after user code has stopped the context."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import warnings
from typing import Any

import pyspark
from py4j.java_gateway import JavaClass
from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

_CALLBACKS_OF_A_PROCESS = 1_000_000


class Spark:
    def __init__(self, port: int, secret: str) -> None:
        """Connects to the JVM and attaches to its context. To be called in the main thread."""
        os.environ.update(
            PYSPARK_GATEWAY_PORT=str(port),
            PYSPARK_GATEWAY_SECRET=secret,
            PYSPARK_PIN_THREAD="true",
            PYSPARK_PYTHON=os.environ.get("PYSPARK_PYTHON", sys.executable),
        )
        self._gateway: Any = launch_gateway()
        # When the JVM collects the proxy of a callback, it tells the runner that is attached by then, and
        # names the callback by its number alone. So the numbers of two runners must differ.
        self._gateway.gateway_property.pool.next_id = os.getpid() * _CALLBACKS_OF_A_PROCESS
        # PySpark has read these variables. Child processes of user code have no business with the JVM.
        del os.environ["PYSPARK_GATEWAY_PORT"], os.environ["PYSPARK_GATEWAY_SECRET"]
        self._java_thread = self._class("java.lang.Thread")
        self._served: tuple[Any, int] | None = None
        """The main thread's connection, and the id of the Java thread that serves it."""
        self.attach()

    def attach(self) -> None:
        """Attaches to the JVM's live context.
        A context that user code has made itself in the meantime is kept as it is."""
        jvm = self._gateway.jvm
        java_context = self._class("org.apache.spark.SparkContext").getOrCreate()
        known = _active_context()
        if known is None or known.applicationId != java_context.applicationId():
            if known is not None:
                # The known context was stopped without PySpark's knowledge.
                # PySpark allows only one context at a time.
                with contextlib.suppress(Exception):
                    known.stop()
            java_spark = jvm.JavaSparkContext.fromSparkContext(java_context)
            known = SparkContext(
                conf=SparkConf(_jvm=jvm, _jconf=java_spark.getConf()), gateway=self._gateway, jsc=java_spark
            )
        self.context: SparkContext = known
        self.session = SparkSession(known)
        self._java_context = java_context

    def configure(self, conf: dict[str, str]) -> None:
        """Sets properties in PySpark's own copy of the context's conf, which `sc.getConf()` shows."""
        for key, value in conf.items():
            self.context._conf.set(key, value)

    def begin(self, calculation_id: str) -> int:
        """Gives the main thread's jobs the calculation's job group.
        Returns the id of the Java thread that serves the main thread."""
        # Only PySpark is asked whether the context is active. Asking the JVM would cost a round trip, and a
        # context that is stopped in the JVM takes a job group, too.
        if self._is_active():
            self.context.setJobGroup(calculation_id, "", True)
        return self._java_thread_id()

    def end(self) -> None:
        if self._is_active():
            _java(self.context).clearJobGroup()

    def clear_interrupt(self) -> None:
        """Clears the interrupt flag of the Java thread. If a call took no notice of the interruption, the
        flag would hit the next call that waits."""
        self._java_thread.interrupted()

    def is_stopped(self) -> bool:
        """Whether user code has stopped the context. True also if it has made another context since."""
        return not self._is_active() or bool(self._java_context.isStopped())

    def bind(self, namespace: dict[str, Any]) -> None:
        """Puts `spark` and `sc` back into the namespace if user code has deleted them."""
        namespace.setdefault("sc", self.context)
        namespace.setdefault("spark", self.session)

    def rebind(self, namespace: dict[str, Any]) -> None:
        """Replaces `spark` and `sc` after a restart of the context,
        unless they already belong to the new context."""
        if namespace.get("sc") is not self.context:
            namespace["sc"] = self.context
        if getattr(namespace.get("spark"), "_sc", None) is not self.context:
            namespace["spark"] = self.session

    def _is_active(self) -> bool:
        return _active_context() is self.context

    def _java_thread_id(self) -> int:
        """The id of the Java thread that serves the main thread. It is asked once for each connection: the
        same Java thread serves a connection as long as it lasts."""
        client = self._gateway._gateway_client
        connection = client.get_thread_connection()
        if self._served is None or connection is not self._served[0] or connection.socket is None:
            thread_id = int(self._java_thread.currentThread().getId())
            self._served = client.get_thread_connection(), thread_id
        return self._served[1]

    def _class(self, name: str) -> Any:
        # Walking to the class through `jvm.java…` would cost a round trip for each dot.
        return JavaClass(name, self._gateway._gateway_client)


def import_the_rest() -> None:
    """Imports what PySpark would import only while attaching and at the first query. At this moment importing
    costs nothing, as the JVM is still booting."""
    names = ["encodings.idna"]
    if int(pyspark.__version__.split(".")[0]) >= 4:
        # The py4j converters of 4.3 import pyspark.testing to ask whether numpy is there.
        # That imports pandas, too.
        names += ["pyspark.testing.utils", "pyspark.sql.classic.dataframe", "pyspark.sql.pandas.map_ops"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


def _active_context() -> SparkContext | None:
    context = SparkContext._active_spark_context
    return context if context is not None and _java(context) is not None else None


def _java(context: SparkContext) -> Any:
    return getattr(context, "_jsc", None)
