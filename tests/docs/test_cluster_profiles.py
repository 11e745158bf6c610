"""Every cluster that docs/cluster.md describes can be read, and makes a script."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT, blocks
from tuner.cluster.command_script import CommandJob, filled_in
from tuner.study.cluster_profiles import cluster_profile
from tuner.study.cluster_settings import ClusterSettings
from tuner.study.command_profile import PLACEHOLDERS, CommandProfile

PAGE = ROOT / "docs" / "cluster.md"

DESCRIBED: dict[str, dict[str, Any]] = {
    name: table
    for block in blocks(PAGE)
    if block.text.startswith("[") and "kind = " in block.text
    for name, table in tomllib.loads(block.text).items()
}

COMMANDS = [name for name, table in DESCRIBED.items() if table["kind"] == "command"]

ANSWERS = {
    "pbs": ("1234.server\n", "1234.server"),
    "lsf": ("Job <77> is submitted to queue <normal>.\n", "77"),
    "sge": ("4711\n", "4711"),
    "condor": ("12.0 - 12.0\n", "12.0"),
}
"""What each system's manual says that `submit` prints, and the job's name in it."""

STATES = {
    "pbs": (
        ["    job_state = R", "    job_state = Q"],
        ["    job_state = C", "qstat: 1.x Job has finished, use -x or -H"],
    ),
    "lsf": (["PEND", "RUN", "USUSP"], ["DONE", "EXIT", "Job <77> is not found"]),
    "sge": (["job_number: 4711"], ["Following jobs do not exist: \n4711"]),
    "condor": (["1\n", "2\n", "5\n"], ["", "3\n", "4\n"]),
}
"""What `status` prints of jobs that are there, and of others."""


def profile(name: str, folder: Path) -> CommandProfile:
    (folder / "tuner").mkdir()
    text = next(block.text for block in blocks(PAGE) if block.text.startswith(f"[{name}]\n"))
    (folder / "tuner" / "clusters.toml").write_text(text)
    read = cluster_profile(name, ClusterSettings(cpus=2), {"XDG_CONFIG_HOME": str(folder)})
    assert isinstance(read, CommandProfile) == (name in COMMANDS)
    return read  # type: ignore[return-value]


def test_the_page_describes_them_all():
    assert sorted(COMMANDS) == sorted(ANSWERS)


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_description_can_be_read(name, tmp_path):
    profile(name, tmp_path)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_description_makes_a_script(name, tmp_path):
    job = CommandJob("churn@2026-11-21", name, profile(name, tmp_path), tmp_path, Path("/data/logs"))
    script = filled_in(job, 1, ["python", "-m", "tuner", "worker", "--study", "/data/churn.toml"])
    assert "python -m tuner worker --study /data/churn.toml" in script
    assert "/data/logs/worker-1.log" in script
    assert not re.search(r"\{\w+\}", script)
    if script.startswith("#!/bin/sh\n"):
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_description_understands_what_its_batch_system_prints(name, tmp_path):
    own = profile(name, tmp_path)
    printed, job = ANSWERS[name]
    found = re.search(own.job, printed)
    assert found is not None
    assert found[1] == job
    there, over = STATES[name]
    assert own.over is not None
    assert [text for text in there if re.search(own.over, text)] == []
    assert [text for text in over if not re.search(own.over, text)] == []


def test_every_placeholder_and_setting_is_explained():
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in PLACEHOLDERS if f"`{{{name}}}`" not in page] == []
    own = set(CommandProfile.model_fields) - set(ClusterSettings.model_fields) - {"kind", "setup"}
    assert [name for name in own if f"| `{name}` |" not in page] == []
