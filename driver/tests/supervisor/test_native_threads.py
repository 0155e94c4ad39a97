"""The threads of a process, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, List

import pytest

from glaux_driver.supervisor.native_threads import native_threads

_NO_THREAD = 2**22 + 1
"""A thread id that cannot exist: the kernel's highest is 2 ** 22."""


def _numbers(name: str) -> List[int]:
    return [thread.tid for thread in native_threads(os.getpid(), name)]


def _name_of_main_thread() -> str:
    return Path(f"/proc/self/task/{os.getpid()}/comm").read_text().strip()


def test_threads_are_found_by_their_names() -> None:
    assert os.getpid() in _numbers(_name_of_main_thread())
    assert _numbers("another") == []


def test_a_thread_that_ends_during_the_scan_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    list_folder: Any = os.listdir
    monkeypatch.setattr(os, "listdir", lambda folder: [str(_NO_THREAD), *list_folder(folder)])
    found = _numbers(_name_of_main_thread())
    assert os.getpid() in found
    assert _NO_THREAD not in found


def test_a_process_that_is_gone_has_none() -> None:
    assert native_threads(_NO_THREAD, "python") == []
