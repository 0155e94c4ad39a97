"""`python -m glaux_driver.supervisor <launch.json>`"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Optional

from glaux_driver.messages import MessageError
from glaux_driver.supervisor.launch import Launch, read_launch
from glaux_driver.supervisor.linux import become_subreaper
from glaux_driver.supervisor.supervisor import Supervisor


def main(guardian: Optional[int] = None) -> None:
    """`guardian` is a descriptor that reaches end-of-file when the guardian ends."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m glaux_driver.supervisor <launch.json>")
    try:
        launch = read_launch(Path(sys.argv[1]))
    except (OSError, MessageError) as error:
        sys.exit(f"glaux_driver.supervisor: {error}")
    _move_to_utc()
    _set_up_logging()
    become_subreaper()
    asyncio.run(_supervise(launch, guardian))


async def _supervise(launch: Launch, guardian: Optional[int]) -> None:
    loop = asyncio.get_running_loop()
    # Handlers that do nothing are used, because the session's processes would inherit SIG_IGN.
    for ignored in (signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(ignored, lambda: None)
    supervisor = Supervisor(launch)
    loop.add_signal_handler(signal.SIGTERM, supervisor.terminate)
    if guardian is not None:
        loop.add_reader(guardian, _on_guardian_gone, supervisor, guardian)
    await supervisor.start()
    await supervisor.ended.wait()


def _on_guardian_gone(supervisor: Supervisor, guardian: int) -> None:
    asyncio.get_running_loop().remove_reader(guardian)
    supervisor.end("the session's guardian process was killed")


def _move_to_utc() -> None:
    """Sets the time zone UTC for this process and all processes that it starts.

    Athena's machines use UTC, and results must not depend on the time zone of this machine.
    """
    os.environ["TZ"] = "UTC"
    time.tzset()


def _set_up_logging() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s supervisor: %(message)s"))
    # py4j logs each failed call with a traceback through the root logger. The supervisor logs itself what
    # matters.
    handler.addFilter(lambda record: "py4j" not in record.pathname)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("asyncio").setLevel(logging.WARNING)
