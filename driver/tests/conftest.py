"""Engines for the tests that need a real Spark.

GLAUX_TEST_ENGINES names them, separated by commas, each in one of two forms:

- the name of an installed engine, a folder in $GLAUX_ENGINES (what `npm test` gives);
- `<id>=<python>=<java>`, as in `4=/opt/venv/bin/python=/usr/bin/java`: a Python that has pyspark, and a Java for it.

A test that takes the fixture `engine` runs once for each, and is marked `spark`. Without the variable such tests are skipped.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import List

import pytest

_LOG_CONF = Path(__file__).parents[2] / "src/engines/log4j2.properties"
_OPENED = (
    "java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent "
    "java.util.concurrent.atomic jdk.internal.ref sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar"
)


@dataclass(frozen=True)
class Engine:
    id: str
    python: str
    java: str
    spark_home: str
    jars: List[str]
    jvm_flags: List[str]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        engines = [_find_engine(entry) for entry in os.environ.get("GLAUX_TEST_ENGINES", "").split(",") if entry]
        skipped = pytest.param(None, marks=pytest.mark.skip(reason="GLAUX_TEST_ENGINES names no engine"), id="none")
        parameters = [pytest.param(engine, id=engine.id) for engine in engines] or [skipped]
        metafunc.parametrize("engine", parameters, scope="session")


def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker("spark")


def _find_engine(entry: str) -> Engine:
    if "=" in entry:
        engine_id, python, java = entry.split("=")
        (spark_home,) = Path(python).parent.parent.glob("lib/python3.*/site-packages/pyspark")
    else:
        folder = Path(os.environ["GLAUX_ENGINES"], entry)
        manifest = json.loads((folder / "engine.json").read_text())
        engine_id = manifest["id"]
        python = str(folder / "venv/bin/python")
        java = str(folder / manifest["javaHome"] / "bin/java")
        spark_home = folder / manifest["sparkHome"]
    return Engine(
        id=engine_id,
        python=python,
        java=java,
        spark_home=str(spark_home),
        jars=sorted(str(jar) for jar in (spark_home / "jars").glob("*.jar")),
        jvm_flags=_jvm_flags(engine_id),
    )


def _jvm_flags(engine_id: str) -> List[str]:
    """Those of src/engines/jvm-flags.ts that matter here; no class-data archive."""
    return [
        "-XX:+IgnoreUnrecognizedVMOptions",
        *(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in _OPENED.split()),
        *(["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"] if engine_id == "4" else []),
        "-XX:+UseSerialGC",
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        "-Xms88m",
        f"-Dlog4j2.configurationFile={_LOG_CONF}",
    ]
