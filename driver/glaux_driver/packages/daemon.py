"""Spark's Python workers: pyspark's daemon, with workers that search the session's packages.

A worker serves many tasks. Before each task it looks whether the folder has changed. If a module that the
worker has loaded may be outdated, the worker begins anew, as a fresh Python on the same connection to Spark.
So functions that were defined before an installation see what was installed, on every machine that can reach
the folder.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import socket
import sys
import traceback
from contextlib import nullcontext
from typing import Any, Callable, NoReturn, Optional

from glaux_driver.packages import PYTHON, Packages
from glaux_driver.packages.pip_module import hand_over_when_imported
from glaux_driver.pyspark_repairs import repair_when_imported

_CONNECTION = "GLAUX_WORKER_CONNECTION"

Worker = Callable[[socket.socket, bool], int]


def main() -> None:
    connection = os.environ.pop(_CONNECTION, None)
    packages = Packages.of_environment()
    packages.adopt()
    repair_when_imported()
    hand_over_when_imported()
    import pyspark.daemon as daemon

    worker = _up_to_date(daemon.worker, packages)
    if connection is not None:
        _go_on(worker, *map(int, connection.split()))
    daemon.worker = worker
    daemon.manager()


def _up_to_date(worker: Worker, packages: Packages) -> Worker:
    def run(connection: socket.socket, authenticated: bool) -> int:
        _wait_for_data(connection)
        if packages.is_new():
            if packages.is_outdated():
                _begin_anew(connection, authenticated)
            packages.adopt()
        return worker(connection, authenticated)

    return run


def _wait_for_data(connection: socket.socket) -> None:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    poll.poll()


def _begin_anew(connection: socket.socket, authenticated: bool) -> None:
    """Replaces this process by a fresh worker.
    Returns only if that fails; then the task runs with the modules that are loaded."""
    try:
        broadcasts = os.memfd_create("broadcasts")
        with os.fdopen(os.dup(broadcasts), "wb") as file:
            file.write(_broadcasts())
        for descriptor in (broadcasts, connection.fileno()):
            os.set_inheritable(descriptor, True)
        os.environ[_CONNECTION] = f"{connection.fileno()} {broadcasts} {int(authenticated)}"
        os.execv(PYTHON, [str(PYTHON), "-m", "glaux_driver.packages.daemon", *sys.argv[1:]])
    except Exception:
        os.environ.pop(_CONNECTION, None)
        traceback.print_exc()


def _broadcasts() -> bytes:
    """The broadcast variables that Spark has sent on this connection, and will not send again."""
    from pyspark import cloudpickle

    registry = _registry()
    return bytes(
        cloudpickle.dumps(
            {
                number: {"_path": one._path} if hasattr(one, "_path") else {"_value": one._value}
                for number, one in registry.items()
            }
        )
    )


def _registry() -> Any:
    try:
        from pyspark.core.broadcast import _broadcastRegistry
    except ImportError:  # Spark 3
        from pyspark.broadcast import _broadcastRegistry
    return _broadcastRegistry


def _go_on(worker: Worker, descriptor: int, broadcasts: int, authenticated: int) -> NoReturn:
    """Serves the connection as a freshly forked worker would. Only what Spark has sent before on the
    connection (authentication, broadcasts) is taken over from the old worker."""
    import pyspark.util
    from pyspark import Broadcast

    connection = socket.socket(fileno=descriptor)
    connection.set_inheritable(False)
    with open(broadcasts, "rb") as file:
        file.seek(0)
        for number, members in pickle.load(file).items():
            _registry()[number] = broadcast = Broadcast.__new__(Broadcast)
            vars(broadcast).update({"_jbroadcast": None, "_sc": None, "_python_broadcast": None}, **members)
    code: Optional[int] = 1
    try:
        with getattr(pyspark.util, "enable_faulthandler", nullcontext)():
            code = _serve(worker, connection, bool(authenticated))
    except BaseException:
        traceback.print_exc()
    os._exit(code or 0)


def _serve(worker: Worker, connection: socket.socket, authenticated: bool) -> int:
    while True:
        code = worker(connection, authenticated)
        authenticated = authenticated or code == 0
        if code or not os.environ.get("SPARK_REUSE_WORKER"):
            # This waits until Spark has read everything and closes the connection.
            while connection.recv(1024):
                pass
            return 0
        gc.collect()


if __name__ == "__main__":
    main()
