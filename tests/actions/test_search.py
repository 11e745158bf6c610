from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import sqlalchemy.exc
from sqlalchemy.engine import URL

import tuner
from tests.search.disks import fill, mounted
from tests.search.fake_trainer import FakeTrainer, small_study
from tuner.actions.search import search
from tuner.actions.show import delete, show, show_trial, stored_studies
from tuner.errors import SearchError, StorageError, StudyError, StudyFileError
from tuner.search.block_storage import BlockStorage
from tuner.search.stop import StopReason, StopRequest
from tuner.search.watcher import Watcher
from tuner.study.search_settings import BudgetSettings
from tuner.training.hosted import HostedTrainer
from tuner.training.job import Done, End, EpochResult, Job, LaneUse, Outcome, Verdict

PROJECT = Path(tuner.__file__).parents[1]


@pytest.fixture
def url(tmp_path):
    return URL.create("sqlite", database=str(tmp_path / "trials.db"))


@pytest.fixture
def start(tmp_path, url):
    def start(definition=None, **settings):
        definition = definition or small_study(budget={"trials": 4})
        return search(definition, root=tmp_path, storage=url, **{"trainer": FakeTrainer(), **settings})

    return start


def test_a_search_ends_when_the_studys_budget_is_spent(start):
    end = start()
    assert end.stopped is None
    assert end.summary.state == "finished"
    assert end.summary.trials.complete == 4


def test_a_stated_budget_holds_from_then_on(start):
    assert start(trials=2).summary.trials.complete == 2
    assert start().summary.trials.complete == 2
    assert start(trials=5).summary.trials.complete == 5


def test_a_finished_study_needs_no_trainer(start):
    start()

    class Refusing(FakeTrainer):
        def train(self, jobs, data, observer):
            raise AssertionError("there is nothing to train")

    assert start(trainer=Refusing()).summary.state == "finished"


class AllAtOnce(FakeTrainer):
    """Pulls jobs until it has as many as it has lanes, and reports an epoch of all of them in one call."""

    lanes = 4

    def train(self, jobs, data, observer):
        running = {}
        done = False
        while running or not done:
            while not done and len(running) < self.lanes:
                job = jobs.next()
                done = isinstance(job, Done)
                if not isinstance(job, Job):
                    break
                running[job.number] = (job, 0)
            use = LaneUse(len(running), self.lanes)
            results = [
                EpochResult(number, epoch, {job.metric: self.objective(job, epoch)}, 0.1, None, 0.0, use)
                for number, (job, epoch) in running.items()
            ]
            verdicts = observer.epoch_ended(results)
            for result, verdict in zip(results, verdicts, strict=True):
                job, epoch = running.pop(result.number)
                if verdict is not Verdict.GO_ON or epoch == job.hyperparameters.last_epoch:
                    end = End.FINISHED if verdict is Verdict.GO_ON else End.PRUNED
                    metrics = result.metrics
                    yield Outcome(job.number, end, epoch + 1, best_epoch=epoch, best_metrics=metrics, order=job.order)
                else:
                    running[job.number] = (job, epoch + 1)


def test_a_trainer_may_have_many_trials_at_once_and_the_budget_stays_exact(start):
    told = []

    class Listening(Watcher):
        def trial_started(self, job, attempt):
            told.append("started")

        def epoch_ended(self, result, job):
            told.append(result.lanes)

        def search_ended(self):
            told.append("the end")

    end = start(trials=6, trainer=AllAtOnce(), watcher=Listening())
    assert end.summary.trials.complete == 6
    assert told[:5] == ["started"] * 4 + [LaneUse(4, 4)]
    assert LaneUse(2, 4) in told
    assert told[-1] == "the end"


def test_lanes_go_with_the_trainer_that_has_them(start, tmp_path):
    with pytest.raises(SearchError, match="lanes are for the trainer"):
        start(lanes=4)
    with pytest.raises(SearchError, match="no trainer"):
        start(trainer="fir")
    assert not (tmp_path / "trials.db").exists()


def test_a_search_that_was_stopped_says_why(start):
    stop = StopRequest()

    def before_epoch(job, epoch):
        if job.number == 1:
            stop.ask(StopReason.HANDED_BACK)

    end = start(stop=stop, trainer=FakeTrainer(before_epoch=before_epoch))
    assert end.stopped is StopReason.HANDED_BACK
    assert (end.summary.state, end.summary.trials.complete, end.summary.trials.waiting) == ("stopped", 1, 1)


def test_a_stop_that_came_with_the_last_trial_is_none(start):
    stop = StopRequest()

    def before_epoch(job, epoch):
        if (job.number, epoch) == (3, 3):
            stop.ask(StopReason.INTERRUPTED)

    assert start(stop=stop, trainer=FakeTrainer(before_epoch=before_epoch)).stopped is None


def test_the_studys_own_time_holds_unless_another_is_stated(start):
    stop = StopRequest()
    definition = replace(small_study(), budget=BudgetSettings(trials=4, time="1s"))
    assert start(definition, seconds=0.0, stop=stop).stopped is StopReason.OUT_OF_TIME


def test_a_metric_that_the_data_refuse_is_a_mistake_of_the_file(tmp_path, start, url):
    table = tmp_path / "table.csv"
    table.write_text("a,b,y\n" + "".join(f"{i},{i % 7},{i * 0.37:.3f}\n" for i in range(60)))
    definition = small_study(metric="val_accuracy", data={"path": "table.csv", "target": "y"})
    with pytest.raises(StudyFileError, match=r"small\.toml: search\.metric"):
        start(definition)
    assert not (tmp_path / "trials.db").exists()


def test_a_disk_that_becomes_full_ends_the_search_with_one_sentence_and_loses_nothing(tmp_path):
    with mounted(tmp_path / "disk", kilobytes=8000) as disk:
        url = URL.create("sqlite", database=str(disk / "trials.db"))
        definition = small_study(budget={"trials": 5}, run={"outage": "1s"})

        def before_epoch(job, epoch):
            if job.number == 2:
                fill(disk)

        with pytest.raises(StorageError, match="make room and start again"):
            search(definition, root=tmp_path, storage=url, trainer=FakeTrainer(before_epoch=before_epoch))
        (disk / "filler").unlink()
        assert show("small", storage=url).trials.complete >= 1
        # In this very process, where the trial's owner is still alive.
        end = search(definition, root=tmp_path, storage=url, trainer=FakeTrainer())
        assert (end.summary.trials.complete, end.summary.trials.total) == (5, 5)


def test_what_a_search_came_to_can_be_shown_and_deleted(start, url):
    end = start()
    assert show("small", storage=url) == end.summary
    assert show_trial("small", 0, storage=url).state == "complete"
    with pytest.raises(StudyError, match="has no trial 4; they go from 0 to 3"):
        show_trial("small", 4, storage=url)
    assert stored_studies(url) == [end.summary]
    delete("small", storage=url)
    assert stored_studies(url) == []
    with pytest.raises(StudyError):
        show("small", storage=url)


def test_a_storage_that_breaks_during_the_search_ends_the_training_process_too(start, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    hosted = HostedTrainer("tests.search.fake_trainer:FakeTrainer")
    children: list[psutil.Process] = []

    def broken(self):
        children.extend(psutil.Process().children())
        raise sqlalchemy.exc.OperationalError(
            "INSERT", {}, sqlite3.OperationalError("attempt to write a readonly database")
        )

    monkeypatch.setattr(BlockStorage, "flush", broken)
    with pytest.raises(StorageError, match="it is read-only"):
        start(trainer=hosted)
    assert len(children) == 1
    assert not any(child.is_running() for child in children)


def test_a_search_leaves_keras_to_its_training_process():
    script = "import sys, tuner.actions.search; sys.exit(bool({'keras', 'tensorflow'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_search_in_a_process_of_its_own_comes_to_the_same(start, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    summary = start(trainer=HostedTrainer("tests.search.fake_trainer:FakeTrainer")).summary
    assert summary.trials.complete == 4
    assert summary.best is not None
