"""A study on a real Slurm of two nodes, with workers that train nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from optuna.trial import TrialState

from tests.actions.test_workers import STUDY, Each
from tests.docs.pages import ROOT
from tests.slurm import wait_for
from tuner.actions.machine import CORES
from tuner.actions.queued import jobs_in
from tuner.actions.stop import stop_workers
from tuner.actions.workers import search_with_workers
from tuner.cluster.slurm import SlurmCluster, SlurmWorkers
from tuner.errors import ClusterError, SearchError
from tuner.search.block_storage import BlockStorage
from tuner.search.stop import StopReason, StopRequest
from tuner.search.storage import opened_backend
from tuner.study.cluster_settings import ClusterSettings
from tuner.study.load import load_study

pytestmark = [pytest.mark.needs("slurm"), pytest.mark.needs("postgresql")]

WORKER = "tests.cli.fake_tuner"


class FakeTunerOnSlurm(SlurmCluster):
    """Workers on Slurm whose trainer trains nothing."""

    def __init__(self, project: Path, **environment: str) -> None:
        super().__init__("small", ClusterSettings(lead="10s"), project / "logs", cores=CORES, look_seconds=0.2)
        self._own = {"PYTHONPATH": str(ROOT), "FAKE_EPOCH_SECONDS": "0.3", **environment}

    def attach(self, command: Sequence[str], environment: Mapping[str, str], jobs: Mapping[int, str]) -> SlurmWorkers:
        fake = [WORKER if part == "tuner" else part for part in command if part != "-P"]
        return super().attach(fake, {**environment, **self._own}, jobs)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "small.toml").write_text(STUDY)
    return tmp_path


@pytest.fixture
def search(project, slurm, postgresql):
    def search(workers: int, *, environment: Mapping[str, str] | None = None, **settings):
        definition = load_study(str(project / "studies" / "small.toml"), project)
        cluster = FakeTunerOnSlurm(project, **(environment or {}))
        return search_with_workers(definition, workers, root=project, storage=postgresql, cluster=cluster, **settings)

    return search


def trials(url):
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        return blocks.get_all_trials(blocks.get_study_id_from_name("small"))


def running(url):
    return [trial for trial in trials(url) if trial.state is TrialState.RUNNING]


def jobs(url) -> Mapping[int, str]:
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        return jobs_in(blocks.get_study_user_attrs(blocks.get_study_id_from_name("small")))[1]


def test_a_search_is_left_joined_and_finished_whatever_becomes_of_its_workers(search, slurm, postgresql):
    """Queued and left; followed, and left by Ctrl-C; followed to the end, while workers are killed and queued again."""
    left = search(2, trials=24, queued="leave")
    assert left.summary.trials.complete < 24

    stop = StopRequest()
    follow = Each(lambda progress: stop.ask(StopReason.INTERRUPTED) if progress.running >= 2 else None)
    assert search(2, trials=24, stop=stop, watcher=follow).stopped is StopReason.INTERRUPTED
    assert follow.notes[0] == "2 workers of this study are in the queue already"
    wait_for(lambda: len(slurm.processes(WORKER)) == 2)

    killed: list[int] = []
    told: list[str] = []

    def disturb(progress):
        if not killed and slurm.processes(WORKER):
            worker = slurm.processes(WORKER)[0]
            killed.append(int(worker.environ()["SLURM_ARRAY_TASK_ID"]))
            worker.kill()
        elif killed and not told and progress.finished > 4:
            other = 1 - killed[0]
            told.append(f"{jobs(postgresql)[other]}_{other}")
            slurm.call("scancel", "--batch", "--signal=USR1", *told)

    watcher = Each(disturb)
    end = search(1, trials=24, watcher=watcher, queued="join")
    assert (end.stopped, end.summary.trials.complete, end.summary.trials.total) == (None, 24, 24)
    assert any("was killed by signal 9" in note and "started again" in note for note in watcher.notes)
    assert "Restarts=1" in slurm.call("scontrol", "show", "job", *told)
    assert sorted(trial.number for trial in trials(postgresql)) == list(range(24))


def test_workers_that_all_fail_at_start_end_the_search_with_what_they_said(search):
    watcher = Each()
    with pytest.raises(SearchError, match=r"every worker has failed(.|\n)*No module named"):
        search(2, trials=4, environment={"PYTHONPATH": "/nowhere"}, watcher=watcher)
    assert sum("failed and is not started again" in note for note in watcher.notes) == 2


def test_workers_that_are_asked_to_leave_are_not_started_again_by_who_follows_them(search, project, slurm, postgresql):
    search(2, trials=500, queued="leave")
    wait_for(lambda: len({trial.system_attrs["tuner:owner"]["pid"] for trial in running(postgresql)}) == 2)
    definition = load_study(str(project / "studies" / "small.toml"), project)
    asked: list[int] = []

    def ask(progress):
        if not asked:
            asked.append(stop_workers(definition, project, storage=postgresql))

    end = search(2, trials=500, queued="join", watcher=Each(ask))
    assert asked == [2]
    assert end.stopped is StopReason.HANDED_BACK
    assert end.summary.trials.running == 0
    assert end.summary.trials.waiting >= 2
    assert slurm.processes(WORKER) == []
    with pytest.raises(ClusterError, match="no worker of the study"):
        search(2, trials=500, queued="join")


def test_a_file_is_no_storage_for_a_cluster(project, slurm):
    definition = load_study(str(project / "studies" / "small.toml"), project)
    with pytest.raises(ClusterError, match="is a file, which the nodes of a cluster cannot share"):
        search_with_workers(definition, 2, root=project, cluster=FakeTunerOnSlurm(project))
    assert sorted(path.name for path in project.iterdir()) == ["studies"]


@pytest.mark.thorough
def test_workers_of_a_node_without_power_go_on_elsewhere(search, slurm, postgresql):
    search(2, trials=60, queued="leave", environment={"FAKE_EPOCH_SECONDS": "0.5"})
    wait_for(lambda: len(slurm.processes(WORKER, "n1")) + len(slurm.processes(WORKER, "n2")) == 2)
    node = "n1" if slurm.processes(WORKER, "n1") else "n2"
    slurm.power_off(node)
    try:
        end = search(2, trials=60)
    finally:
        slurm.start_node(node)
        wait_for(lambda: slurm.node_states() == ["idle"] * 2)
    assert (end.stopped, end.summary.trials.complete, end.summary.trials.total) == (None, 60, 60)
