"""What pip is not to do in a session."""

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


class Refused(Exception):
    """The message is a sentence for the session's user."""


def refuse(command: str, options: Any, named: List[str], packages: Packages, versions: Dict[str, str]) -> None:
    """Raises Refused. `options` and `named` as pip's parser gives them."""
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
        raise Refused(
            "pip install --editable is not available in a session: install the package without the option, "
            "or bring its source with sc.addPyFile."
        )
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
    """The package out of `versions` that a requirement is for, if it is for one, and whether that version fits."""
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
            continue  # pip says so
        raise Refused(
            f"{name} {version} belongs to the engine, which all sessions share, and is not uninstalled; "
            f"pip list --local shows what this session has installed."
        )


def _names(found: Any) -> Iterator[str]:
    for distribution in found:
        name: Optional[str] = distribution.metadata["Name"]
        if name:
            yield canonical(name)
