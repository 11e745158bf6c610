"""Searching with several workers: they are started here or on a cluster, and watched until the budget is spent."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from tuner.actions.deadlines import deadline
from tuner.actions.defaults import Storage, checkpoints_of, logs_of, root_of, storage_of, study_of
from tuner.actions.joining import Joined, SearchEnd, joined
from tuner.actions.machine import CORES, Machine, this_machine
from tuner.actions.program import tuner_command
from tuner.actions.queued import Terms, filled_up, rejoined, start_again, terms_in, terms_of_present
from tuner.actions.trainers import Lanes, TrainerName, chosen_trainer, hosting
from tuner.actions.watching import Watch
from tuner.clock import Calendar, Clock, utc_now, wall_clock
from tuner.cluster.cluster import BatchSystem, Cluster, Queued
from tuner.cluster.local import LocalCluster
from tuner.errors import ClusterError
from tuner.search.stop import StopRequest
from tuner.search.storage import StorageUrl
from tuner.search.watcher import Watcher
from tuner.study.definition import StudyDefinition
from tuner.study.moments import moment_text
from tuner.training.host import how_it_ended

QueuedWork = Literal["follow", "leave", "join"]
"""What to do about workers in a batch system's queue."""


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
        watch = Watch(entry, stop=stop, watcher=watcher, clock=clock, sleep=sleep, now=now)
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
