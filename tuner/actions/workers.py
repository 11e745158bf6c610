"""Searching with several workers on this machine: they are started here, and watched until the budget is spent."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tuner.actions.defaults import Storage, checkpoints_of, logs_of, root_of, storage_of, study_of
from tuner.actions.machine import CORES, this_machine
from tuner.actions.search import SearchEnd, check_task
from tuner.actions.trainers import Lanes, TrainerName, chosen_trainer, hosting
from tuner.clock import Clock, wall_clock
from tuner.cluster.cluster import Cluster, Ended, Handle
from tuner.cluster.local import LocalCluster
from tuner.data.prepare import prepare
from tuner.errors import SearchError
from tuner.report.summary import summarize
from tuner.search.block_storage import BlockStorage
from tuner.search.owners import is_lost
from tuner.search.patience import Patience
from tuner.search.progress import progress_of
from tuner.search.stop import StopReason, StopRequest
from tuner.search.storage import making_a_study, opened_backend
from tuner.search.studies import join_study, load_stored, set_budget
from tuner.search.watcher import Progress, Watcher
from tuner.study.definition import StudyDefinition
from tuner.study.metrics import Task
from tuner.training.host import how_it_ended

LOOK_SECONDS = 0.5
"""How often to look after the workers."""

MOST_STARTS = 20
"""Workers that may end in a row without any trial having finished, before the search is given up."""

FAILED, BAD_INPUT, OUT_OF_TIME = 1, 2, 3
"""Exit statuses of a worker."""


def search_with_workers(
    study: StudyDefinition | str,
    workers: int,
    *,
    root: Path | None = None,
    storage: Storage = None,
    trials: int | None = None,
    seconds: float | None = None,
    stop: StopRequest | None = None,
    watcher: Watcher | None = None,
    trainer: TrainerName | None = None,
    lanes: Lanes | None = None,
    cluster: Cluster | None = None,
    clock: Clock = wall_clock,
    sleep: Callable[[float], None] = time.sleep,
) -> SearchEnd:
    """Search a study with several `tuner worker` processes, which share its budget.

    A worker that dies is started again; what it trained is put back into the queue by the others.

    Args:
        study: its name or its file's path; the workers read the file themselves.
        workers: how many, 1 or more.
        root, storage, trials, seconds, stop, watcher, trainer, lanes: as for `search`; lanes are each worker's.
        cluster: where they run; this machine if left out.
        clock: what time it is.
        sleep: waits between looks.
    Raises:
        SearchError: if workers fail again and again, or bring no trial to its end.
        DataError, StorageError, StudyError, StudyFileError: before the first worker.
    """
    name = chosen_trainer(trainer, lanes)
    assert isinstance(name, str)
    folder = root_of(root)
    definition = study_of(study, folder)
    url = storage_of(storage, folder, definition.run.storage)
    data = prepare(definition.data, seed=definition.seed, root=folder)
    check_task(definition, data)
    stop = stop if stop is not None else StopRequest()
    cluster = cluster if cluster is not None else LocalCluster(logs_of(folder, definition.name))
    seconds = seconds if seconds is not None else definition.budget.seconds
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        with making_a_study(url, backend):
            stored = join_study(blocks, definition, data)
            total = set_budget(stored, definition, trials)
        watch = _Watch(
            blocks,
            stored._study_id,
            definition,
            data.task,
            total=total,
            deadline=None if seconds is None else clock() + seconds,
            stop=stop,
            watcher=watcher if watcher is not None else Watcher(),
            clock=clock,
            sleep=sleep,
        )
        left = None if total is None else total - watch.begin()
        if left is None or left > 0:
            machine = this_machine()
            share = replace(
                machine, cores=max(1, machine.cores // workers), memory_bytes=machine.memory_bytes // workers
            )
            if name == "lanes":
                each = None if left is None else -(-left // workers)
                checkpoints = checkpoints_of(folder, definition.name)
                lanes = hosting(name, lanes, definition, data, each, checkpoints, share).settings["lanes"]
            command = worker_command(definition, folder, trainer=name, lanes=lanes, seconds=seconds)
            environment = {CORES: str(share.cores), "TUNER_STORAGE": url.render_as_string(hide_password=False)}
            watch.over(cluster.submit(command, workers, environment))
        summary = summarize(load_stored(blocks, definition.name))
    spent = total is not None and summary.trials.complete + summary.trials.pruned >= total
    return SearchEnd(summary, None if spent else stop.reason)


def worker_command(
    definition: StudyDefinition, root: Path, *, trainer: TrainerName, lanes: Lanes | None, seconds: float | None
) -> list[str]:
    """What starts one worker of a study; the storage comes by the environment, since it may hold a password."""
    # -P: the working directory may hold files that are named like modules.
    command = [sys.executable, "-P", "-m", "tuner", "worker", "--study", definition.source or definition.name]
    command += ["--root", str(root), "--trainer", trainer]
    if lanes is not None:
        command += ["--lanes", str(lanes)]
    if seconds is not None:
        command += ["--time", f"{max(1, round(seconds))}s"]
    return command


class _Watch:
    """Looks after workers until there is nothing left to do."""

    def __init__(
        self,
        blocks: BlockStorage,
        study_id: int,
        definition: StudyDefinition,
        task: Task,
        *,
        total: int | None,
        deadline: float | None,
        stop: StopRequest,
        watcher: Watcher,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._blocks = blocks
        self._study_id = study_id
        self._definition = definition
        self._task = task
        self._total = total
        self._deadline = deadline
        self._stop = stop
        self._watcher = watcher
        self._clock = clock
        self._sleep = sleep
        self._progress = Progress(0, total)
        self._starts = 0

    def begin(self) -> int:
        """Say that the search begins.

        Returns:
            How many trials are finished.
        """
        self._progress = self._look()
        metric = self._definition.metric(self._task)
        self._watcher.search_started(self._definition.name, metric, self._progress)
        return self._progress.finished

    def over(self, crew: Handle) -> None:
        """Watch over workers until they are done, or have been asked to stop and have left.

        Raises:
            SearchError: if they fail.
        """
        try:
            while crew.alive or self._revive(crew):
                self._sleep(LOOK_SECONDS)
                self._see()
                self._revive(crew)
                if self._is_over():
                    crew.ask_to_stop()
        finally:
            crew.ask_to_stop()
        self._see()

    def _see(self) -> None:
        progress = Patience(self._definition.run.outage_seconds, give_up=lambda: bool(self._stop))(self._look)
        if progress.finished > self._progress.finished:
            self._starts = 0
        if progress != self._progress:
            self._progress = progress
            self._watcher.progressed(progress)

    def _look(self) -> Progress:
        self._blocks.give_back(
            self._study_id, is_lost, grace_seconds=None, most=self._definition.search.lost_worker_retries
        )
        trials = self._blocks.get_all_trials(self._study_id, deepcopy=False)
        return progress_of(trials, self._total, self._definition.direction(self._task))

    def _is_over(self) -> bool:
        if self._deadline is not None and self._clock() >= self._deadline:
            self._stop.ask(StopReason.OUT_OF_TIME)
        return bool(self._stop)

    def _revive(self, crew: Handle) -> bool:
        """Start workers again where they have died with work left.

        Returns:
            Whether any was started.
        """
        started = False
        for ended in crew.ended():
            if self._may_start_again(ended):
                self._starts += 1
                crew.start_again(ended.worker)
                started = True
        return started

    def _may_start_again(self, ended: Ended) -> bool:
        if ended.status in (FAILED, BAD_INPUT):
            raise SearchError(f"worker {ended.worker} failed: {ended.last_words}")
        if self._is_over() or ended.status == OUT_OF_TIME:
            return False
        if ended.status == 0 and not self._progress_left():
            return False
        if self._starts >= MOST_STARTS:
            raise SearchError(
                f"{self._starts} workers have ended in a row without a finished trial; worker {ended.worker} "
                f"{how_it_ended(ended.status)}: {ended.last_words}"
            )
        if ended.status != 0:
            self._watcher.note(f"worker {ended.worker} {how_it_ended(ended.status)}; it is started again")
        return True

    def _progress_left(self) -> bool:
        """Whether there is a trial to be taken: what a worker left in the queue when it died after the others left."""
        self._progress = self._look()
        progress = self._progress
        return self._total is None or progress.finished + progress.running < self._total
