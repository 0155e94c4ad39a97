"""Refuses what pip must not do in a session."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from glaux_driver.packages import Packages
from glaux_driver.packages.environment import canonical

_OPTIONS = {
    "target_dir": "--target",
    "prefix_path": "--prefix",
    "root_path": "--root",
    "use_user_site": "--user",
}


_NO_EDITABLE = (
    "pip install --editable is not available in a session: install the package without the option, "
    "or bring its source with sc.addPyFile."
)


class Refused(Exception):
    """The message is a sentence for the session's user."""


def refuse(command: str, options: Any, named: List[str], packages: Packages, versions: Dict[str, str]) -> None:
    """Raises Refused if the command must not run. `options` and `named` are as pip's parser returns them."""
    if command == "config":
        _refuse_config(options, named)
    elif command == "cache":
        _refuse_cache(named)
    elif command in ("install", "uninstall"):
        _refuse_change(command, options, named, packages, versions)


def changes_configuration(command: str, named: List[str]) -> bool:
    return command == "config" and named[:1] in (["set"], ["unset"], ["edit"])


def refuse_editable_lines(command: Any, options: Any) -> None:
    """Looks for editable lines in requirements files, and in the files that these name. Raises Refused."""
    from pip._internal.exceptions import PipError
    from pip._internal.req.req_file import parse_requirements

    if not options.requirements:
        return
    try:
        with command._build_session(options) as session:
            lines = [line for file in options.requirements for line in parse_requirements(file, session)]
    except (PipError, OSError):
        return  # pip reports the error when it reads the files
    for line in lines:
        if line.is_editable:
            raise Refused(f"{_NO_EDITABLE} ({line.line_source})")


def _refuse_config(options: Any, named: List[str]) -> None:
    for attribute, option in (("user_file", "--user"), ("global_file", "--global")):
        if changes_configuration("config", named) and getattr(options, attribute, None):
            raise Refused(
                f"pip config {named[0]} {option} is not available in a session: that configuration is also there for "
                f"others. Leave the option out, and the configuration is the session's."
            )


def _refuse_cache(named: List[str]) -> None:
    if named[:1] in (["purge"], ["remove"]):
        raise Refused(
            f"pip cache {named[0]} is not available in a session: all sessions share the machine's cache. "
            f"pip install --no-cache-dir does not use it."
        )


def _refuse_change(command: str, options: Any, named: List[str], packages: Packages, versions: Dict[str, str]) -> None:
    if getattr(options, "python", None):
        raise Refused("pip --python is not available in a session: pip installs for the session alone.")
    if command == "uninstall":
        _refuse_uninstall(named, packages)
    else:
        _refuse_install(options, named, versions)


def _refuse_install(options: Any, named: List[str], versions: Dict[str, str]) -> None:
    for attribute, option in _OPTIONS.items():
        if getattr(options, attribute, None):
            raise Refused(
                f"pip install {option} is not available in a session: packages go to the session's own folder, "
                f"where its Python and its workers find them. Leave the option out."
            )
    if getattr(options, "editables", None):
        raise Refused(_NO_EDITABLE)
    anew = getattr(options, "force_reinstall", False) or getattr(options, "ignore_installed", False)
    for text in named:
        name, fits = _read(text, versions)
        if name is None:
            continue
        what = f"{name} {versions[name]} belongs to what this session runs on"
        if not fits or anew:
            raise Refused(f"{what}, and is not replaced in it.")
        print(f"{what}, and stays as it is.", flush=True)


def _read(text: str, versions: Dict[str, str]) -> tuple[Optional[str], bool]:
    """The package in `versions` for which a requirement is, or None;
    and whether that package's version fits."""
    from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
    from pip._vendor.packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        requirement = Requirement(text)
        name, fits = canonical(requirement.name), requirement.url is None
        if fits and name in versions:
            fits = requirement.specifier.contains(versions[name], prereleases=True)
    except InvalidRequirement:
        try:
            found, version, *_ = parse_wheel_filename(Path(text.partition("#")[0]).name)
        except InvalidWheelFilename:
            return None, True
        name, fits = str(found), str(version) == versions.get(str(found))
    return (name, fits) if name in versions else (None, True)


def _refuse_uninstall(named: List[str], packages: Packages) -> None:
    own = set(_names(metadata.distributions(path=[str(packages.site)])))
    for name in map(canonical, named):
        if name in own:
            continue
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # pip itself reports this
        raise Refused(
            f"{name} {version} belongs to the engine, which all sessions share, and is not uninstalled; "
            f"pip list --local shows what this session has installed."
        )


def _names(found: Any) -> Iterator[str]:
    for distribution in found:
        name: Optional[str] = distribution.metadata["Name"]
        if name:
            yield canonical(name)
