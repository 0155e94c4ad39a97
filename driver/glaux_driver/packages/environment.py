"""Makes the session's folder, a virtual environment.

`python -m venv` would take a second, although the environment is only a link to a Python and two folders.
This code runs in the engine's Python, and changes nothing of the engine.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Dict, List, Set

from glaux_driver.packages import ENGINE_LINK, site_packages

_ROOTS = ("pyspark", "py4j", "ipython", "pip")
_CONSTRAINTS = "constraints.txt"


def make_environment(folder: Path) -> None:
    """Makes the folder if it does not exist.
    The folder appears complete, by rename: a process that finds it can use it."""
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        _fill(draft)
        draft.rename(folder)
    except OSError:
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def constraints(folder: Path) -> Path:
    """The file that tells pip which versions it must not change."""
    return folder / _CONSTRAINTS


def protected(folder: Path) -> Dict[str, str]:
    """The packages on which the session itself runs, with their versions. pip must not change them."""
    lines = constraints(folder).read_text().split()
    return dict(line.split("==") for line in lines)


def canonical(name: str) -> str:
    """The name as https://packaging.python.org/en/latest/specifications/name-normalization/ spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _fill(folder: Path) -> None:
    base = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    programs, packages = folder / "bin", site_packages(folder)
    programs.mkdir()
    packages.mkdir(parents=True)
    (folder / "lib64").symlink_to("lib")  # some systems keep compiled packages there
    (folder / "pyvenv.cfg").write_text(f"home = {os.path.dirname(base)}\ninclude-system-site-packages = false\n")
    (programs / "python").symlink_to(base)
    for name in ("python3", f"python3.{sys.version_info[1]}"):
        (programs / name).symlink_to("python")
    engine = sysconfig.get_path("purelib")
    # The engine's folder is added as a site folder, not as a mere path, because it may have .pth files, too.
    (packages / ENGINE_LINK).write_text(f"import site; site.addsitedir({engine!r})\n")
    versions = {name: metadata.version(name) for name in _with_requirements(_ROOTS)}
    constraints(folder).write_text("".join(f"{name}=={version}\n" for name, version in sorted(versions.items())))


def _with_requirements(roots: tuple[str, ...]) -> Set[str]:
    """The names of these packages of the engine,
    and of all packages that they require, directly or indirectly."""
    from pip._vendor.packaging.requirements import Requirement

    found: Set[str] = set()
    pending: List[str] = list(roots)
    while pending:
        name = canonical(pending.pop())
        if name in found:
            continue
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        found.add(name)
        for requirement in map(Requirement, needs):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                pending.append(requirement.name)
    return found
