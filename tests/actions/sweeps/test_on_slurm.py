"""A sweep on a real Slurm of two nodes, with workers that train nothing."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing

import pytest

from tests.actions.sweeps.conftest import SWEEP
from tests.slurm import wait_for
from tuner.actions import program
from tuner.actions.sweeps.places import SweepPlaces
from tuner.actions.sweeps.record import read_record
from tuner.actions.sweeps.run import run_sweep
from tuner.actions.sweeps.status import sweep_status
from tuner.search.block_storage import BlockStorage
from tuner.search.storage import opened_backend

pytestmark = [pytest.mark.needs("slurm"), pytest.mark.needs("postgresql")]

WORKER = "worker"


def running(url, study):
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        trials = blocks.get_all_trials(blocks.get_study_id_from_name(study))
    return [trial for trial in trials if trial.state.name == "RUNNING"]


def ended(places):
    record = read_record(places.record)
    return record is not None and record.ended is not None


def numbers(url, study):
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        trials = blocks.get_all_trials(blocks.get_study_id_from_name(study))
    return sorted(trial.number for trial in trials if trial.state.name in ("COMPLETE", "PRUNED"))


def test_a_sweep_that_nobody_follows_is_brought_to_its_end_by_jobs_behind_its_workers(
    project, write, slurm, postgresql, monkeypatch
):
    """Its worker is killed meanwhile; the study is over exactly, and what is behind it was run once."""
    write('cluster = "slurm"\nworkers = 1', text=SWEEP.replace("[1, 2]", "[1]"))
    monkeypatch.setenv("FAKE_EPOCH_SECONDS", "0.3")
    left = run_sweep("nightly", root=project, storage=postgresql, detach=True)
    assert [study.state for study in left.studies] == ["queued"]
    wait_for(lambda: len(slurm.processes(WORKER)) == 1 and running(postgresql, "small-seed1"))
    slurm.processes(WORKER)[0].kill()

    places = SweepPlaces(project, "nightly")
    wait_for(lambda: ended(places), 120)
    record = read_record(places.record)
    assert record is not None
    assert record.exit_code == 0, record
    assert numbers(postgresql, "small-seed1") == list(range(6))
    (study,) = sweep_status("nightly", root=project, storage=postgresql).studies
    assert study.commands is not None
    assert study.commands.finished == 6
    assert study.output is not None
    told = study.output.read_text()
    assert told.count("tuner show") == 1
    assert json.loads(told.split("\n", 1)[1])["study"] == "small-seed1"


@pytest.mark.thorough
def test_three_that_begin_at_once_are_one_sweep_even_if_the_first_is_killed(
    project, write, slurm, postgresql, monkeypatch
):
    write('cluster = "slurm"\nworkers = 3', text=SWEEP.replace("trials = 6", "trials = 40"))
    monkeypatch.setenv("FAKE_EPOCH_SECONDS", "0.05")
    monkeypatch.setenv("TUNER_STORAGE", postgresql.render_as_string(hide_password=False))
    command = [*program.PROGRAM, "sweep", "run", "nightly", "--root", str(project)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    wait_for(lambda: len(slurm.processes(WORKER)) == 6)
    record = read_record(SweepPlaces(project, "nightly").record)
    assert record is not None
    (leader,) = [run for run in runs if run.pid == record.pid]
    leader.kill()
    others = [run for run in runs if run is not leader]
    told = [run.communicate(timeout=300) for run in others]
    leader.communicate()
    assert [run.returncode for run in others] == [0, 0], told
    for name in ("small-seed1", "small-seed2"):
        assert numbers(postgresql, name) == list(range(40))
    status = sweep_status("nightly", root=project, storage=postgresql)
    for study in status.studies:
        assert study.output is not None
        assert study.output.read_text().count("tuner show") == 1
