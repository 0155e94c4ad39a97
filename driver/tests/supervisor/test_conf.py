from __future__ import annotations

from pathlib import Path

from glaux_driver.supervisor.conf import bucket_names, mounts, unreachable


def test_buckets_are_the_folders_that_are_not_hidden(tmp_path: Path) -> None:
    for name in ("b", "a", ".draft"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    assert bucket_names(tmp_path) == ["a", "b"]
    assert bucket_names(tmp_path / "nowhere") == []


def test_a_bucket_that_would_break_another_is_left_out() -> None:
    assert unreachable(["a", "a-b", "a.b", "a.b.c", "ab", "b.c", "b.cd"]) == ["a.b", "a.b.c"]


def test_settings_of_reachable_buckets_do_not_touch_each_other(tmp_path: Path) -> None:
    names = ["logs", "logs-2", "logs.example.com", "www.example.com"]
    reachable = [name for name in names if name not in unreachable(names)]
    for name in reachable:
        table = f"fs.viewfs.mounttable.{name}."
        found = [key[len(table) :] for key in mounts(tmp_path, reachable) if key.startswith(table)]
        assert found == ["linkFallback"]
