"""The engine of the tests that need a real Spark.

GLAUX_TEST_ENGINE names a JSON file that describes the engine with the members of a launch file's `engine`;
`npm test` writes the file. Without the variable, these tests are skipped. A test that takes the fixture
`engine`, also through another fixture, is marked `spark`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import List

import pytest

from glaux_driver.messages import from_members
from glaux_driver.supervisor.launch import Engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    file = os.environ.get("GLAUX_TEST_ENGINE")
    if not file:
        pytest.skip("GLAUX_TEST_ENGINE names no engine")
    return from_members(Engine, json.loads(Path(file).read_text()))


def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker("spark")
