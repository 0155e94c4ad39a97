"""Installations that may be cut off at any moment,
by a Stop or by the end of the process, and what then mends the folder."""

from __future__ import annotations

import fcntl
import os
import shutil
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Dict, List, Optional, Set, Type

from glaux_driver.packages import ENGINE_LINK, Packages
from glaux_driver.packages.environment import canonical


class Installation:
    """A context manager around an installation. Only one installation runs in a folder at a time. The lock
    file is empty if the last installation came to its end."""

    def __init__(self, packages: Packages) -> None:
        self._packages = packages
        self._descriptor = -1

    def __enter__(self) -> Installation:
        self._descriptor = _open_lock(self._packages)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        _mend(self._packages, self._descriptor)
        os.write(self._descriptor, b"pip is at work\n")
        return self

    def take_back(self, versions: Dict[str, str]) -> None:
        """Removes those of these packages that pip has put into the folder. With --force-reinstall pip also
        installs everything that a package requires."""
        for distribution in metadata.distributions(path=[str(self._packages.site)]):
            name = canonical(distribution.metadata["Name"])
            if name in versions:
                _remove(distribution)
                print(f"{name} {versions[name]} belongs to what this session runs on, and stays as it is.", flush=True)

    def __exit__(
        self, _type: Optional[Type[BaseException]], _error: Optional[BaseException], _trace: Optional[TracebackType]
    ) -> None:
        # pip cleans up when it fails or is interrupted.
        # A process that is killed does not reach this line, so the lock file stays filled.
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def mend(packages: Packages) -> List[str]:
    """Removes what an installation that was cut off has left, unless pip is at work.
    Returns the names of the removed entries."""
    try:
        if os.stat(_lock_file(packages)).st_size == 0:
            return []
        descriptor = _open_lock(packages)
    except OSError:
        return []
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return _mend(packages, descriptor)
    except OSError:
        return []  # pip is at work, or nothing can be done about it
    finally:
        os.close(descriptor)


def _lock_file(packages: Packages) -> Path:
    return packages.folder / "lock"


def _open_lock(packages: Packages) -> int:
    return os.open(_lock_file(packages), os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _mend(packages: Packages, descriptor: int) -> List[str]:
    if os.fstat(descriptor).st_size == 0:
        return []
    whole = _entries_of_whole_packages(packages.site)
    remains = [name for name in sorted(os.listdir(packages.site)) if name not in whole]
    for name in remains:
        path = packages.site / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    os.ftruncate(descriptor, 0)
    return remains


def _entries_of_whole_packages(site: Path) -> Set[str]:
    """The entries of the packages that are installed completely.
    pip writes a package's INSTALLER file when all its other files are there."""
    entries = {ENGINE_LINK, "__pycache__"}
    for signature in site.glob("[!~]*.dist-info/INSTALLER"):
        entries.add(signature.parent.name)
        for line in (signature.parent / "RECORD").read_text(encoding="utf-8").splitlines():
            entries.add(line.lstrip('"').split("/")[0].split(",")[0])
    return entries


def _remove(distribution: metadata.Distribution) -> None:
    paths = [Path(str(distribution.locate_file(file))) for file in distribution.files or ()]
    for path in paths:
        path.unlink(missing_ok=True)
    folders = {folder for path in paths for folder in path.parents}
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        try:
            folder.rmdir()
        except OSError:
            pass  # something else is in the folder
