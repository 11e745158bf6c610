"""Searching with several workers on this machine: they are started here, and watched until the budget is spent."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tuner.actions.defaults import Storage, checkpoints_of, logs_of
from tuner.actions.joining import Joined, SearchEnd, joined
from tuner.actions.machine import CORES, this_machine
from tuner.actions.trainers import Lanes, TrainerName, chosen_trainer, hosting
from tuner.clock import Clock, wall_clock
from tuner.cluster.cluster import Cluster, Ended, Handle
from tuner.cluster.local import LocalCluster
from tuner.errors import SearchError
from tuner.search.limits import Limits
from tuner.search.owners import is_lost
from tuner.search.patience import Patience
from tuner.search.progress import progress_of
from tuner.search.stop import StopReason, StopRequest
from tuner.search.watcher import Progress, Watcher
from tuner.study.definition import StudyDefinition
from tuner.training.host import how_it_ended

LOOK_SECONDS = 0.5
"""How often to look after the workers."""

LEAVING_SECONDS = 60.0
"""How long to wait for workers to hand back what they train, once one of them has failed."""

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
    stop = stop if stop is not None else StopRequest()
    with joined(study, root=root, storage=storage, trials=trials, lanes=name == "lanes") as entry:
        definition = entry.definition
        watcher = watcher if watcher is not None else Watcher()
        for remark in entry.remarks():
            watcher.remark(remark)
        seconds = seconds if seconds is not None else definition.budget.seconds
        watch = _Watch(
            entry,
            deadline=None if seconds is None else clock() + seconds,
            stop=stop,
            watcher=watcher,
            clock=clock,
            sleep=sleep,
        )
        left = entry.left(watch.begin())
        if left != 0 and not stop:
            machine = this_machine()
            share = replace(
                machine, cores=max(1, machine.cores // workers), memory_bytes=machine.memory_bytes // workers
            )
            if name == "lanes":
                each = None if left is None else -(-left // workers)
                checkpoints = checkpoints_of(entry.root, definition.name)
                lanes = hosting(
                    name, lanes, definition, entry.data.largest, each, checkpoints, share, members=len(entry.members)
                ).settings["lanes"]
            command = worker_command(definition, entry.root, trainer=name, lanes=lanes, seconds=seconds)
            environment = {CORES: str(share.cores), "TUNER_STORAGE": entry.url.render_as_string(hide_password=False)}
            cluster = cluster if cluster is not None else LocalCluster(logs_of(entry.root, definition.name))
            watch.over(cluster.submit(command, workers, environment))
        return entry.end(stop)


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
        entry: Joined,
        *,
        deadline: float | None,
        stop: StopRequest,
        watcher: Watcher,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._blocks = entry.blocks
        self._study = entry.stored
        self._definition = entry.definition
        self._task = entry.data.task
        self._total = entry.trials
        self._deadline = deadline
        self._stop = stop
        self._limits = self._no_limits_yet()
        self._learnt = 0
        self._watcher = watcher
        self._clock = clock
        self._sleep = sleep
        self._progress = Progress(0, entry.trials)
        self._starts = 0

    def _no_limits_yet(self) -> Limits:
        return Limits(self._definition.budget, self._definition.direction(self._task))

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
            until = self._clock() + LEAVING_SECONDS
            while crew.alive and self._clock() < until:
                self._sleep(LOOK_SECONDS)
        self._see()
        if not self._is_over() and self._limits.left(self._study) == 0:
            self._stop.ask(StopReason.EXHAUSTED)

    def _see(self) -> None:
        progress = Patience(self._definition.run.outage_seconds, give_up=lambda: bool(self._stop))(self._look)
        if progress.finished > self._progress.finished:
            self._starts = 0
        if progress != self._progress:
            self._progress = progress
            self._watcher.progressed(progress)

    def _look(self) -> Progress:
        study_id = self._study._study_id
        # Held, so that one look reads what is new once.
        with self._blocks.hold():
            self._blocks.refresh(study_id)
            most = self._definition.search.lost_worker_retries
            self._blocks.give_back(study_id, is_lost, grace_seconds=None, most=most)
            trials = self._blocks.get_all_trials(study_id, deepcopy=False)
            arrivals = self._blocks.arrivals(study_id)
        if len(arrivals) > self._learnt:
            self._learnt = len(arrivals)
            # Counted anew in the order in which they ended, as a worker does that has just come. In the order in which
            # they were heard of, this process would start workers again that find nothing to do.
            self._limits = self._no_limits_yet()
            reason = self._limits.learn(sorted(arrivals, key=lambda trial: trial.datetime_complete or datetime.max))
            if reason is not None:
                self._stop.ask(reason)
        return progress_of(trials, self._total, self._definition.objectives(self._task))

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
        if self._is_over() or ended.status == OUT_OF_TIME:
            return False
        if ended.status in (FAILED, BAD_INPUT):
            raise SearchError(f"worker {ended.worker} failed: {ended.last_words}")
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
        if self._is_over():
            return False
        taken = self._progress.finished + self._progress.running
        if self._total is not None and taken >= self._total:
            return False
        return self._progress.waiting > 0 or self._limits.left(self._study) != 0
