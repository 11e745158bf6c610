from __future__ import annotations

import json
import os

import pytest

from tests.actions.sweeps.searches import Searches
from tests.cli.test_imports import NOT_FOR_HELP, imported_by
from tuner.actions.sweeps import one_study
from tuner.cli.main import COMMANDS
from tuner.errors import DataError
from tuner.study.sweeps.commands import ALLOWED


@pytest.fixture
def searches(root, monkeypatch) -> Searches:
    (root / "sweeps").mkdir()
    (root / "sweeps" / "nightly.toml").write_text('[[studies]]\nstudy = "small"\nseeds = [1, 2]\n')
    searches = Searches()
    monkeypatch.setattr(one_study, "search_with_workers", searches)
    monkeypatch.setenv("TUNER_ROOT", str(root))
    for name in ("TUNER_STORAGE", "TUNER_STORAGE_FILE"):
        monkeypatch.delenv(name, raising=False)
    return searches


def test_a_sweep_is_planned_run_and_looked_at(call, searches):
    plan = call("sweep", "run", "nightly", "--dry-run")
    assert [line.split() for line in plan.stdout.splitlines()] == [
        ["study", "file", "seed", "trials", "workers", "trainer"],
        ["small-seed1", "small.toml", "1", "3", "-", "-"],
        ["small-seed2", "small.toml", "2", "3", "-", "-"],
    ]
    assert searches.calls == []
    assert "not started" in call("sweep", "status").stdout

    ran = call("sweep", "run", "nightly")
    assert ran.exit_code == 0, ran.output
    assert "small-seed1: 0 of 3 trials finished, searching for the best val_log_loss" in ran.stderr
    assert "small-seed2: done" in ran.stderr
    assert ran.stdout.splitlines()[0].split() == ["sweep", "nightly", "(done)"]

    looked = call("sweep", "status", "nightly")
    assert looked.stdout == ran.stdout
    assert looked.stdout.splitlines()[3].split()[:5] == ["small-seed1", "done", "3", "of", "3"]
    assert call("sweep", "status").stdout.splitlines()[1].startswith("nightly  done   2 of 2 done")
    tree = json.loads(call("sweep", "status", "nightly", "--json").stdout)
    assert (tree["run"]["exit_code"], tree["led"], tree["calendar"]) == (0, False, [])


def test_what_went_wrong_is_told_even_where_it_is_quiet(call, searches):
    def before(name, settings):
        if name == "small-seed1":
            raise DataError("a.csv: there is no such file")

    searches.before = before
    quiet = call("sweep", "run", "nightly", "--quiet")
    assert (quiet.exit_code, quiet.stdout) == (2, "")
    assert quiet.stderr == "small-seed1: a.csv: there is no such file\n"
    told = call("sweep", "run", "nightly")
    assert "small-seed1: refused: a.csv" in told.stderr
    assert "small-seed1: a.csv" in told.stdout


def test_a_sweep_with_mistakes_does_not_hide_the_others(call, refused, root, searches):
    (root / "sweeps" / "broken.toml").write_text("workers = 0\n")
    assert [line.split()[:2] for line in call("sweep", "status").stdout.splitlines()[1:]] == [
        ["nightly", "not"],
        ["broken", "has"],
    ]
    assert "workers is 0, but should be at least 1" in refused("sweep", "run", "broken")
    assert 'Did you mean "nightly"?' in refused("sweep", "run", "nigtly")


def test_stopping_what_does_not_run_says_so(call, searches):
    assert call("sweep", "stop", "nightly").stdout == "Nothing of the sweep nightly runs.\n"


def test_an_entry_is_printed_installed_listed_and_removed(call, refused, root, searches, monkeypatch, tmp_path):
    crontab = tmp_path / "bin" / "crontab"
    crontab.parent.mkdir()
    crontab.write_text(
        f'#!/bin/sh\n[ "$1" = -l ] || exec cat > {tmp_path}/tab\n'
        f"cat {tmp_path}/tab 2>/dev/null || {{ echo 'no crontab for me' >&2; exit 1; }}\n"
    )
    crontab.chmod(0o755)
    monkeypatch.setenv("PATH", f"{crontab.parent}{os.pathsep}/usr/bin:/bin")
    at = ("--at", "30 2 * * *")
    printed = call("sweep", "schedule", "nightly", *at, "--print").stdout
    assert "30 2 * * *" in printed
    assert "run-scheduled nightly -- " in printed
    assert printed.splitlines()[1].endswith("sweep run nightly --quiet")
    assert "in no calendar" in call("sweep", "schedule", "nightly").stdout

    assert (
        call("sweep", "schedule", "nightly", *at).stdout
        == "The sweep nightly is in the calendar cron, at 30 2 * * *.\n"
    )
    assert printed in (tmp_path / "tab").read_text()
    assert call("sweep", "schedule", "nightly").stdout == f"cron:\n{printed.splitlines()[1]}\n"
    assert "calendar  cron" in call("sweep", "status", "nightly").stdout
    assert call("sweep", "schedule", "nightly", "--remove").stdout == "The sweep nightly is out of cron.\n"
    assert "in no calendar" in call("sweep", "schedule", "nightly", "--remove").stdout

    assert '"at two" has 2 fields' in refused("sweep", "schedule", "nightly", "--at", "at two")
    assert "cron has nothing to be set" in refused("sweep", "schedule", "nightly", *at, "--set", "cpus=1")


def test_what_a_calendars_job_asks_for_can_be_set(call, refused, searches):
    at = ("--at", "@daily", "--print", "--with")
    slurm = call("sweep", "schedule", "nightly", *at, "scrontab", "--set", "partition=short", "--set", "cpus=2").stdout
    assert "#SCRON --partition=short" in slurm
    assert "#SCRON --cpus-per-task=2" in slurm
    pods = ("--set", "image=me/tuner:2", "--set", "user=7")
    told = call("sweep", "schedule", "nightly", *at, "kubernetes", *pods).stdout
    assert "me/tuner:2" in told
    assert "runAsUser: 7" in told
    assert 'no "imge"' in refused("sweep", "schedule", "nightly", *at, "kubernetes", "--set", "imge=x")
    assert 'user is "me", but should be a whole number' in refused(
        "sweep", "schedule", "nightly", *at, "kubernetes", "--set", "user=me"
    )
    assert 'has no "="' in call("sweep", "schedule", "nightly", *at, "scrontab", "--set", "cpus").stderr


def test_commands_behind_studies_are_commands_that_there_are():
    assert set(ALLOWED) < set(COMMANDS)


def test_help_imports_no_heavy_library():
    seen, _ = imported_by(["sweep", "run", "--help"], NOT_FOR_HELP)
    assert seen == []
