"""The runner: the process of a session that runs user code. It attaches to a live Spark context and runs one calculation at a time."""

FILENAME = "<stdin>"
"""What code is compiled as, and what Athena shows in errors."""
