"""The supervisor of a session: starts, watches, cancels and ends its processes, and never runs user code.

It imports py4j but never pyspark. Everything runs in one asyncio loop; calls into the JVM, which may block, run on two threads
of their own (`worker.py`), so that a JVM that hangs never hangs the supervisor.
"""
