"""The runner: the process of a session that runs user code, one calculation at a time, in a Spark context that it attaches to."""

FILENAME = "<stdin>"
"""What code is compiled as, and what Athena shows in errors."""
