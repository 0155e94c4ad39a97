"""`python -m glaux_driver.runner`: this module is the `__main__` that user code will run in (main.py empties it for that).

It must be the real one, or else user functions would be pickled by reference, and Spark's workers could not find them.
"""

import os
import sys

# Until our own imports are done, so that a user's random.py in the working directory cannot keep a runner from starting.
sys.path[:] = [folder for folder in sys.path if folder not in ("", os.getcwd())]

from glaux_driver.runner.main import main  # noqa: E402

main()
