"""A disk that is full or read-only: one message, exit code 2, and a study that goes on when there is room again."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import command, environment, run, shown
from tests.search.disks import fill, mounted, read_only

SEARCH = ("search", "--study", "small", "--root")


@pytest.fixture
def disk(root: Path, tmp_path: Path) -> Iterator[Path]:
    """A project on a small disk of its own."""
    with mounted(tmp_path / "disk", kilobytes=8000) as disk:
        shutil.copytree(root / "studies", disk / "studies")
        with (disk / "studies" / "small.toml").open("a") as study:
            study.write('[run]\noutage = "2s"\n')
        yield disk


@pytest.mark.thorough
def test_a_full_disk_is_named_and_afterwards_the_search_goes_on(disk):
    filler = fill(disk)
    result = run(*SEARCH, str(disk), fake=True)
    assert result.returncode == 2
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith("storage")
    filler.unlink()
    assert run(*SEARCH, str(disk), fake=True).returncode == 0
    assert shown(disk)["trials"]["complete"] + shown(disk)["trials"]["pruned"] == 3


def test_a_disk_that_becomes_full_ends_the_search_and_keeps_what_it_has(disk):
    process = subprocess.Popen(
        command(*SEARCH, str(disk), "--trials", "1000", fake=True),
        env=environment(FAKE_EPOCH_SECONDS="0.05"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("[2 of"):
                break
        end = time.monotonic() + 600
        while process.poll() is None and time.monotonic() < end:
            filler = fill(disk)  # again and again: the database may have had room left in what it holds already
            time.sleep(0.05)
        out, err = process.communicate(timeout=600)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 2
    assert out == ""
    assert "everything so far is kept" in err.splitlines()[-1]
    assert "Traceback" not in err
    filler.unlink()
    kept = shown(disk)["trials"]
    assert kept["complete"] + kept["pruned"] >= 2
    assert kept["running"] == 0
    total = kept["total"] + 1
    assert run(*SEARCH, str(disk), "--trials", str(total), fake=True).returncode == 0
    counts = shown(disk)["trials"]
    assert counts["complete"] + counts["pruned"] == counts["total"] == total


def test_a_read_only_disk_is_named(disk):
    with read_only(disk):
        result = run(*SEARCH, str(disk), fake=True)
    assert result.returncode == 2
    assert "is not writable" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert [path.name for path in disk.iterdir()] == ["studies"]


def test_what_lies_on_a_read_only_disk_can_be_looked_at(disk):
    assert run(*SEARCH, str(disk), fake=True).returncode == 0
    with read_only(disk):
        counts = shown(disk)["trials"]
        assert counts["complete"] + counts["pruned"] == 3
        assert "small" in run("studies", "--root", str(disk)).stdout
        result = run("delete", "--study", "small", "--yes", "--root", str(disk))
        assert result.returncode == 2
        assert "is read-only: the folder" in result.stderr
        assert "is not writable; make it so, or name another file with --storage" in result.stderr
    assert shown(disk)["trials"] == counts
