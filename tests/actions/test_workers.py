from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import optuna
import psutil
import pytest
from optuna.trial import TrialState
from sqlalchemy.engine import URL

from tests.docs.pages import ROOT
from tests.processes import eventually
from tests.search.fake_trainer import small_study
from tuner.actions.joining import joined
from tuner.actions.watching import MOST_STARTS, Watch
from tuner.actions.workers import search_with_workers, worker_command
from tuner.cluster.cluster import Cluster, Ended, Handle
from tuner.cluster.local import LocalCluster, LocalWorkers
from tuner.errors import SearchError
from tuner.search.block_storage import BlockStorage
from tuner.search.stop import StopReason, StopRequest
from tuner.search.storage import opened_backend
from tuner.search.watcher import Progress, Watcher
from tuner.study.load import load_study

STUDY = """
name = "small"
seed = 5
[data]
builtin = "wine"
[hyperparameters]
epochs = 4
batch_size = 16
[hyperparameters.layers]
depth = 1
width = 8
[hyperparameters.optimizer]
kind = "sgd"
learning_rate = { low = 1e-4, high = 0.3, log = true }
[search]
pruner = "none"
"""


class FakeTuner(Cluster):
    """Workers on this machine whose trainer trains nothing."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._local = LocalCluster(folder / "logs")
        self._environment = environment
        self.command: Sequence[str] = ()
        self.environment: Mapping[str, str] = {}
        self.workers: LocalWorkers | None = None

    def submit(self, command: Sequence[str], workers: int, environment: Mapping[str, str]) -> Handle:
        self.command, self.environment = command, environment
        fake = ["tests.cli.fake_tuner" if part == "tuner" else part for part in command if part != "-P"]
        self.workers = self._local.submit(fake, workers, {**environment, "PYTHONPATH": str(ROOT), **self._environment})
        return self.workers


class Each(Watcher):
    def __init__(self, call: Callable[[Progress], None] = lambda progress: None) -> None:
        self.finished: list[int] = []
        self.notes: list[str] = []
        self._call = call

    def progressed(self, progress: Progress) -> None:
        self.finished.append(progress.finished)
        self._call(progress)

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "small.toml").write_text(STUDY)
    return tmp_path


@pytest.fixture
def url(project: Path) -> URL:
    return URL.create("sqlite", database=str(project / "trials.db"))


@pytest.fixture
def start(project, url):
    def start(cluster: Cluster, workers: int = 2, **settings):
        definition = load_study(str(project / "studies" / "small.toml"), project)
        return search_with_workers(definition, workers, root=project, storage=url, cluster=cluster, **settings)

    return start


def trials(url: URL):
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        return blocks.get_all_trials(blocks.get_study_id_from_name("small"))


def running(url: URL):
    return [trial for trial in trials(url) if trial.state is TrialState.RUNNING]


def test_several_workers_spend_one_budget_exactly(project, start, url):
    cluster, watcher = FakeTuner(project, FAKE_EPOCH_SECONDS="0.02"), Each()
    end = start(cluster, 3, trials=30, watcher=watcher)
    assert (end.stopped, end.summary.trials.complete, end.summary.trials.total) == (None, 30, 30)
    assert watcher.finished == sorted(watcher.finished)
    assert watcher.finished[-1] == 30
    assert len({trial.system_attrs["tuner:owner"]["pid"] for trial in trials(url)}) > 1


def test_a_password_reaches_workers_without_being_seen(project, start, url):
    cluster = FakeTuner(project)
    start(cluster, 1, trials=1)
    assert cluster.environment["TUNER_STORAGE"] == str(url)
    assert not any("trials.db" in part for part in cluster.command)


def test_a_killed_worker_is_started_again_and_its_trial_is_trained(project, start, url):
    cluster = FakeTuner(project, FAKE_EPOCH_SECONDS="0.1")
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.finished >= 1 and not killed and cluster.workers is not None:
            killed.append(cluster.workers.pids[0])
            psutil.Process(killed[0]).kill()

    watcher = Each(kill)
    end = start(cluster, 2, trials=12, watcher=watcher)
    assert killed
    assert (end.summary.trials.complete, end.summary.trials.total) == (12, 12)
    assert any("was killed by signal 9" in note and "it is started again" in note for note in watcher.notes)


@pytest.mark.thorough
def test_a_stop_reaches_every_worker_and_puts_their_trials_back(project, start, url):
    cluster = FakeTuner(project, FAKE_EPOCH_SECONDS="0.2")
    stop = StopRequest()
    watcher = Each(lambda progress: stop.ask(StopReason.INTERRUPTED) if progress.running >= 2 else None)
    end = start(cluster, 2, trials=50, stop=stop, watcher=watcher)
    assert end.stopped is StopReason.INTERRUPTED
    assert cluster.workers is not None
    assert cluster.workers.alive == 0
    assert {trial.state for trial in trials(url)} <= {TrialState.WAITING, TrialState.COMPLETE}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[budget]\ntarget = 1e9", StopReason.TARGET_REACHED),
        pytest.param("[budget]\npatience = 3", StopReason.NO_PROGRESS, marks=pytest.mark.thorough),
        pytest.param("[search]\nsampler = 'grid'", StopReason.EXHAUSTED, marks=pytest.mark.thorough),
    ],
)
def test_workers_leave_when_their_study_has_come_to_its_end(project, start, line, reason):
    text = STUDY.replace('[search]\npruner = "none"', line)
    if reason is StopReason.EXHAUSTED:
        text = text.replace("{ low = 1e-4, high = 0.3, log = true }", "{ choices = [0.1, 0.2, 0.3, 0.4] }")
    (project / "studies" / "small.toml").write_text(text)
    end = start(FakeTuner(project, FAKE_EPOCH_SECONDS="0.05"), 2)
    assert end.stopped is reason
    assert end.summary.trials.complete == 4 if reason is StopReason.EXHAUSTED else end.summary.trials.complete > 0
    assert end.summary.trials.running == 0
    if reason is StopReason.TARGET_REACHED:
        assert start(Ending(1), 1).stopped is reason  # no worker is needed to know that


def test_workers_put_their_trials_back_when_the_search_that_started_them_is_killed(project, start, url):
    start(FakeTuner(project), 1, trials=1)
    command = [sys.executable, "-m", "tuner", "search", "--study", "small", "--root", str(project), "--quiet"]
    command += ["--storage", str(url), "--workers", "2", "--trials", "5000", "--lanes", "4"]
    with subprocess.Popen(command, cwd=ROOT) as parent:
        assert eventually(lambda: len({trial.system_attrs["tuner:owner"]["pid"] for trial in running(url)}) == 2)
        workers = psutil.Process(parent.pid).children(recursive=True)
        parent.kill()
    assert len(workers) == 4  # each with its training process
    assert eventually(lambda: not any(worker.is_running() for worker in workers))
    assert running(url) == []


@pytest.mark.thorough
def test_workers_leave_when_the_time_is_over(project, start):
    cluster = FakeTuner(project, FAKE_EPOCH_SECONDS="0.2")
    end = start(cluster, 2, trials=500, seconds=6.0)
    assert end.stopped is StopReason.OUT_OF_TIME
    assert end.summary.state in ("stopped", "empty")


class Ending(Cluster, Handle):
    """A worker that ends at once with the same status, again and again."""

    alive = 0

    def __init__(self, status: int) -> None:
        self._status = status
        self._left = 1
        self.starts = 1
        self.workers = 0

    def submit(self, command: Sequence[str], workers: int, environment: Mapping[str, str]) -> Handle:
        self.workers = workers
        return self

    def ended(self) -> list[Ended]:
        self._left, ended = 0, self._left
        return [Ended(0, self._status, "its last words")] * ended

    def start_again(self, worker: int) -> None:
        self._left = 1
        self.starts += 1

    def ask_to_stop(self) -> None:
        pass


@pytest.mark.parametrize("status", [1, 2])
def test_a_worker_that_fails_ends_the_search_with_what_it_said(start, status):
    with pytest.raises(SearchError, match="worker 0 failed: its last words"):
        start(Ending(status), 1, trials=3, sleep=lambda seconds: None)


def test_there_are_never_more_workers_than_trials_left(start):
    cluster = Ending(0)
    with pytest.raises(SearchError):
        start(cluster, 5, trials=2, sleep=lambda seconds: None)
    assert cluster.workers == 2


def test_workers_that_die_again_and_again_are_given_up(start):
    cluster = Ending(-signal.SIGSEGV)
    with pytest.raises(SearchError, match="without a finished trial"):
        start(cluster, 1, trials=3, sleep=lambda seconds: None)
    assert cluster.starts == MOST_STARTS + 1


def test_a_worker_is_an_ordinary_command(project):
    definition = load_study(str(project / "studies" / "small.toml"), project)
    command = worker_command(definition, project, trainer="lanes", lanes=8, until=datetime(2026, 11, 21, 6, tzinfo=UTC))
    assert command[:5] == [sys.executable, "-P", "-m", "tuner", "worker"]
    assert command[-2:] == ["--until", "2026-11-21T06:00:00Z"]


def test_patience_is_counted_in_the_order_in_which_trials_ended_and_not_in_that_of_the_news(tmp_path, url):
    """Else a parent goes on where every worker that it starts sees that nothing has become better."""
    stop = StopRequest()
    with joined(small_study(budget={"patience": 3}), root=tmp_path, storage=url, trials=50) as entry:
        watch = Watch(entry, stop=stop, watcher=Watcher(), clock=lambda: 0.0, sleep=lambda _: None)

        def news(value: float, second: int) -> None:
            trial = optuna.trial.create_trial(value=value)
            trial.datetime_complete = datetime(2026, 1, 1, 0, 0, second)
            entry.stored.add_trial(trial)
            watch._look()

        news(2.0, 1)
        news(3.0, 3)
        news(1.0, 2)  # heard of late, but it ended before
        news(4.0, 4)
        assert not stop
        news(5.0, 5)
    assert stop.reason is StopReason.NO_PROGRESS
