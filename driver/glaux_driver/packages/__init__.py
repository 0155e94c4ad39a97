"""The packages that a session installs for itself, in a folder of its own.

Python searches the folder before the engine's packages, and after its own modules. The folder is a virtual
environment in which the engine's packages can be seen, too. It is made at the first use of pip
(environment.py). Before that it does not exist, and costs nothing. The runner and Spark's Python workers
search the folder by means of `Packages`; programs that user code starts do so by means of bin/python. The
supervisor does not search it.
"""

from __future__ import annotations

import importlib
import os
import site
import sys
from pathlib import Path
from typing import Dict, Optional, Set

BIN = Path(__file__).parent / "bin"
PYTHON = BIN / "python"
"""The program that is the session's Python. Until the folder exists, it is the engine's Python."""

ENGINE_LINK = "_engine.pth"
"""The file in the session's folder by which Python finds the engine's packages."""

REASON = "GLAUX_PIP_REASON"
"""The variable with the path of a file.
If it is set, pip writes into the file, in a sentence, why it has failed."""

_FOLDER = "GLAUX_PACKAGES"
_ENGINE_PYTHON = "GLAUX_PYTHON"


def environment_of(folder: Path, engine_python: str, path: Optional[str]) -> Dict[str, str]:
    """The environment variables of the processes that run a session's code. The JVM is one of these
    processes, as its Python workers inherit its environment.

    With the variables the processes know the session's folder, and every pip that they start is the
    session's. `path` is the PATH that the processes would have without them.
    """
    return {
        _FOLDER: str(folder),
        _ENGINE_PYTHON: engine_python,
        "PYSPARK_PYTHON": str(PYTHON),
        "PATH": os.pathsep.join([str(BIN), str(folder / "bin"), path or os.defpath]),
        "PIP_PYTHON": str(PYTHON),
    }


def session_python() -> str:
    """The program that is Python for this session's code.
    In a runner that no supervisor has started, it is the runner's own Python."""
    return str(PYTHON) if _ENGINE_PYTHON in os.environ else sys.executable


def site_packages(folder: Path) -> Path:
    return folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


class Packages:
    """The session's folder, as a process sees it that searches the folder for packages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = site_packages(folder)
        self._seen: Optional[int] = None
        self._links: Set[str] = {ENGINE_LINK}

    @classmethod
    def of_environment(cls) -> Packages:
        """The folder that the environment names.
        Without the variable, as in a runner that no supervisor has started, the folder can never exist."""
        return cls(Path(os.environ.get(_FOLDER) or os.devnull))

    def changed_at(self) -> Optional[int]:
        """When entries of the folder were last made or removed (st_mtime_ns); None while the folder does not
        exist. pip makes or removes entries for every package that it installs, removes or gives another
        version."""
        try:
            return os.stat(self.site).st_mtime_ns
        except OSError:
            return None

    def is_new(self) -> bool:
        return self.changed_at() != self._seen

    def is_outdated(self) -> bool:
        """Whether this process has imported a package that may differ from what it would import now."""
        try:
            own = {name.partition(".")[0] for name in os.listdir(self.site)}
        except OSError:
            own = set()
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if not isinstance(file, str):
                continue
            if file.startswith(f"{self.site}{os.sep}"):
                return True
            if name.partition(".")[0] in own and f"{os.sep}site-packages{os.sep}" in file:
                return True
        return False

    def adopt(self) -> None:
        """Makes this process search the folder as it is now."""
        changed_at = self.changed_at()
        if changed_at == self._seen:
            return
        self._seen = changed_at
        if changed_at is None:
            return
        if str(self.site) not in sys.path:
            sys.path.insert(_first_packages(), str(self.site))
        sys.executable = str(self.folder / "bin" / "python")  # user code starts Python by this path
        importlib.invalidate_caches()
        for name in sorted(os.listdir(self.site)):
            if name.endswith(".pth") and name not in self._links:
                self._links.add(name)
                site.addpackage(str(self.site), name, None)


def _first_packages() -> int:
    """The index at which the engine's packages begin on the search path. Python's own modules stay before the
    session's packages: there are packages that bring such a module to old versions of Python (argparse,
    pathlib), and they must not replace Python's own."""
    for index, path in enumerate(sys.path):
        if os.path.basename(path) in ("site-packages", "dist-packages"):
            return index
    return len(sys.path)
