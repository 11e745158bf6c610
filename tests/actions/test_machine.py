from __future__ import annotations

import os

import pytest

from tuner.actions import machine
from tuner.actions.machine import this_machine, usable_cores
from tuner.lanes.shapes import USUAL_CACHE


def test_this_machine_has_a_core_a_cache_and_memory():
    here = this_machine()
    assert here.cores == usable_cores() >= 1
    assert here.cache_bytes >= 2**15
    assert here.memory_bytes > 0


def test_a_cores_share_of_the_largest_cache_counts(tmp_path, monkeypatch):
    for index, (size, shared) in enumerate([("32K", "0"), ("1024K", "0,8"), ("36M", "0-5,8-13")]):
        (tmp_path / f"index{index}").mkdir()
        (tmp_path / f"index{index}" / "size").write_text(f"{size}\n")
        (tmp_path / f"index{index}" / "shared_cpu_list").write_text(f"{shared}\n")
    monkeypatch.setattr(machine, "CACHES", tmp_path)
    assert this_machine().cache_bytes == 3 * 2**20


def test_where_the_system_does_not_tell_a_usual_cache_is_assumed(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "CACHES", tmp_path / "nowhere")
    assert this_machine().cache_bytes == USUAL_CACHE


def test_a_containers_limit_holds(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("1048576\n")
    (tmp_path / "none.max").write_text("max\n")
    monkeypatch.setattr(machine, "MEMORY_LIMITS", (tmp_path / "none.max", tmp_path / "memory.max"))
    assert this_machine().memory_bytes == 2**20


@pytest.mark.parametrize(
    ("driver", "libraries", "visible", "expected"),
    [
        ("echo 81559\necho 1024", True, None, 81559 * 2**20),
        ("echo 81559", True, "0", 81559 * 2**20),
        ("echo 81559", True, "", 0),
        ("echo 81559", True, "-1", 0),
        ("echo 81559", False, None, 0),
        ("echo No devices were found", True, None, 0),
        ("exit 9", True, None, 0),
    ],
)
def test_a_gpu_counts_where_its_driver_answers_and_tensorflow_has_what_it_needs(
    tmp_path, monkeypatch, driver, libraries, visible, expected
):
    (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{driver}\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(machine, "find_spec", lambda name: object() if libraries else None)
    assert this_machine().gpu_bytes == expected


def test_without_a_driver_there_is_no_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine, "find_spec", lambda name: object())
    assert this_machine().gpu_bytes == 0
