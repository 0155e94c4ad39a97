"""The modules that a session's processes load.

Each costs every session memory, and time until it is ready.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Set

from glaux_driver.supervisor.launch import Engine
from tests.supervisor.harness import DRIVER, Session

_HEAVY = {"pandas", "pyarrow", "matplotlib", "prompt_toolkit", "jedi"}
"""numpy is not in the set, because PySpark imports numpy if it is installed."""


def _packages(names: Set[str]) -> Set[str]:
    return {name.partition(".")[0] for name in names}


def test_the_supervisor_has_py4j_but_no_pyspark() -> None:
    code = "import glaux_driver.supervisor.main, json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=DRIVER, capture_output=True, text=True, check=True)
    loaded = _packages(set(json.loads(done.stdout)))
    assert "py4j" in loaded
    assert not loaded & {"pyspark", "IPython", *_HEAVY}


def test_the_runner_has_pyspark_and_the_display_parts_of_ipython(session: Session, engine: Engine) -> None:
    done = session.run("import sys, json\nprint(json.dumps(list(sys.modules)))")
    loaded = set(json.loads(done["stdout"]))
    assert {"pyspark.sql", "IPython.core.display_functions", "IPython.core.formatters"} <= loaded
    # PySpark 4 looks for numpy while the runner attaches, and imports pandas and pyarrow too.
    heavy = _HEAVY if engine.id.startswith("3") else _HEAVY - {"pandas", "pyarrow"}
    assert not _packages(loaded) & heavy
    assert not {name for name in loaded if name.startswith(("IPython.terminal", "pyspark.ml", "pyspark.pandas"))}


def test_what_the_runner_leaves_out_is_there_when_it_is_asked_for(session: Session) -> None:
    done = session.run(
        "import IPython, IPython.terminal.embed as real\nprint(real.embed.__module__, callable(IPython.embed))"
    )
    assert done["stdout"] == "IPython.terminal.embed True\n"


def test_the_runner_leaves_nothing_in_the_system_s_temporary_folder(session: Session) -> None:
    done = session.run("print(get_ipython().profile_dir.location if get_ipython().profile_dir else '')")
    assert done["stdout"].strip() == "" or done["stdout"].startswith(str(session.folder / "local"))
