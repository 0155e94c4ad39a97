"""The processes of one Glaux session: a supervisor, a runner and the Spark JVM (docs/driver-protocol.md)."""

PROTOCOL = 1
