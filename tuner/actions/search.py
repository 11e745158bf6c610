"""Searching a study's hyperparameters until its budget is spent."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tuner.actions.deadlines import seconds_left
from tuner.actions.defaults import Storage, checkpoints_of, root_of
from tuner.actions.expectations import programs_in_words, what_needs_programs
from tuner.actions.joining import SearchEnd, joined
from tuner.actions.own import every_form_of, trainer_of
from tuner.actions.trainers import Hosting, Lanes, TrainerName, chosen_trainer, hosting
from tuner.clock import Calendar, utc_now
from tuner.search.loop import SearchLoop
from tuner.search.objective import KerasObjective
from tuner.search.stop import StopRequest
from tuner.search.watcher import Watcher
from tuner.study.definition import StudyDefinition
from tuner.study.metrics import Task
from tuner.training.hosted import HostedTrainer
from tuner.training.members import trials_at_once
from tuner.training.trainer import Trainer


def search(
    study: StudyDefinition | KerasObjective | str,
    *,
    root: Path | None = None,
    storage: Storage = None,
    trials: int | None = None,
    seconds: float | None = None,
    stop: StopRequest | None = None,
    watcher: Watcher | None = None,
    trainer: Trainer | TrainerName | None = None,
    lanes: Lanes | None = None,
    until: datetime | None = None,
    now: Calendar = utc_now,
) -> SearchEnd:
    """Search a study until its budget is spent, or until somebody asks it to stop.

    Args:
        study: its name, its file's path, or its definition; or an objective, of which somebody's own model is trained
            by Keras' own `fit` in this process.
        root: the project root, where relative paths start from; found as the command line finds it if left out.
        storage: where trials are kept; found as the command line finds it if left out.
        trials: the study's total of finished trials, for this and later runs; the study's own budget if left out.
        seconds: wall time of this run; the study's own budget if left out.
        stop: raised by whoever wants the search to end at the next epoch boundary.
        watcher: told of everything that happens.
        trainer: what trains: `lanes`, many trials at once in one compiled program; `fit`, one after another with
            Keras' own `fit`; both in a process of their own. Or a trainer, which is used as it is.
        lanes: how many trials `lanes` trains at once; `auto` goes by the study, the budget and the machine.
        until: when this run has to end; then the study's own budget of time does not count.
        now: what time it is.
    Raises:
        SearchError: if there is no such trainer, or it has no lanes.
        DataError, StorageError, StudyError, StudyFileError: before the first trial.
        SearchError: if ten trials in a row failed.
        StorageError: if the storage can no longer be written to; what is in it is kept.
    """
    given = None
    if isinstance(study, KerasObjective):
        checkpoints = str(checkpoints_of(root_of(root), study.definition.name))
        trainer = trainer_of(study, trainer, lanes, checkpoints)
        given = every_form_of(study.data)
        study = study.definition
    chosen = chosen_trainer(trainer, lanes)
    stop = stop if stop is not None else StopRequest()
    watcher = watcher if watcher is not None else Watcher()
    with joined(study, root=root, storage=storage, trials=trials, data=given, lanes=chosen == "lanes") as entry:
        definition, data = entry.definition, entry.data
        for remark in entry.remarks():
            watcher.remark(remark)
        left = entry.left(len(entry.blocks.arrivals(entry.stored._study_id)))
        if left != 0:
            folder = checkpoints_of(entry.root, definition.name)
            host = None
            if not isinstance(chosen, Trainer):
                host = hosting(
                    chosen,
                    lanes,
                    definition,
                    data.largest,
                    left,
                    folder,
                    members=len(entry.members),
                    transfer=entry.transfer,
                )
            loop = SearchLoop(
                entry.stored,
                definition,
                data.task,
                trials=entry.trials,
                seconds=seconds_left(seconds, until, definition.budget.seconds, now()),
                lanes=1 if host is None else trials_at_once(host.settings.get("lanes", 1), len(entry.members)),
                checkpoints=folder,
                stop=stop,
                watcher=watcher,
            )
            if host is not None:
                if programs := programs_of(host, definition, data.task):
                    watcher.remark(programs)
                trainer = HostedTrainer(
                    host.trainer,
                    settings=host.settings,
                    threads=host.threads,
                    max_growth_bytes=host.max_growth_bytes,
                    max_bytes=definition.run.memory_bytes,
                    stop_requested=loop.stopping,
                )
            assert isinstance(trainer, Trainer)
            loop.run(entry.trainer(trainer, loop.stopping), entry.trained_on)
            watcher.search_ended()
        return entry.end(stop)


def programs_of(host: Hosting, definition: StudyDefinition, task: Task) -> str:
    """A sentence on how many programs a study's lanes need; empty if one serves all, or if there are no lanes."""
    if host.trainer != "lanes":
        return ""
    return programs_in_words(what_needs_programs(definition, task, host.settings["expected"]))
