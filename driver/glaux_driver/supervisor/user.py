"""Who Hadoop takes the session for, where the system has no name for its user.

A container may be run as any number, which need not be in /etc/passwd. Hadoop's login ends with an error then, and no
Spark starts.
"""

from __future__ import annotations

import os
import pwd
from typing import Any

from glaux_driver.supervisor.tidy import java_class


def name_user(server: Any) -> None:
    """Before Hadoop's login, in whose place it comes. Does nothing for a user that the system knows."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        name = os.environ.get("LOGNAME") or os.environ.get("USER") or str(os.getuid())
        users = java_class(server, "org.apache.hadoop.security.UserGroupInformation")
        users.setLoginUser(users.createRemoteUser(name))
