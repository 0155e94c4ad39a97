"""Packages that a session installs with pip: where they are put, and which processes find them."""

from __future__ import annotations

from pathlib import Path

import pytest

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import DRIVER, Session, shared_session, wait_for
from tests.supervisor.pip_harness import make_wheel, packages_of, printed

_PROBE = """
from pyspark.sql.functions import udf
def version_of(name):
    import importlib
    try:
        return importlib.import_module(name).version
    except ImportError:
        return "none"
seen_by_workers = udf(version_of)
spark.udf.register("registered", version_of)
answer = sc.broadcast("42")
def workers(name):
    from pyspark.sql.functions import lit
    rows = spark.range(4).repartition(2)
    found = {row[0] for row in rows.select(seen_by_workers(lit(name))).collect()}
    found |= {row[0] for row in rows.selectExpr(f"registered('{name}')").collect()}
    found |= set(sc.range(2).map(lambda _: version_of(name) + ("" if answer.value == "42" else "?")).collect())
    print(*sorted(found))
"""


@pytest.mark.main_engine
def test_nothing_is_there_until_somebody_asks_for_it(engine: Engine) -> None:
    with shared_session(engine) as session:
        assert printed(session, f"{_PROBE}\nworkers('toy')") == "none\n"
        assert not packages_of(session).exists()


def test_an_upgrade_is_there_for_functions_that_workers_have_run_before(pip_session: Session) -> None:
    pip_session.run("%pip uninstall toy")  # another test may have installed it
    printed(pip_session, _PROBE)
    assert printed(pip_session, "workers('toy')") == "none\n"
    assert "Successfully installed toy-1.0" in printed(pip_session, "%pip install toy==1.0")
    assert printed(pip_session, "import toy\nprint(toy.version)\nworkers('toy')") == "1.0\n1.0\n"
    upgraded = printed(pip_session, "%pip install --upgrade toy")
    assert upgraded.endswith(
        "toy was imported before and must be reloaded (import importlib; importlib.reload(toy)) "
        "to be what is installed now.\n"
    )
    assert printed(pip_session, "print(toy.version)\nworkers('toy')") == "1.0\n2.0\n"
    assert printed(pip_session, "import importlib\nprint(importlib.reload(toy).version)") == "2.0\n"
    assert "this session's Python keeps it" in printed(pip_session, "%pip uninstall toy")
    assert printed(pip_session, "workers('toy')") == "none\n"


def test_the_supervisor_does_not_search_the_folder(pip_session: Session) -> None:
    printed(pip_session, "%pip install toy")
    maps = Path(f"/proc/{pip_session.supervisor_pid}/environ").read_text().split("\0")
    assert [entry for entry in maps if entry.startswith("GLAUX_PACK")] == []
    assert [entry for entry in maps if entry.startswith("PYTHONPATH")] == [f"PYTHONPATH={DRIVER}"]


def test_a_module_of_python_itself_cannot_be_replaced(pip_session: Session) -> None:
    printed(pip_session, "%pip install argparse")
    check = "import argparse\nprint(argparse.ArgumentParser.__name__)"
    assert printed(pip_session, check) == "ArgumentParser\n"
    assert printed(pip_session, "!python -c 'import argparse; print(argparse.__name__)'") == "argparse\n"
    assert printed(pip_session, "print(sc.range(1).map(lambda _: __import__('argparse').__name__).collect())") == (
        "['argparse']\n"
    )
    printed(pip_session, "%pip uninstall argparse")


def test_a_stop_ends_pip_and_leaves_the_session_usable(pip_session: Session, tmp_path: Path) -> None:
    package = tmp_path / "hanging"
    package.mkdir()
    (package / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "hanging"\nversion = "1"\n'
    )
    began = tmp_path / "began"
    (package / "backend.py").write_text(
        f"import pathlib, time\npathlib.Path({str(began)!r}).touch()\ntime.sleep(600)\n"
    )
    pip_session.run("%pip uninstall twice")  # another test may have installed it
    run = pip_session.start(f"%pip install {package}")
    wait_for(began.exists)
    assert pip_session.stop(run)["outcome"] == "canceled"
    assert not [command for command in pip_session.processes().values() if "session_pip" in command]
    assert "Successfully installed twice" in printed(pip_session, "%pip install twice")


def test_an_install_that_was_killed_leaves_nothing_of_the_package(pip_session: Session) -> None:
    printed(pip_session, "%pip install twice==1.0")
    (site,) = packages_of(pip_session).glob("lib/python3*/site-packages")
    half = "import os, pathlib\n" + f"half = pathlib.Path({str(site)!r}, 'numpy')\nhalf.mkdir()\n"
    lock = packages_of(pip_session) / "lock"
    printed(
        pip_session, f"{half}(half / '__init__.py').touch()\npathlib.Path({str(lock)!r}).write_text('pip is at work')"
    )
    assert printed(pip_session, "import numpy, twice\nprint(hasattr(numpy, 'array'), twice.version)") == "True 1.0\n"
    assert not (site / "numpy").exists()


def test_a_python_process_that_is_replaced_finds_what_was_installed(pip_session: Session) -> None:
    printed(pip_session, "%pip install twice==1.0")
    assert pip_session.run("import os\nos._exit(0)")["outcome"] == "failed"
    assert printed(pip_session, "import twice\nprint(twice.version)\n!twice") == "1.0\ntwice 1.0\n"
    assert printed(pip_session, f"{_PROBE}\nworkers('twice')") == "1.0\n"


def test_native_code_of_the_engine_s_gives_way_in_a_new_python_process(pip_session: Session, wheels: Path) -> None:
    make_wheel(wheels, "pandas", "99.0", {"pandas/__init__.py": "__version__ = '99.0'\n"})
    printed(pip_session, "import pandas")
    installed = printed(pip_session, "%pip install --quiet pandas==99.0")
    assert "pandas was imported before, and Python cannot reload native code" in installed
    assert "import os; os._exit(0)" in installed
    assert "importlib" not in installed
    assert pip_session.run("import os; os._exit(0)")["outcome"] == "failed"
    assert printed(pip_session, "import pandas\nprint(pandas.__version__)") == "99.0\n"
    printed(pip_session, "%pip uninstall pandas")
    assert pip_session.run("import os; os._exit(0)")["outcome"] == "failed"
    assert printed(pip_session, "import pandas\nprint(pandas.DataFrame.__name__)") == "DataFrame\n"


@pytest.mark.main_engine
def test_a_package_with_native_code(pip_session: Session) -> None:
    """The package comes from the machine's real index: the code unsets the variables that name the test's
    index.
    """
    environment = "import os\nfor name in ('PIP_NO_INDEX', 'PIP_FIND_LINKS'): os.environ.pop(name, None)\n"
    printed(pip_session, f"{environment}%pip install --quiet xxhash==3.6.0")
    code = "import xxhash\nprint(sc.range(1).map(lambda _: __import__('xxhash').xxh32(b'a').hexdigest()).collect())"
    assert printed(pip_session, code) == "['550d7456']\n"
    changed = printed(pip_session, "%pip install --quiet xxhash==3.5.0")
    assert changed.startswith("xxhash was imported before, and Python cannot reload native code")
    assert (
        printed(pip_session, "print(sc.range(1).map(lambda _: __import__('xxhash').VERSION).collect())")
        == "['3.5.0']\n"
    )
