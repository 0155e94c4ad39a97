"""Finds modules that were imported before and differ from what is installed now."""

from __future__ import annotations

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Set

_SUFFIXES = (".py", ".so")


def installed(site: Path) -> Dict[str, int]:
    """The packages in a folder, and when each was installed (st_mtime_ns).
    Two states of the folder differ in this."""
    try:
        entries = [entry for entry in os.scandir(site) if entry.name.endswith(".dist-info")]
    except OSError:
        return {}
    return {entry.name: entry.stat().st_mtime_ns for entry in entries}


def reload_hint(site: Path, before: Dict[str, int]) -> Optional[str]:
    """A text for the user if imported modules differ from what is installed now.
    `before` is what was `installed` earlier."""
    after = installed(site)
    if after == before:
        return None
    changed: Set[str] = set()
    for name in after.keys() - {name for name, at in before.items() if after.get(name) == at}:
        changed |= {module for file in _files(site / name) for module in _module(file)} & sys.modules.keys()
    gone = _roots(set(_gone(site)))
    return " ".join([*_to_be_reloaded(_roots(changed)), *map(_left, gone)]) or None


def _to_be_reloaded(roots: List[str]) -> Iterator[str]:
    native = set(_with_native_code()) if roots else set()
    stuck = [name for name in roots if name.partition(".")[0] in native]
    loose = [name for name in roots if name not in stuck]
    if loose:
        reload = "; ".join(f"importlib.reload({name})" for name in loose)
        yield (
            f"{_were(loose)} imported before and must be reloaded (import importlib; {reload}) "
            f"to be what is installed now."
        )
    if stuck:
        yield (
            f"{_were(stuck)} imported before, and Python cannot reload native code: what is installed now is there for "
            f"Spark's workers, and for this session's Python after `import os; os._exit(0)`, which brings a new Python "
            f"process, without the variables of this one."
        )


def _with_native_code() -> Iterator[str]:
    """The packages of which this process has loaded native code,
    whatever version of them is installed now."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.endswith(tuple(EXTENSION_SUFFIXES)):
            yield name.partition(".")[0]


def _left(name: str) -> str:
    if "." in name or PathFinder.find_spec(name) is None:
        return f"{name} was imported before: this session's Python keeps it although it is no longer installed."
    return f"{name} was imported before and must be reloaded (import importlib; importlib.reload({name}))."


def _were(names: List[str]) -> str:
    return f"{', '.join(names)} {'were' if len(names) > 1 else 'was'}"


def _files(info: Path) -> Iterator[str]:
    try:
        lines = (info / "RECORD").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        yield line.lstrip('"').partition(",")[0]


def _module(file: str) -> Iterator[str]:
    """The name of the module in a file, if the file is a module."""
    if not file.endswith(_SUFFIXES) or file.startswith(".."):
        return
    *folders, name = file.split("/")
    stem = name.partition(".")[0]
    yield ".".join(folders if stem == "__init__" else [*folders, stem])


def _gone(site: Path) -> Iterator[str]:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(f"{site}{os.sep}") and not os.path.exists(file):
            yield name


def _roots(modules: Set[str]) -> List[str]:
    """The names of the modules, without modules that lie inside another module of the set."""
    return sorted(name for name in modules if not any(name.startswith(f"{other}.") for other in modules))
