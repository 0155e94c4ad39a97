"""The runner's composition root and its loop."""

from __future__ import annotations

import builtins
import contextlib
import os
import platform
import sys
import traceback
from types import ModuleType
from typing import Any, NoReturn

import pyspark
from IPython.core.getipython import get_ipython
from IPython.display import display

from glaux_driver.messages import (
    Assign,
    Attach,
    Attached,
    ClearInterrupt,
    Configure,
    Context,
    Imported,
    Run,
    RunnerRunning,
)
from glaux_driver.packages.pip_module import hand_over_when_imported
from glaux_driver.pyspark_repairs import repair_when_imported
from glaux_driver.runner import figures, lifeline, no_terminal, packages
from glaux_driver.runner.attach import Spark, import_the_rest
from glaux_driver.runner.calculation import run_calculation
from glaux_driver.runner.capture import Capture
from glaux_driver.runner.control import Control
from glaux_driver.runner.create_shell import create_shell
from glaux_driver.runner.interpreter import Interpreter
from glaux_driver.runner.interrupt import Interrupts
from glaux_driver.runner.log_queues import own_records
from glaux_driver.runner.loggers import create_loggers, quiet_pyspark
from glaux_driver.runner.magics import Magics, python_level
from glaux_driver.runner.placed import Place
from glaux_driver.runner.pools import own_tasks
from glaux_driver.runner.queries import tell_queries
from glaux_driver.runner.threads import Threads


def main() -> NoReturn:
    """Serves the supervisor until it sends `exit` or is gone. Ends the process; does not return."""
    libc = lifeline.load_libc()
    control = Control(int(os.environ.pop("GLAUX_RUNNER_FD")))
    capture = Capture(Threads(), libc)
    try:
        Runner(control, capture).serve()
    except BaseException:
        with contextlib.suppress(BaseException):
            capture.write_idle(traceback.format_exc())
    finally:
        # The interpreter's own exit would wait for the user's threads.
        # Meanwhile the supervisor would wait for this process.
        os._exit(1)


class Runner:
    def __init__(self, control: Control, capture: Capture) -> None:
        self._control = control
        self._capture = capture
        self._interrupts = Interrupts()
        self._interrupts.install()
        lifeline.read_from_nothing()
        no_terminal.answer_instead_of_asking()
        figures.choose_backend()
        repair_when_imported()
        hand_over_when_imported(packages.run_pip_module)
        user = _clean_main()
        self._namespace = user.__dict__
        self._loggers = create_loggers(capture.write_idle)
        quiet_pyspark(capture.write_idle)
        self._magics = Magics(self._namespace, self._set_log_level)
        self._shell = create_shell(user, capture.threads, os.environ.pop("GLAUX_RUNNER_FOLDER", None))
        self._magics.install(self._shell)
        self._interpreter = Interpreter(self._namespace, self._shell.rewrite)
        self._shell.execute = self._execute
        self._shell.predefined = self._predefined
        capture.threads.install()
        capture.callbacks.install()
        capture.coroutines.install()
        own_tasks(capture.threads)
        own_records(capture.threads)
        tell_queries(capture.threads, control.send)
        self._spark: Spark | None = None
        self._namespace.update(self._predefined())
        # Magics become calls of `get_ipython`. It is also a builtin in case user code deletes the name.
        setattr(builtins, "get_ipython", get_ipython)  # noqa: B010 (no attribute that mypy knows)

    def serve(self) -> NoReturn:
        import_the_rest()
        self._control.send(Imported())
        while True:
            message = self._control.receive()
            if isinstance(message, Attach):
                self._magics.session = message.session
                self._spark = Spark(message.port, message.secret)
                self._spark.bind(self._namespace)
                self._say_attached(self._spark)
            elif isinstance(message, Assign):
                self._magics.session = message
            elif isinstance(message, Context) and self._spark is not None:
                self._spark.attach()
                self._spark.rebind(self._namespace)
                self._say_attached(self._spark)
            elif isinstance(message, Configure) and self._spark is not None:
                self._spark.configure(message.conf)
            elif isinstance(message, Run) and self._spark is not None:
                self._run(message, self._spark)
            elif isinstance(message, ClearInterrupt) and self._spark is not None:
                self._spark.clear_interrupt()
            else:
                self._control.log(f"The runner is not attached and ignores {message.type}")

    def _run(self, request: Run, spark: Spark) -> None:
        def say_running() -> None:
            lifeline.read_from_nothing()
            spark.bind(self._namespace)
            self._control.send(RunnerRunning(request.calculation_id, spark.begin(request.calculation_id)))

        def execute(code: str) -> None:
            packages.refresh()
            self._shell.begin(code)
            try:
                self._execute(code)
            except BaseException as error:
                self._shell.end(error)
                raise
            self._shell.end(None)

        self._control.send(
            run_calculation(
                request,
                self._capture,
                self._interrupts,
                say_running,
                execute,
                lambda: self._control.stopped == request.calculation_id,
                spark.is_stopped,
                self._shell.keep_error,
            )
        )
        spark.end()

    def _execute(self, code: str, place: Place = Place()) -> None:  # noqa: B008 (it cannot be changed)
        try:
            self._interpreter.execute(code, place)
        finally:
            figures.show_open_figures(display)

    def _predefined(self) -> dict[str, Any]:
        names = {**self._loggers, "display": display, "get_ipython": get_ipython}
        return names if self._spark is None else {**names, "sc": self._spark.context, "spark": self._spark.session}

    def _say_attached(self, spark: Spark) -> None:
        context = spark.context
        self._control.send(
            Attached(os.getpid(), platform.python_version(), pyspark.__version__, str(context.applicationId))
        )

    def _set_log_level(self, level: str) -> None:
        self._namespace["spark"].sparkContext.setLogLevel(level)
        for logger in self._loggers.values():
            logger.setLevel(python_level(level))


def _clean_main() -> ModuleType:
    """`__main__` as an interactive Python has it: without a file, and without a spec, as a child process
    would use these to run the runner's code."""
    user = sys.modules["__main__"]
    names = user.__dict__
    kept = {"__name__": "__main__", "__doc__": None, "__package__": None, "__spec__": None, "__builtins__": builtins}
    names.clear()
    names.update(kept)
    sys.argv[:] = [""]
    if "" not in sys.path:
        sys.path.insert(0, "")
    return user
