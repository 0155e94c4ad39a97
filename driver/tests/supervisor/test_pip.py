"""The ways to call pip in a session, and what pip refuses there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Dict, List

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import Session
from tests.supervisor.pip_harness import make_wheel, packages_of, printed, refused

pytestmark = pytest.mark.main_engine  # pip is the same on every engine


@pytest.mark.parametrize(
    "install",
    [
        "!pip install early",
        "!pip3 install early",
        "!python -m pip install early",
        "!{sys.executable} -m pip install early",
        "lines = !cd / && pip install early",
        "_ = subprocess.run([sys.executable, '-m', 'pip', 'install', 'early'], check=True)",
        "_ = subprocess.run([engine, '-m', 'pip', 'install', 'early'], check=True)",
        "_ = subprocess.run([os.path.join(os.path.dirname(engine), 'pip'), 'install', 'early'], check=True)",
    ],
)
def test_however_pip_is_called_it_is_the_session_s(pip_session: Session, engine: Engine, install: str) -> None:
    printed(pip_session, f"import os, subprocess, sys\nengine = {engine.python!r}\n{install}")
    assert list(packages_of(pip_session).glob("lib/python3*/site-packages/early-2.0.dist-info"))
    assert printed(pip_session, "import early\nprint(early.version)") == "2.0\n"
    assert printed(pip_session, "!early") == "early 2.0\n"
    printed(pip_session, "import sys\nsys.modules.pop('early')\n!pip uninstall early")


_IN_A_WORKER = """
import subprocess, sys
def pip_in_a_worker(*arguments):
    run = lambda _: subprocess.run([sys.executable, "-m", "pip", *arguments]).returncode
    return sc.range(1).map(run).collect()
"""


def test_pip_in_a_worker_is_the_session_s(pip_session: Session, tmp_path: Path) -> None:
    # Only the session's pip refuses this. Another one is not asked for more: it would install into the
    # engine.
    other = f"{_IN_A_WORKER}\nprint(pip_in_a_worker('install', '--target', {str(tmp_path / 'other')!r}, 'early'))"
    assert printed(pip_session, other) == "[1]\n"
    engine_packages = Path(printed(pip_session, "import pyspark\nprint(pyspark.__path__[0])").strip()).parent
    before = sorted(os.listdir(engine_packages))
    assert printed(pip_session, "print(pip_in_a_worker('install', 'early'))") == "[0]\n"
    assert sorted(os.listdir(engine_packages)) == before
    assert printed(pip_session, "import early\nprint(early.version)") == "2.0\n"
    printed(pip_session, "import sys\nsys.modules.pop('early')\n!pip uninstall early")


@pytest.mark.parametrize(
    "pip_main",
    [
        "import pip; pip.main",
        "from pip import main; main",
        "import pip._internal; pip._internal.main",
        "from pip._internal.cli.main import main; main",
    ],
)
def test_pip_as_a_module_is_the_session_s(pip_session: Session, tmp_path: Path, pip_main: str) -> None:
    # Only the session's pip refuses this. Another one is not asked for more: it would install into the
    # engine.
    other = f"(['install', '--target', {str(tmp_path / 'other')!r}, 'early'])"
    for _ in range(2):
        done = pip_session.run(f"{pip_main}{other}\nprint('goes on')")
        assert (done["outcome"], done["stdout"].splitlines()[-1:]) == ("completed", ["goes on"]), done
        assert "pip install --target is not available in a session" in done["stderr"]
    done = pip_session.run(f"{pip_main}(['install', 'early'])\nimport early\nprint(early.version)")
    assert (done["outcome"], done["stdout"].splitlines()[-1:]) == ("completed", ["2.0"]), done
    assert packages_of(pip_session) in Path(printed(pip_session, "print(early.__file__)").strip()).parents
    code = f"import sys\nsys.modules.pop('early')\nprint({pip_main.rpartition(' ')[2]}(['uninstall', 'early']))"
    assert pip_session.run(code)["stdout"].endswith("\n0\n")


def test_pip_as_a_module_in_a_worker_is_the_session_s(pip_session: Session, tmp_path: Path) -> None:
    code = f"""
def install(_):
    import pip
    return [pip.main(['install', '--target', {str(tmp_path / "other")!r}, 'early']) for _ in range(2)]
print(sc.range(1).map(install).collect())
"""
    assert printed(pip_session, code) == "[[1, 1]]\n"


def test_runpy_runs_the_session_s_pip(pip_session: Session, tmp_path: Path) -> None:
    code = f"""
import runpy, sys
sys.argv[:] = ['pip', 'install', '--target', {str(tmp_path / "other")!r}, 'early']
try:
    runpy.run_module('pip', run_name='__main__')
except SystemExit as exit:
    print(exit.code)
finally:
    sys.argv[:] = ['']
"""
    assert pip_session.run(code)["stdout"] == "1\n"


def test_a_virtual_environment_of_the_user_s_keeps_its_own_pip(pip_session: Session) -> None:
    assert "Successfully installed late" in printed(pip_session, "!python -m venv own && own/bin/pip install late")
    assert list((pip_session.folder / "work" / "own").glob("lib/python3*/site-packages/late"))
    assert not list(packages_of(pip_session).glob("lib/python3*/site-packages/late"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("install --target /tmp/x toy", "pip install --target is not available in a session"),
        ("install -t/tmp/x toy", "pip install --target is not available in a session"),
        ("install --user toy", "pip install --user is not available in a session"),
        ("install --prefix=/tmp/x toy", "pip install --prefix is not available in a session"),
        ("install -e .", "pip install --editable is not available in a session"),
        ("install -r editable.txt", "with sc.addPyFile. (line 2 of "),
        ("install -r outer.txt", "with sc.addPyFile. (line 2 of "),
        ("install py4j==0.1", "is not replaced in it."),
        ("install --force-reinstall pyspark", "is not replaced in it."),
        ("uninstall ipython", "belongs to the engine, which all sessions share, and is not uninstalled"),
        ("uninstall -y numpy", "belongs to the engine, which all sessions share, and is not uninstalled"),
        ("install nowhere", "Could not find a version that satisfies the requirement nowhere (from versions: none)"),
        ("config unset --user no.such", "pip config unset --user is not available in a session"),
        ("config --global unset no.such", "pip config unset --global is not available in a session"),
        ("cache purge --cache-dir own", "pip cache purge is not available in a session"),
        ("cache --cache-dir own remove toy", "pip cache remove is not available in a session"),
        ("frobnicate", 'unknown command "frobnicate"'),
    ],
)
def test_what_pip_does_not_do_fails_the_calculation_in_a_sentence(
    pip_session: Session, line: str, message: str
) -> None:
    work = pip_session.folder / "work"
    (work / "editable.txt").write_text("late\n-e ./own\n")
    (work / "outer.txt").write_text("-r editable.txt\n")
    assert message in refused(pip_session, f"%pip {line}")


def test_a_command_in_which_pip_fails_fails_unless_it_makes_nothing_of_it(pip_session: Session) -> None:
    assert "requirement nowhere" in refused(pip_session, "!cd / && pip install nowhere")
    assert printed(pip_session, "print(_exit_code)") == "1\n"
    assert pip_session.run("!pip install nowhere || true")["outcome"] == "completed"


def test_a_pip_that_fails_after_its_command_writes_into_no_file_of_the_user_s(pip_session: Session) -> None:
    code = """
import os, time
pip = "until [ -e go ]; do sleep 0.05; done; pip install nowhere --no-index; touch over"
!($pip) >/dev/null 2>&1 &
files = [open(f"own-{number}", "w+") for number in range(50)]
open("go", "w").close()
while not os.path.exists("over"):
    time.sleep(0.05)
print({os.path.getsize(file.name) for file in files}, [name for name in os.listdir(local) if name.startswith("pip-")])
"""
    local = packages_of(pip_session).parent
    assert printed(pip_session, f"local = {str(local)!r}\n{code}") == "{0} []\n"


def test_a_pip_that_cannot_say_why_it_fails_fails_all_the_same(pip_session: Session) -> None:
    printed(pip_session, "import os\nkept = os.environ['GLAUX_PYTHON']\nos.environ['GLAUX_PYTHON'] = 'false'")
    assert refused(pip_session, "%pip list") == "pip ended with exit code 1 and without a reason."
    printed(pip_session, "os.environ['GLAUX_PYTHON'] = kept")


def test_what_the_session_stands_on_stays_though_another_package_wants_it_anew(
    pip_session: Session, wheels: Path
) -> None:
    version = printed(pip_session, "from importlib import metadata\nprint(metadata.version('traitlets'))").strip()
    make_wheel(wheels, "traitlets", version, {"traitlets/__init__.py": "raise RuntimeError\n"})
    make_wheel(wheels, "wanting", "1.0", {"wanting.py": ""}, needs=["traitlets"])
    done = printed(pip_session, "%pip install --force-reinstall wanting")
    assert f"traitlets {version} belongs to what this session runs on, and stays as it is.\n" in done
    assert not list(packages_of(pip_session).glob("lib/python3*/site-packages/traitlets*"))
    make_wheel(wheels, "traitlets", "99.0", {"traitlets/__init__.py": ""})
    make_wheel(wheels, "newer", "1.0", {"newer.py": ""}, needs=["traitlets>=99"])
    assert f"traitlets {version} belongs to" in refused(pip_session, "%pip install newer")
    assert "stays as it is" in printed(pip_session, "%pip install --upgrade traitlets")


def test_pip_s_configuration_is_set_for_the_session_alone(pip_session: Session, tmp_path: Path) -> None:
    """The code gets another home folder, so that a fault does not change the real user's configuration."""
    home = f"import os\nos.environ.update(HOME={str(tmp_path)!r}, XDG_CONFIG_HOME={str(tmp_path / 'config')!r})\n"
    printed(pip_session, f"{home}%pip config set global.timeout 5")
    try:
        assert printed(pip_session, "%pip config get global.timeout") == "5\n"
        assert "timeout = 5" in (packages_of(pip_session) / "pip.conf").read_text()
        printed(pip_session, "%pip config unset global.timeout")
        assert "timeout" not in (packages_of(pip_session) / "pip.conf").read_text()
        assert list(tmp_path.iterdir()) == []
    finally:
        (packages_of(pip_session) / "pip.conf").unlink(missing_ok=True)


def test_what_pip_prints_can_be_captured(pip_session: Session) -> None:
    assert printed(pip_session, "%%capture kept\n%pip list\nprint('between')\n!pip list") == ""
    first, second = printed(pip_session, "print(kept.stdout)").split("between")
    assert "pyspark" in first
    assert "pyspark" in second


def test_a_pip_that_fails_while_its_output_is_captured_says_why(pip_session: Session) -> None:
    done = pip_session.run("%%capture kept\n\n!pip install no-such-package")
    assert (done["outcome"], done["errorType"], done["stdout"]) == ("failed", "PipFailed", "")
    assert done["stderr"].startswith('File "<stdin>", line 3, in <module>\nPipFailed: ')
    assert "ERROR: " in printed(pip_session, "print(kept.stderr)")


def test_requirements_and_arguments_are_read_as_in_a_notebook(pip_session: Session, wheels: Path) -> None:
    (pip_session.folder / "work" / "requirements.txt").write_text("late<2\n")
    assert "Successfully installed late-1.0" in printed(pip_session, "%pip install -r requirements.txt  # don't ask")
    name = "late>=2"
    assert "Successfully installed late-2.0" in printed(
        pip_session, f"wanted = {name!r}\n%pip install {{wanted}} -q -v"
    )
    assert not (pip_session.folder / "work" / "=2").exists()
    printed(pip_session, f"%pip uninstall late\n%pip install {wheels}/late-1*.whl")
    installed = {package["name"]: package["version"] for package in _list(pip_session, "")}
    assert (installed["late"], "pyspark" in installed) == ("1.0", True)
    assert "pyspark" not in [package["name"] for package in _list(pip_session, "--local")]


def _list(pip_session: Session, options: str) -> List[Dict[str, str]]:
    listed: List[Dict[str, str]] = json.loads(printed(pip_session, f"%pip list --format json {options}"))
    return listed
