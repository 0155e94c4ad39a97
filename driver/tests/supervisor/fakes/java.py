"""Stands in for the JVM as a process.

It writes the file that says where py4j would listen, and ends when its standard input ends. The code in
FAKE_JVM is executed before the file appears.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

secret = b"secret"
info = Path(os.environ["_PYSPARK_DRIVER_CONN_INFO_PATH"])
unfinished = info.with_name("unfinished")
unfinished.write_bytes(struct.pack(">ii", 1, len(secret)) + secret)
Path("java-pid").write_text(str(os.getpid()))
exec(os.environ.get("FAKE_JVM", ""), {})
unfinished.rename(info)
sys.stdin.read()
