"""Calculations that use pip, and wheels for them. A wheel is a zip file with a list of its files."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path
from typing import Dict, Sequence

from tests.supervisor.harness import Session


def printed(session: Session, code: str) -> str:
    done = session.run(code)
    assert (done["outcome"], done["stderr"]) == ("completed", ""), done
    return str(done["stdout"])


def refused(session: Session, code: str) -> str:
    """Runs code in which pip fails. Returns the message of the failure."""
    done = session.run(code)
    assert (done["outcome"], done["errorType"]) == ("failed", "PipFailed"), done
    assert done["stderr"].endswith(f'File "<stdin>", line 1, in <module>\nPipFailed: {done["errorMessage"]}\n')
    return str(done["errorMessage"])


def packages_of(session: Session) -> Path:
    return session.folder / "local" / "packages"


def make_wheel(folder: Path, name: str, version: str, files: Dict[str, str], needs: Sequence[str] = ()) -> Path:
    info = f"{name}-{version}.dist-info"
    requirements = "".join(f"Requires-Dist: {need}\n" for need in needs)
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requirements}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if f"{name}/__main__.py" in files:
        content[f"{info}/entry_points.txt"] = f"[console_scripts]\n{name} = {name}.__main__:main\n"
    record = "".join(f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in content.items())
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**content, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)
    return wheel


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
