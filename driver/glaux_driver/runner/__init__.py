"""The runner: the process of a session that runs user code, one calculation at a time, in a Spark context that it attaches to."""

FILENAME = "<stdin>"
"""What code is compiled as, and what Athena shows in errors."""

files_of_user = {FILENAME}
"""Names that code of the user is compiled under: the blocks', and those of the files that `%run` ran."""

PROGRAM = "import sys; sys.path.pop(0); from glaux_driver.runner.start import main; main()"
"""For `python -c`, whose `__main__` is the one that user code runs in (main.py empties it for that): it must be the real one, or
else user functions would be pickled by reference, and Spark's workers could not find them.

The working directory is off the path until our own imports are done, so that a user's `typing.py` there cannot keep a runner from
starting; `-m` would look there before any line of ours runs.
"""
