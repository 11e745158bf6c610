"""Searching with several workers on this machine: they are started here, and watched until the budget is spent."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, TypeVar

from tuner.actions.deadlines import deadline
from tuner.actions.defaults import Storage, checkpoints_of, logs_of, root_of, storage_of, study_of
from tuner.actions.joining import Joined, SearchEnd, joined
from tuner.actions.machine import CORES, Machine, this_machine
from tuner.actions.program import tuner_command
from tuner.actions.queued import Terms, filled_up, rejoined, start_again, terms_in, terms_of_present
from tuner.actions.trainers import Lanes, TrainerName, chosen_trainer, hosting
from tuner.clock import Calendar, Clock, utc_now, wall_clock
from tuner.cluster.cluster import BatchSystem, Cluster, Ended, Handle, Queued
from tuner.cluster.local import LocalCluster
from tuner.errors import ClusterError, SearchError
from tuner.search.leases import BEAT_SECONDS, GRACE_SECONDS
from tuner.search.limits import Limits
from tuner.search.owners import is_lost
from tuner.search.patience import Patience
from tuner.search.progress import progress_of
from tuner.search.stop import StopReason, StopRequest
from tuner.search.storage import StorageUrl
from tuner.search.watcher import Progress, Watcher
from tuner.study.definition import StudyDefinition
from tuner.study.moments import moment_text
from tuner.training.host import how_it_ended

T = TypeVar("T")

LOOK_SECONDS = 0.5
"""How often to look after the workers."""

LEAVING_SECONDS = 60.0
"""How long to wait for workers to hand back what they train, once one of them has failed."""

MOST_STARTS = 20
"""Workers that may end in a row without any trial having finished, before the search is given up."""

SKEW = timedelta(minutes=1)
"""By how much the clocks of the machines may differ; a worker that would have less time is not worth its start."""

FAILED, BAD_INPUT, OUT_OF_TIME, HANDED_BACK = 1, 2, 3, 75
"""Exit statuses of a worker."""

QueuedWork = Literal["follow", "leave", "join"]
"""What to do about workers in a batch system's queue."""

LEAVING = frozenset({StopReason.INTERRUPTED, StopReason.HANDED_BACK, StopReason.TIME_LIMIT_NEAR})
"""Reasons of a stop that concern whoever watches, and not workers in a queue."""


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
    share: Machine | None = None,
    queued: QueuedWork = "follow",
    clock: Clock = wall_clock,
    sleep: Callable[[float], None] = time.sleep,
    now: Calendar = utc_now,
) -> SearchEnd:
    """Search a study with several `tuner worker` processes, which share its budget.

    A worker that dies is started again; what it trained is put back into the queue by the others. Workers in a batch
    system's queue go on when a signal ends this search; the next one, from wherever, finds them. Trainer, lanes and
    time that are not stated are those of the workers in the queue, if there are any; such a time goes on from when it
    was stated.

    Args:
        study: its name or its file's path; the workers read the file themselves.
        workers: how many, 1 or more; there are never more than the budget has trials left.
        root, storage, trials, seconds, stop, watcher, trainer, lanes: as for `search`; lanes are each worker's.
        cluster: where they run; this machine if left out.
        share: what each worker has of a machine; its part of this one if left out.
        queued: of workers in a batch system's queue: `follow` queues those that are missing, and follows them; `leave`
            does not wait for them; `join` follows those that are there, and queues none but in the place of lost ones.
        clock: what time it is.
        sleep: waits between looks.
        now: what time it is, for workers elsewhere, too.
    Raises:
        ClusterError: if the batch system refuses them, or if there are none to be joined.
        SearchError: if workers fail again and again, or bring no trial to its end.
        DataError, StorageError, StudyError, StudyFileError: before the first worker.
    """
    name = chosen_trainer(trainer, lanes)
    assert isinstance(name, str)
    stop = stop if stop is not None else StopRequest()
    root = root_of(root)
    study = study_of(study, root)
    if isinstance(cluster, BatchSystem):
        refuse_file(storage_of(storage, root, study.run.storage))
    with joined(study, root=root, storage=storage, trials=trials, lanes=name == "lanes" and queued != "join") as entry:
        definition = entry.definition
        watcher = watcher if watcher is not None else Watcher()
        for remark in entry.remarks():
            watcher.remark(remark)
        watch = _Watch(entry, stop=stop, watcher=watcher, clock=clock, sleep=sleep, now=now)
        left = entry.left(watch.begin())
        if left != 0 and not stop:
            there = _terms_there(entry, cluster, queued, now()) if isinstance(cluster, BatchSystem) else None
            until = deadline(seconds if seconds is not None else definition.budget.seconds, now())
            if there is not None:
                # What is not stated now is as it was stated for those that are there.
                until = there.until if seconds is None else until
                workers = there.workers if queued == "join" else workers
                if trainer is None and lanes is None:
                    name, lanes = there.trainer, there.lanes
            workers = workers if left is None else min(workers, left)
            share = share if share is not None else _part_of(this_machine(), workers)
            each = None if left is None else -(-left // workers)
            terms = Terms(until, name, _lanes(entry, name, lanes, each, share), workers)
            watch.until = until
            command = worker_command(
                definition,
                entry.root,
                trainer=name,
                lanes=terms.lanes,
                until=until,
                queued=isinstance(cluster, BatchSystem),
            )
            environment = {CORES: str(share.cores), "TUNER_STORAGE": entry.url.render_as_string(hide_password=False)}
            cluster = cluster if cluster is not None else LocalCluster(logs_of(entry.root, definition.name))
            if isinstance(cluster, BatchSystem):
                crew = _in_queue(entry, cluster, command, environment, workers, terms, queued, watcher, now())
                if queued == "join" and not crew.jobs and watch.is_over():
                    return entry.end(stop)
                if queued != "leave":
                    watch.over(crew, start_again=lambda ended: start_again(entry, cluster, crew, ended))
            else:
                watch.over(cluster.submit(command, workers, environment))
        return entry.end(stop)


def refuse_file(url: StorageUrl) -> None:
    """Raises ClusterError if a storage is none for several machines."""
    if url.get_backend_name() == "sqlite":
        raise ClusterError(
            f"{url.database} is a file, which the nodes of a cluster cannot share safely; put the URL of a PostgreSQL "
            "database into the environment as TUNER_STORAGE"
        )


def _part_of(machine: Machine, workers: int) -> Machine:
    """What each of several workers has of a machine."""
    return replace(machine, cores=max(1, machine.cores // workers), memory_bytes=machine.memory_bytes // workers)


def _lanes(entry: Joined, trainer: TrainerName, stated: Lanes | None, trials: int | None, share: Machine) -> int | None:
    """How many lanes each worker has that is to train so many trials; None for a trainer that has none."""
    if trainer != "lanes":
        return None
    checkpoints = checkpoints_of(entry.root, entry.definition.name)
    data, members = entry.data.largest, len(entry.members)
    host = hosting(trainer, stated, entry.definition, data, trials, checkpoints, share, members=members)
    lanes = host.settings["lanes"]
    assert isinstance(lanes, int)
    return lanes


def _terms_there(entry: Joined, cluster: BatchSystem, queued: QueuedWork, now: datetime) -> Terms | None:
    """On what terms the study's workers were queued; None if this search may set its own.

    Whoever only joins them keeps to theirs even if the time is over, and there is nothing to be joined any more.
    """
    return terms_in(entry.stored.user_attrs) if queued == "join" else terms_of_present(entry, cluster, now)


def _in_queue(
    entry: Joined,
    cluster: BatchSystem,
    command: list[str],
    environment: dict[str, str],
    workers: int,
    terms: Terms,
    queued: QueuedWork,
    watcher: Watcher,
    now: datetime,
) -> Queued:
    """The workers of a study that are in a queue.

    Raises:
        ClusterError: if the batch system refuses them, or if there are none to be joined.
    """
    if queued == "join":
        crew, lost = rejoined(entry, cluster, command, environment)
        if crew.jobs and not terms.are_over(now):
            for ended in lost:
                watcher.note(f"worker {ended.worker} {how_it_ended(ended.status)}; it is started again")
                start_again(entry, cluster, crew, ended)
        if not crew.jobs and not terms.are_over(now):
            raise ClusterError(
                f'no worker of the study "{entry.definition.name}" is in the queue; '
                "`tuner search --cluster NAME --workers N` queues some"
            )
        return crew
    crew, new = filled_up(entry, cluster, command, environment, workers, terms)
    there = len(crew.jobs) - len(new)
    if there:
        watcher.note(f"{there} workers of this study are in the queue already")
    if new:
        names = list(dict.fromkeys(crew.jobs[worker] for worker in new))
        watcher.note(f"{len(new)} workers are queued as job {' to '.join(names[:1] + names[1:][-1:])}")
    return crew


def worker_command(
    definition: StudyDefinition,
    root: Path,
    *,
    trainer: TrainerName,
    lanes: Lanes | None,
    until: datetime | None,
    queued: bool = False,
) -> list[str]:
    """What starts one worker of a study; the storage comes by the environment, since it may hold a password.

    It holds the moment at which the time is over, and not how long that is: a worker may start several times.

    Args:
        definition, root: whose worker, and where its files are.
        trainer, lanes: what trains.
        until: when the time is over; None for no limit.
        queued: whether a batch system is to start it, which may ask it more than once to leave.
    """
    study = str(Path(definition.source).resolve()) if definition.source else definition.name
    command = tuner_command("worker", "--study", study)
    command += ["--root", str(root), "--trainer", trainer]
    if lanes is not None:
        command += ["--lanes", str(lanes)]
    if queued:
        command += ["--queued"]
    if until is not None:
        command += ["--until", moment_text(until)]
    return command


class _Watch:
    """Looks after workers until there is nothing left to do.

    Attributes:
        until: when they have to end; None for no limit.
    """

    def __init__(
        self,
        entry: Joined,
        *,
        stop: StopRequest,
        watcher: Watcher,
        clock: Clock,
        sleep: Callable[[float], None],
        now: Calendar = utc_now,
    ) -> None:
        self._blocks = entry.blocks
        self._study = entry.stored
        self._definition = entry.definition
        self._task = entry.data.task
        self._total = entry.trials
        self.until: datetime | None = None
        self._now = now
        self._stop = stop
        self._limits = self._no_limits_yet()
        self._learnt = 0
        self._watcher = watcher
        self._clock = clock
        self._sleep = sleep
        self._progress = Progress(0, entry.trials)
        self._starts = 0
        self._start_again: Callable[[Ended], None] = lambda ended: None
        self._elsewhere = False
        self._reaped = -BEAT_SECONDS
        self._heard = clock()
        self._failed: Ended | None = None
        self._cancelled = False
        self._out_of_time = False
        self._told = ""

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

    def over(self, crew: Handle, start_again: Callable[[Ended], None] | None = None) -> None:
        """Watch over workers until they are done, or have been asked to stop and have left.

        Args:
            crew: the workers. Those in a queue go on if only this watch is to end.
            start_again: starts one in the place of one that has ended; the crew does if left out.
        Raises:
            SearchError: if they fail.
        """
        self._start_again = start_again if start_again is not None else lambda ended: crew.start_again(ended.worker)
        self._elsewhere = isinstance(crew, Queued)
        try:
            self._until_over(crew)
        except BaseException as error:
            if not isinstance(crew, Queued) or isinstance(error, SearchError):
                self._dismiss(crew)
            raise
        if isinstance(crew, Queued) and self._stop.reason in LEAVING:
            return
        self._dismiss(crew)
        self._see()
        if not self.is_over() and self._limits.left(self._study) == 0:
            self._stop.ask(StopReason.EXHAUSTED)

    def _until_over(self, crew: Handle) -> None:
        while crew.alive or self._revive(crew):
            self._sleep(LOOK_SECONDS)
            self._see()
            self._revive(crew)
            if isinstance(crew, Queued):
                self._tell_of_queue(crew.in_words)
                if self._clock() > self._heard + GRACE_SECONDS:
                    crew.silent_for(GRACE_SECONDS)
            if self.is_over():
                if isinstance(crew, Queued) and self._stop.reason in LEAVING:
                    return
                self._ask_to_stop(crew)
            if isinstance(crew, Queued) and self._is_spent():
                return  # those that still wait in the queue would find nothing to do
        if self._out_of_time and self._progress_left():
            self._stop.ask(StopReason.OUT_OF_TIME)
            return
        if self._failed is not None and self._progress_left():
            raise SearchError(f"every worker has failed, the last one with: {self._failed.last_words}")
        if self._cancelled and self._progress_left():
            self._watcher.note("all workers have been asked to leave")
            self._stop.ask(StopReason.HANDED_BACK)

    def _dismiss(self, crew: Handle) -> None:
        """Ask workers to leave, and wait until they have."""
        self._ask_to_stop(crew)
        until = self._clock() + LEAVING_SECONDS
        while crew.alive and self._clock() < until:
            self._sleep(LOOK_SECONDS)

    def _tell_of_queue(self, words: str) -> None:
        if words != self._told:
            self._told = words
            self._watcher.note(f"workers: {words}")

    def _patiently(self, look: Callable[[], T]) -> T:
        return Patience(self._definition.run.outage_seconds, give_up=lambda: bool(self._stop))(look)

    def _has_more_time(self) -> bool:
        """Whether somebody has meanwhile stated a later end for the workers in the queue."""
        terms = self._patiently(lambda: terms_in(self._study.user_attrs)) if self._elsewhere else None
        if terms is None or terms.are_over(self._now()):
            return False
        self.until = terms.until
        return True

    def _see(self) -> None:
        progress = self._patiently(self._look)
        if progress.finished > self._progress.finished:
            self._starts = 0
        if progress.running:
            self._heard = self._clock()
        if progress != self._progress:
            self._progress = progress
            self._watcher.progressed(progress)

    def _grace_seconds(self) -> float | None:
        """Now and then, how long workers elsewhere may be silent: nobody here sees that their processes are gone."""
        now = self._clock()
        if not self._elsewhere or now < self._reaped + BEAT_SECONDS:
            return None
        self._reaped = now
        return GRACE_SECONDS

    def _look(self) -> Progress:
        study_id = self._study._study_id
        # Held, so that one look reads what is new once.
        with self._blocks.hold():
            self._blocks.refresh(study_id)
            most = self._definition.search.lost_worker_retries
            self._blocks.give_back(study_id, is_lost, grace_seconds=self._grace_seconds(), most=most)
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

    def is_over(self) -> bool:
        """Whether the watch has to end: it has been asked to, or the time is over, and then it is asked to."""
        if self._stop:
            return True
        if self.until is not None and self._now() >= self.until and not self._has_more_time():
            self._stop.ask(StopReason.OUT_OF_TIME)
        return bool(self._stop)

    def _revive(self, crew: Handle) -> bool:
        """Start workers again where they have died with work left.

        Returns:
            Whether any was started.
        """
        started = False
        for ended in crew.ended():
            if self._may_start_again(ended, alone=not isinstance(crew, Queued)):
                self._starts += 1
                started = self._started_again(ended) or started
        return started

    def _started_again(self, ended: Ended) -> bool:
        try:
            self._start_again(ended)
        except ClusterError as error:
            self._failed = replace(ended, last_words=str(error))
            self._watcher.note(f"worker {ended.worker} could not be queued again: {error}")
            return False
        return True

    def _ask_to_stop(self, crew: Handle) -> None:
        try:
            crew.ask_to_stop()
        except ClusterError as error:
            self._watcher.note(f"the workers could not be asked to leave: {error}")

    def _may_start_again(self, ended: Ended, *, alone: bool) -> bool:
        if self.is_over():
            return False
        if ended.status == OUT_OF_TIME and self.until is not None and self.until - self._now() < SKEW:
            self._out_of_time = True
            return False
        if ended.cancelled or (ended.status in (HANDED_BACK, -signal.SIGTERM) and not alone):
            # Somebody wanted it to leave, perhaps before it could hear that; a batch system that made room starts it
            # again by itself.
            self._cancelled = True
            return False
        if ended.status in (FAILED, BAD_INPUT):
            if alone:
                raise SearchError(f"worker {ended.worker} failed: {ended.last_words}")
            # It may be its node's fault; the others go on.
            self._failed = ended
            self._watcher.note(f"worker {ended.worker} failed and is not started again: {ended.last_words}")
            return False
        # One that is out of time was queued when less was stated; another one can go on with what there is now.
        if ended.status in (0, OUT_OF_TIME) and not self._progress_left():
            return False
        if self._starts >= MOST_STARTS:
            raise SearchError(
                f"{self._starts} workers have ended in a row without a finished trial; worker {ended.worker} "
                f"{how_it_ended(ended.status)}: {ended.last_words}"
            )
        if ended.status != 0:
            self._watcher.note(f"worker {ended.worker} {how_it_ended(ended.status)}; it is started again")
        return True

    def _is_spent(self) -> bool:
        return self._total is not None and self._progress.finished >= self._total

    def _progress_left(self) -> bool:
        """Whether there is a trial to be taken: what a worker left in the queue when it died after the others left."""
        self._progress = self._look()
        if self.is_over():
            return False
        taken = self._progress.finished + self._progress.running
        if self._total is not None and taken >= self._total:
            return False
        return self._progress.waiting > 0 or self._limits.left(self._study) != 0
