"""Names the session's user for Hadoop, if the system has no name for that user.

A container may run as any user id, also as one that is not in /etc/passwd. Hadoop's login then fails, and
Spark does not start.
"""

from __future__ import annotations

import os
import pwd
from typing import Any

from glaux_driver.supervisor.tidy import java_class


def name_user(server: Any) -> None:
    """Replaces Hadoop's login, and must be called before it.

    Does nothing for a user that the system knows.
    """
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        name = os.environ.get("LOGNAME") or os.environ.get("USER") or str(os.getuid())
        users = java_class(server, "org.apache.hadoop.security.UserGroupInformation")
        users.setLoginUser(users.createRemoteUser(name))
