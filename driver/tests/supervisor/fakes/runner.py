"""Stands in for the runner: it speaks the protocol and executes code, without Spark. The code's output is
ignored.

A file `hang-attach` in the working directory makes attaching hang, once for each byte of the file. Before it
attaches, the stand-in executes the code in FAKE_ATTACH. There is no Spark to warm up, so it executes the code
in FAKE_WARM_UP instead of the warm-up's code.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path
from typing import Any, Dict

connection = socket.socket(fileno=int(os.environ["GLAUX_RUNNER_FD"]))
namespace: Dict[str, Any] = {}


def send(type_: str, **members: Any) -> None:
    connection.sendall(json.dumps({"type": type_, **members}).encode() + b"\n")


def attach() -> None:
    exec(os.environ.get("FAKE_ATTACH", ""), {})
    fault = Path("hang-attach")
    if fault.exists() and fault.stat().st_size > 0:
        os.truncate(fault, fault.stat().st_size - 1)
        signal.pause()
    send("attached", pid=os.getpid(), pythonVersion="3.0", sparkVersion="3.5", applicationId="local-1")


def run(request: Dict[str, Any]) -> None:
    about: Dict[str, Any] = {"calculationId": request["calculationId"]}
    send("running", javaThreadId=1, **about)
    stopped = False
    try:
        is_warm_up = request["calculationId"] == "warm-up"
        exec(os.environ.get("FAKE_WARM_UP", "") if is_warm_up else request["code"], namespace)
        outcome, error = "completed", None
    except BaseException as raised:  # noqa: BLE001 - as any code of users
        outcome, error = "failed", raised
        stopped = isinstance(raised, SystemExit)
    send(
        "finished",
        outcome=outcome,
        errorType=type(error).__name__ if error else None,
        errorMessage=str(error) if error else None,
        displayed=False,
        contextStopped=stopped,
        **about,
    )


signal.signal(signal.SIGINT, signal.SIG_IGN)
send("imported")
for line in connection.makefile():
    message = json.loads(line)
    if message["type"] in ("attach", "context"):
        attach()
    elif message["type"] == "run":
        run(message)
    elif message["type"] == "exit":
        break
