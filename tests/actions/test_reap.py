from __future__ import annotations

import os
import socket
import time
from contextlib import closing

import pytest
from optuna.trial import TrialState
from sqlalchemy.engine import URL

from tests.contracts.small_tables import prepared
from tests.search.fake_trainer import FakeTrainer, small_study
from tuner.actions.clean import clean
from tuner.actions.reap import reap
from tuner.actions.search import search
from tuner.errors import StorageError, StudyError
from tuner.search.block_storage import BlockStorage
from tuner.search.leases import CHECKPOINT
from tuner.search.stop import StopReason, StopRequest
from tuner.search.storage import opened_backend
from tuner.search.studies import join_study
from tuner.training.job import Job

SMALL = """
name = "small"
[data]
builtin = "wine"
[hyperparameters]
optimizer = { kind = "sgd", learning_rate = { low = 1e-3, high = 0.1, log = true } }
"""
GONE = {"host": socket.gethostname(), "pid": 2**22 + 1, "started": 0.0}
ELSEWHERE = {"host": "another-machine", "pid": 1, "started": 0.0}


@pytest.fixture
def url(tmp_path) -> URL:
    return URL.create("sqlite", database=str(tmp_path / "trials.db"))


def leave(url: URL, *owners: object, lost_worker_retries: int = 20) -> None:
    """Running trials whose workers have not been heard of since."""
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        study = join_study(blocks, small_study(lost_worker_retries=lost_worker_retries), prepared())
        for owner in owners:
            with blocks.hold(owner):
                blocks.take(study._study_id, 1, None)


def states(url: URL) -> list[TrialState]:
    with opened_backend(url) as backend:
        return [trial.state for trial in backend.get_all_trials(backend.get_study_id_from_name("small"))]


def test_only_the_trials_of_lost_workers_are_taken(url):
    leave(url, GONE, ELSEWHERE)
    assert [each.number for each in reap("small", storage=url)] == [0]
    assert states(url) == [TrialState.WAITING, TrialState.RUNNING]
    assert reap("small", storage=url) == []


def test_everything_is_taken_on_request(url):
    leave(url, GONE, ELSEWHERE)
    assert [each.number for each in reap("small", storage=url, everything=True)] == [0, 1]
    assert states(url) == [TrialState.WAITING] * 2


def test_a_trial_that_was_lost_as_often_as_its_study_allows_is_given_up(url):
    leave(url, GONE, lost_worker_retries=1)
    assert [each.failed for each in reap("small", storage=url)] == [False]
    leave(url, GONE, lost_worker_retries=1)
    assert [each.failed for each in reap("small", storage=url)] == [True]
    assert states(url) == [TrialState.FAIL]


def test_there_is_nothing_to_take_from_what_is_not_there(url):
    with pytest.raises(StorageError, match="there is no storage"):
        reap("small", storage=url)
    leave(url, GONE)
    with pytest.raises(StudyError, match='no study "large"'):
        reap("large", storage=url)


# Cleaning.


def put(folder, name: str, *, hours: float):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(b"x" * 100)
    os.utime(path, (time.time() - 3600 * hours,) * 2)
    return path


def test_what_a_waiting_trial_goes_on_from_is_kept_and_the_rest_goes(tmp_path, url):
    leave(url, GONE)
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        blocks.set_trial_system_attr(1, CHECKPOINT, {"file": "0-needed.npz", "epochs": 2})
    checkpoints = tmp_path / ".tuner" / "checkpoints" / "small"
    needed = put(checkpoints, "0-needed.npz", hours=50)
    left = put(checkpoints, "0-left.npz", hours=50)
    part = put(checkpoints, "0-broken-off.npz.part", hours=50)
    fresh = put(checkpoints, "0-fresh.npz", hours=0)
    log = put(tmp_path / ".tuner" / "logs" / "small", "worker-0.log", hours=50)
    found = clean(root=tmp_path, storage=url, remove=False)
    assert {each.path for each in found} == {left, part}
    assert left.exists()
    assert {each.path for each in clean(root=tmp_path, storage=url)} == {left, part}
    assert [path.exists() for path in (needed, left, part, fresh, log)] == [True, False, False, True, True]
    assert {each.path for each in clean(root=tmp_path, storage=url, older_seconds=86400.0)} == {needed, log}
    assert clean(root=tmp_path, storage=url) == []


def test_checkpoints_of_a_study_that_lives_elsewhere_are_looked_up_there(tmp_path):
    elsewhere = URL.create("sqlite", database=str(tmp_path / "elsewhere.db"))
    default = URL.create("sqlite", database=str(tmp_path / "tuner.db"))
    leave(elsewhere, GONE)
    with opened_backend(elsewhere) as backend, closing(BlockStorage(backend)) as blocks:
        blocks.set_trial_system_attr(1, CHECKPOINT, {"file": "0-needed.npz", "epochs": 2})
    with opened_backend(default):
        pass
    checkpoints = tmp_path / ".tuner" / "checkpoints" / "small"
    needed = put(checkpoints, "0-needed.npz", hours=50)
    left = put(checkpoints, "0-left.npz", hours=50)
    assert clean(root=tmp_path) == []
    (tmp_path / "studies").mkdir()
    study = SMALL.replace("[hyperparameters]", f'[run]\nstorage = "{elsewhere}"\n[hyperparameters]')
    (tmp_path / "studies" / "small.toml").write_text(study)
    assert [each.path for each in clean(root=tmp_path)] == [left]
    assert needed.exists()


def test_a_search_whose_checkpoint_was_cleaned_away_starts_the_trial_over(tmp_path, url):
    stop = StopRequest()

    def before_epoch(job: Job, epoch: int) -> None:
        if (job.number, epoch) == (0, 2):
            stop.ask(StopReason.HANDED_BACK)

    search(
        small_study(), root=tmp_path, storage=url, trainer=FakeTrainer(before_epoch=before_epoch), trials=2, stop=stop
    )
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        blocks.set_trial_system_attr(1, CHECKPOINT, {"file": "0-gone.npz", "epochs": 3})
    end = search(small_study(), root=tmp_path, storage=url, trainer=FakeTrainer(), trials=2)
    assert end.summary.trials.complete == 2
    with opened_backend(url) as backend:
        assert sorted(backend.get_trial(1).intermediate_values) == [0, 1, 2, 3]
