"""The program `pip` of a session. bin/pip runs it in the engine's Python, in isolated mode."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # In isolated mode Python finds only its own modules and the installed packages.
    # glaux_driver lies elsewhere.
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from glaux_driver.packages.pip import main

    sys.path.pop(0)
    main(sys.argv[1:])
