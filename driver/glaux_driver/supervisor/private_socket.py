"""Unix sockets to which only this driver's user can connect."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def private_socket(path: Path) -> socket.socket:
    """Binds a new socket to `path`, in place of any old file.

    Only this process's user (and root) can connect to it.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path.unlink(missing_ok=True)
    mask = os.umask(0o177)
    try:
        made.bind(str(path))
    finally:
        os.umask(mask)
    return made
