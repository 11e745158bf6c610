from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import optuna
import pytest
from sqlalchemy.engine import URL

from tests.contracts.small_tables import prepared
from tests.processes import at_once
from tests.search.fake_trainer import FakeTrainer, loop_of, small_study
from tuner.errors import StorageError
from tuner.search.admission import Admission
from tuner.search.block_storage import BlockStorage
from tuner.search.owners import present
from tuner.search.storage import making_a_study, opened, opened_backend
from tuner.training.job import MAIN_DATA

WORKER = """
import sys
from sqlalchemy.engine import URL
from tests.search.test_admission import work

GO

print(len(work(URL.create("sqlite", database=sys.argv[1]), trials=25).jobs))
"""


def work(url: URL, *, trials: int) -> FakeTrainer:
    """One worker's search, from a database that may not be there yet."""
    trainer = FakeTrainer()
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as storage:
        with making_a_study(url, backend):
            loop = loop_of(storage, trials=trials)
        loop.run(trainer, {MAIN_DATA: prepared()})
    return trainer


def test_two_processes_that_begin_at_once_share_one_total_exactly(url):
    """Not even the database is there yet, so that making it is shared, too."""
    shares = [int(said) for said in at_once(WORKER, [[str(url.database)]] * 2)]
    with opened(url) as storage:
        trials = optuna.load_study(study_name="small", storage=storage).get_trials()
    assert sum(shares) == 25
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * 25
    seeds = [trial.user_attrs["seed"] for trial in trials]
    assert len(set(seeds)) == 25


def test_two_threads_share_one_total_exactly(url):
    with ThreadPoolExecutor(2) as threads:
        trainers = list(threads.map(lambda _: work(url, trials=15), range(2)))
    numbers = [job.number for trainer in trainers for job in trainer.jobs]
    assert sorted(numbers) == list(range(15))


def test_while_one_holds_the_lock_another_waits(url):
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with Admission(url)():
            order.append("second")

    thread = threading.Thread(target=second)
    with Admission(url)():
        thread.start()
        waiting.wait()
        thread.join(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_server_needs_no_lock_beside_a_file(tmp_path):
    with Admission(URL.create("postgresql", host="nowhere", database="trials"))():
        assert list(tmp_path.iterdir()) == []


def test_a_lock_that_cannot_be_had_is_a_storage_error(tmp_path):
    url = URL.create("sqlite", database=str(tmp_path / "no folder" / "trials.db"))
    with pytest.raises(StorageError, match="cannot be locked: No such file"), Admission(url)():
        pass


def test_trials_that_run_elsewhere_take_up_the_budget(storage):
    loop = loop_of(storage, small_study(), trials=3)
    here = FakeTrainer()
    with closing(BlockStorage(storage._backend)) as elsewhere, present() as owner, elsewhere.hold(owner):
        elsewhere.take(loop._study._study_id, 1, 3)
        loop.run(here, {MAIN_DATA: prepared()})
    assert [job.number for job in here.jobs] == [1, 2]
