"""The program `pip` of a session. bin/pip runs it in the engine's Python, in isolated mode."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # Isolated mode looks nowhere but at Python's own modules and the packages; ours lie elsewhere.
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from glaux_driver.packages.pip import main

    sys.path.pop(0)
    main(sys.argv[1:])
