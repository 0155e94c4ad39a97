"""The real supervisor with a stand-in for Spark, whose calls succeed unless a fault is set.

A fault is a file in the driver's folder `faults` with the name of the method. It holds one of these words:

- `fail`: the call raises a Py4JError.
- `break`: the call raises a Py4JNetworkError, as if the connection broke.
- `hang`: the call hangs until the file is gone.
- `busy`: a method that tells whether something goes on says that something does.

Steps of the driver's end can have such faults, too.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, FrozenSet, List, Optional, Set

from py4j.protocol import Py4JError, Py4JNetworkError

from glaux_driver.supervisor import runtime
from glaux_driver.supervisor.channel import Channel
from glaux_driver.supervisor.children import Children
from glaux_driver.supervisor.guardian import guard
from glaux_driver.supervisor.inner_ports import InnerPorts
from glaux_driver.supervisor.jvm import Gateway
from glaux_driver.supervisor.main import main
from glaux_driver.supervisor.processes import is_alive
from glaux_driver.supervisor.runner import Runner
from glaux_driver.supervisor.spark import Activity, Work

_FAULTS = Path(sys.argv[1]).parent / "faults"


def _meet_fault(method: str) -> str:
    fault = _FAULTS / method
    kind = fault.read_text() if fault.exists() else ""
    if kind == "fail":
        raise Py4JError("a fault")
    if kind == "break":
        raise Py4JNetworkError("a broken connection")
    while kind == "hang" and fault.exists():
        time.sleep(0.01)
    return kind


class FakeSpark:
    def __init__(self, _: Gateway) -> None:
        pass

    def make_context(self, _: Dict[str, str]) -> str:
        _meet_fault("make_context")
        return "local-1"

    def end_context(self) -> None:
        _meet_fault("end_context")

    def configure(self, _: Dict[str, str]) -> None:
        _meet_fault("configure")

    def prepare_session(self) -> None:
        pass

    def collect_garbage(self) -> None:
        _meet_fault("collect_garbage")

    def object_ids(self) -> Set[str]:
        _meet_fault("object_ids")
        return set()

    def release(self, _: Set[str]) -> None:
        _meet_fault("release")

    def versions(self) -> Dict[str, str]:
        return {"spark": "3.5", "java": "17"}

    def answer(self) -> None:
        _meet_fault("answer")
        if not is_alive(int((_FAULTS.parent / "work" / "java-pid").read_text())):
            raise Py4JNetworkError("nobody listens")

    def next_job_id(self) -> int:
        _meet_fault("next_job_id")
        return 0

    def name_thread(self) -> None:
        pass

    def cancel_group(self, _: str, future_too: bool) -> None:
        _meet_fault("cancel_group")

    def cancel_all(self, but: Callable[[], Optional[FrozenSet[str]]]) -> None:
        _meet_fault("cancel_all")

    def interrupt_call(self, _: int) -> bool:
        return False

    def ends_calls_of_others(self) -> bool:
        return _meet_fault("ends_calls_of_others") != "busy"

    def work(self) -> Work:
        return Work(prepares_queries=_meet_fault("work") == "busy", streams_starting=0, stages=set())

    def activity(self) -> Activity:
        return Activity([], [], [])

    def settled_activity(self) -> Activity:
        is_busy = _meet_fault("settled_activity") == "busy"
        job = {"jobId": 0, "status": "RUNNING", "stageIds": [0], "numActiveTasks": 1}
        return Activity([job] if is_busy else [], [], [], next_job=int(is_busy))

    def has_no_context(self) -> bool:
        return False

    def executors(self) -> List[Any]:
        return []

    def ui_port(self) -> int:
        _meet_fault("ui_port")
        return int((_FAULTS.parent / "work" / "ui-port").read_text())


def _make_faulty(step: Callable[..., Any]) -> Callable[..., Any]:
    def faulty(*arguments: Any) -> Any:
        _meet_fault(step.__name__)
        return step(*arguments)

    return faulty


Runner.ask_to_end = _make_faulty(Runner.ask_to_end)  # type: ignore[method-assign]
Children.end_all = _make_faulty(Children.end_all)  # type: ignore[method-assign]
Channel.close = _make_faulty(Channel.close)  # type: ignore[method-assign]
InnerPorts.close = _make_faulty(InnerPorts.close)  # type: ignore[method-assign]
vars(runtime).update(Spark=FakeSpark, _ATTACH_LIMIT_S=1.0, _JVM_EXIT_WAIT_S=0.5, _PORT_LIMIT_S=1.0)
main(guard())
