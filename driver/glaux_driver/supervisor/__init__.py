"""The supervisor of a session. It starts, watches, cancels and ends the session's processes, and never runs
user code.

The supervisor imports py4j but never pyspark. Everything runs in one asyncio loop, except calls into the JVM,
which may block: these run on two threads of their own (`worker.py`), so a JVM that hangs never hangs the
supervisor.
"""
