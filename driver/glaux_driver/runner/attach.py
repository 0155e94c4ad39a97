"""The runner's hold on Spark: it attaches to the context that the supervisor made, and again when user code has stopped it."""

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
        """Connects to the JVM and attaches. In the main thread."""
        os.environ.update(
            PYSPARK_GATEWAY_PORT=str(port),
            PYSPARK_GATEWAY_SECRET=secret,
            PYSPARK_PIN_THREAD="true",
            PYSPARK_PYTHON=os.environ.get("PYSPARK_PYTHON", sys.executable),
        )
        self._gateway: Any = launch_gateway()
        # When the JVM collects a callback, it tells the process that is there by then, which knows it by its number alone.
        self._gateway.gateway_property.pool.next_id = os.getpid() * _CALLBACKS_OF_A_PROCESS
        # PySpark has read them; children of user code have no business with the JVM.
        del os.environ["PYSPARK_GATEWAY_PORT"], os.environ["PYSPARK_GATEWAY_SECRET"]
        self._java_thread = self._class("java.lang.Thread")
        self._served: tuple[Any, int] | None = None
        """The main thread's connection, and the id of the Java thread that serves it."""
        self.attach()

    def attach(self) -> None:
        """To the JVM's live context; one that user code has made itself in the meantime is kept as it is."""
        jvm = self._gateway.jvm
        java_context = self._class("org.apache.spark.SparkContext").getOrCreate()
        known = _active_context()
        if known is None or known.applicationId != java_context.applicationId():
            if known is not None:
                # Stopped behind PySpark's back; PySpark allows only one at a time.
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
        """PySpark has its own copy of the context's conf, for `sc.getConf()`."""
        for key, value in conf.items():
            self.context._conf.set(key, value)

    def begin(self, calculation_id: str) -> int:
        """Puts the main thread's jobs under the calculation; the id of the Java thread that serves it."""
        if (
            self._is_active()
        ):  # not as far as the JVM knows: that would be a round trip, and a stopped context takes this, too
            self.context.setJobGroup(calculation_id, "", True)
        return self._java_thread_id()

    def end(self) -> None:
        if self._is_active():
            _java(self.context).clearJobGroup()

    def clear_interrupt(self) -> None:
        """Else an interruption of the Java thread that its call has taken no notice of would hit the next one that waits."""
        self._java_thread.interrupted()

    def is_stopped(self) -> bool:
        """Also if user code has stopped the context and made another."""
        return not self._is_active() or bool(self._java_context.isStopped())

    def bind(self, namespace: dict[str, Any]) -> None:
        """`spark` and `sc`, where user code has deleted them."""
        namespace.setdefault("sc", self.context)
        namespace.setdefault("spark", self.session)

    def rebind(self, namespace: dict[str, Any]) -> None:
        """`spark` and `sc` after a restart of the context, unless they already belong to it."""
        if namespace.get("sc") is not self.context:
            namespace["sc"] = self.context
        if getattr(namespace.get("spark"), "_sc", None) is not self.context:
            namespace["spark"] = self.session

    def _is_active(self) -> bool:
        return _active_context() is self.context

    def _java_thread_id(self) -> int:
        """Asked once for each connection: a thread of Java serves one as long as it lasts."""
        client = self._gateway._gateway_client
        connection = client.get_thread_connection()
        if self._served is None or connection is not self._served[0] or connection.socket is None:
            thread_id = int(self._java_thread.currentThread().getId())
            self._served = client.get_thread_connection(), thread_id
        return self._served[1]

    def _class(self, name: str) -> Any:
        # Walking to it through `jvm.java…` costs a round trip a dot.
        return JavaClass(name, self._gateway._gateway_client)


def import_the_rest() -> None:
    """What PySpark would import only while attaching and at the first query. Here it costs nothing: the JVM is still booting."""
    names = ["encodings.idna"]
    if int(pyspark.__version__.split(".")[0]) >= 4:
        # 4.3's py4j converters ask pyspark.testing whether there is numpy, which imports pandas, too.
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
