"""The runner: the process of a session that runs user code, one calculation at a time.
It attaches to a Spark context that the supervisor has made."""

FILENAME = "<stdin>"
"""The file name under which code is compiled. Athena shows this name in errors."""

files_of_user = {FILENAME}
"""The names under which code of the user is compiled:
that of the blocks, and those of the files that `%run` ran."""

PROGRAM = "import sys; sys.path.pop(0); from glaux_driver.runner.start import main; main()"
"""The program for `python -c`. User code runs in the `__main__` of this program (main.py empties it for
that). It must be the real `__main__`: user functions of another module would be pickled by reference, and
Spark's workers could not find them.

The working directory is off the path until the runner's own imports are done, so that a user's `typing.py`
there cannot keep the runner from starting. `python -m` would look into that folder before any line of the
runner runs.
"""
