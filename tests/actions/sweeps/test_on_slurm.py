"""A sweep on a real Slurm of two nodes, with workers that train nothing."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from tests.slurm import wait_for
from tuner.actions.sweeps.places import SweepPlaces
from tuner.actions.sweeps.record import read_record
from tuner.actions.sweeps.run import run_sweep
from tuner.actions.sweeps.status import sweep_status
from tuner.search.block_storage import BlockStorage
from tuner.search.storage import opened_backend

pytestmark = [pytest.mark.needs("slurm"), pytest.mark.needs("postgresql")]

WORKER = "worker"


def numbers(url, study):
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        trials = blocks.get_all_trials(blocks.get_study_id_from_name(study))
    return sorted(trial.number for trial in trials if trial.state.name in ("COMPLETE", "PRUNED"))


def test_a_sweep_that_nobody_follows_is_brought_to_its_end_by_jobs_behind_its_workers(
    project, write, slurm, postgresql, monkeypatch
):
    """One of its workers is killed meanwhile; each study is over exactly, and what is behind it was run once."""
    write('cluster = "slurm"\nworkers = 1')
    monkeypatch.setenv("FAKE_EPOCH_SECONDS", "0.4")
    left = run_sweep("nightly", root=project, storage=postgresql, detach=True)
    assert [study.state for study in left.studies] == ["queued", "queued"]
    wait_for(lambda: len(slurm.processes(WORKER)) == 2)
    slurm.processes(WORKER)[0].kill()

    places = SweepPlaces(project, "nightly")
    wait_for(lambda: (record := read_record(places.record)) is not None and record.ended, 120)
    record = read_record(places.record)
    assert record is not None
    assert record.exit_code == 0, record
    for name in ("small-seed1", "small-seed2"):
        assert len(numbers(postgresql, name)) == 6
    status = sweep_status("nightly", root=project, storage=postgresql)
    assert [study.commands and study.commands.finished for study in status.studies] == [6, 6]
    assert status.studies[0].output is not None
    told = status.studies[0].output.read_text()
    assert told.count("tuner show") == 1
    assert json.loads(told.split("\n", 1)[1])["study"] == "small-seed1"
