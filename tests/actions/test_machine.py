from __future__ import annotations

from tuner.actions import machine
from tuner.actions.machine import USUAL_CACHE, this_machine, usable_cores


def test_this_machine_has_a_core_a_cache_and_memory():
    here = this_machine()
    assert here.cores == usable_cores() >= 1
    assert here.cache_bytes >= 2**15
    assert here.memory_bytes > 0


def test_the_largest_cache_counts(tmp_path, monkeypatch):
    for index, size in enumerate(["32K", "1024K", "36M"]):
        (tmp_path / f"index{index}").mkdir()
        (tmp_path / f"index{index}" / "size").write_text(f"{size}\n")
    monkeypatch.setattr(machine, "CACHES", tmp_path)
    assert this_machine().cache_bytes == 36 * 2**20


def test_where_the_system_does_not_tell_a_usual_cache_is_assumed(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "CACHES", tmp_path / "nowhere")
    assert this_machine().cache_bytes == USUAL_CACHE


def test_a_containers_limit_holds(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("1048576\n")
    (tmp_path / "none.max").write_text("max\n")
    monkeypatch.setattr(machine, "MEMORY_LIMITS", (tmp_path / "none.max", tmp_path / "memory.max"))
    assert this_machine().memory_bytes == 2**20
