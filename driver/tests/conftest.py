"""The engine of the tests that need a real Spark.

GLAUX_TEST_ENGINE is a JSON file that describes it with the members of a launch file's `engine` (`npm test` writes it).
Without it such tests are skipped. A test that takes the fixture `engine`, also through another one, is marked `spark`.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import List

import pytest


@dataclass(frozen=True)
class Engine:
    id: str
    python: str
    java: str
    spark_home: str
    jars: List[str]
    jvm_flags: List[str]


@pytest.fixture(scope="session")
def engine() -> Engine:
    file = os.environ.get("GLAUX_TEST_ENGINE")
    if not file:
        pytest.skip("GLAUX_TEST_ENGINE names no engine")
    members = json.loads(Path(file).read_text())
    return Engine(
        id=members["id"],
        python=members["python"],
        java=members["java"],
        spark_home=members["sparkHome"],
        jars=members["jars"],
        jvm_flags=members["jvmFlags"],
    )


def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker("spark")
