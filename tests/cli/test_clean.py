from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.actions.test_retention import STUDY, file_url, leave_files, nights, opened
from tuner.actions.queued import QUEUED
from tuner.actions.stop import cluster_of
from tuner.cli.main import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_old_generations_go_with_keep_and_each_that_stays_is_named_with_its_reason(tmp_path: Path) -> None:
    nights(file_url(tmp_path / "tuner.db"), 3)
    (tmp_path / "studies").mkdir()
    for study in ("small", "never"):
        (tmp_path / "studies" / f"{study}.toml").write_text(STUDY)
    [checkpoint, log, *_] = leave_files(tmp_path, "small")
    old = log.parents[1] / "old.log"
    old.touch()
    for path in (checkpoint, old):
        os.utime(path, (0, 0))
    with opened(file_url(tmp_path / "tuner.db")) as blocks:
        study_id = blocks.get_study_id_from_name("small@2026-11-22")
        blocks.set_study_user_attr(study_id, QUEUED, {"cluster": "lsf", "jobs": {"0": "7"}})

    before = run("clean", "--keep", "1", "--dry-run").output.splitlines()
    assert before[0] == "small (2 trials) is older than the newest 1"
    assert before[1].startswith("small@2026-11-22 (2 trials) stays: it had workers on the cluster lsf, and whether ")
    assert before[2:] == [
        "1 generations with 2 trials, 0.0 MB would be deleted",
        ".tuner/logs/old.log is old",
        "1 files, 0.0 MB would be removed",
    ]
    assert [log.exists(), old.exists()] == [True, True]

    after = run("clean", "--keep", "1").output.splitlines()
    assert after == [line.replace("would be ", "") for line in before]
    assert [log.exists(), old.exists()] == [False, False]

    told = {each["study"]: each["state"] for each in json.loads(run("studies", "--json").output)}
    assert (told["small"], told["never"]) == ("retired", "not started")
    assert cluster_of("small") == "lsf"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--study", "small"], "--study goes with --keep"),
        (["--keep", "0"], "0 is not in the range x>=1"),
        (["--keep", "1", "--study", "small"], 'no study "small" is stored; there is none yet'),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], expected: str) -> None:
    done = run("clean", *arguments)
    assert done.exit_code == 2
    assert expected in done.output
