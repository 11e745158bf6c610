from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import optuna
import pytest
from sqlalchemy.engine import URL

import tuner
from tests.search.fake_trainer import FakeTrainer, loop_of, search, small_study
from tuner.errors import StorageError
from tuner.search.admission import Admission
from tuner.search.storage import opened
from tuner.training.job import MAIN_DATA

PROJECT = Path(tuner.__file__).parents[1]

WORKER = """
import sys
from sqlalchemy.engine import URL
from tests.search.fake_trainer import FakeTrainer, search
from tuner.search.admission import Admission
from tuner.search.storage import opened

url = URL.create("sqlite", database=sys.argv[1])
trainer = FakeTrainer()
sys.stdin.readline()
with opened(url) as storage:
    search(storage, trainer=trainer, trials=25, admission=Admission(url))
print(len(trainer.jobs))
"""


def test_two_processes_that_begin_at_once_share_one_total_exactly(url):
    """Not even the database is there yet, so that making it is shared, too."""
    command = [sys.executable, "-c", WORKER, str(url.database)]
    workers = [
        subprocess.Popen(command, cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    try:
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        shares = [int(worker.communicate(timeout=600)[0]) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    with opened(url) as storage:
        trials = optuna.load_study(study_name="small", storage=storage).get_trials()
    assert sum(shares) == 25
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * 25
    seeds = [trial.user_attrs["seed"] for trial in trials]
    assert len(set(seeds)) == 25


def test_two_threads_share_one_total_exactly(url):
    trainers = [FakeTrainer(), FakeTrainer()]

    def work(trainer: FakeTrainer) -> None:
        with opened(url) as storage:
            search(storage, trainer=trainer, trials=15, admission=Admission(url))

    threads = [threading.Thread(target=work, args=(trainer,)) for trainer in trainers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
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
    definition = small_study()
    elsewhere = loop_of(storage, definition, trials=3)
    job = elsewhere.next()
    here = FakeTrainer()
    loop_of(storage, definition, trials=3).run(here, {MAIN_DATA: None})
    assert len(here.jobs) == 2
    assert job.number == 0
