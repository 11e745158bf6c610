"""A project with a small study, whose workers train nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.actions.sweeps.searches import Searches
from tests.actions.test_workers import STUDY
from tests.docs.pages import ROOT
from tuner.actions import program
from tuner.actions.sweeps import one_study, run

SWEEP = """
{top}
[[studies]]
study = "small"
seeds = [1, 2]
trials = 6
then = ["tuner show --study {{study}} --json"]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "studies").mkdir()
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "studies" / "small.toml").write_text(STUDY)
    monkeypatch.setattr(program, "PROGRAM", (sys.executable, "-m", "tests.cli.fake_tuner"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    for name in ("TUNER_STORAGE", "TUNER_STORAGE_FILE", "TUNER_ROOT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


Write = Callable[..., Path]


@pytest.fixture
def write(project: Path) -> Write:
    """Writes the sweep `nightly`, of two studies, with some lines at its top."""

    def write(top: str = "", text: str = SWEEP) -> Path:
        file = project / "sweeps" / "nightly.toml"
        file.write_text(text.replace("{top}", top).replace("{{", "{").replace("}}", "}"))
        return file

    return write


@pytest.fixture
def searches(monkeypatch) -> Searches:
    searches = Searches()
    monkeypatch.setattr(one_study, "search_with_workers", searches)
    monkeypatch.setattr(run, "LOOK_SECONDS", 0.02)
    return searches


@pytest.fixture
def commands(project, monkeypatch):
    """What was run behind studies; each command leaves with what stands in a file."""
    (project / "code").write_text("0")
    script = f'echo "$@" >> {project}/ran; echo told "$@"; exit $(cat {project}/code)'
    monkeypatch.setattr("tuner.actions.program.PROGRAM", ("/bin/sh", "-c", script, "tuner"))
    return lambda: (project / "ran").read_text().splitlines() if (project / "ran").exists() else []
