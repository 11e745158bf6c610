"""What every search begins and ends with: a study in its storage, its data and its budget, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from tuner.actions.defaults import Storage, checkpoints_of, root_of, storage_of, study_of
from tuner.actions.fit_only import refuse_lanes
from tuner.actions.in_use import in_use
from tuner.actions.machine import this_machine
from tuner.actions.transferring import transfer_models
from tuner.actions.writable import remark_on_checkpoints
from tuner.data.measurable import why_not_measurable
from tuner.data.prepare import prepare
from tuner.data.prepared import Prepared
from tuner.data.prepared_data import PreparedData
from tuner.errors import Mistake, StudyError, StudyFileError
from tuner.report.summary import StudySummary, summarize
from tuner.search.block_storage import BlockStorage
from tuner.search.generations import generation_for
from tuner.search.starting_points import queue_starting_points
from tuner.search.stop import StopReason, StopRequest
from tuner.search.storage import StorageUrl, making_a_study, opened_backend
from tuner.search.studies import EARLIER_DATA, Study, join_study, load_stored, set_budget
from tuner.study.definition import StudyDefinition
from tuner.study.read import task_mistakes
from tuner.study.sampler_fit import pruner_is_off
from tuner.training.folded import FoldedTrainer
from tuner.training.job import DataKey, member_data
from tuner.training.members import Member, members_of
from tuner.training.trainer import Trainer
from tuner.training.transfer_file import TransferModel


@dataclass(frozen=True)
class SearchEnd:
    """How a search ended.

    Attributes:
        summary: what the study has come to.
        stopped: why it stopped before its budget of trials was spent; None if it did not.
    """

    summary: StudySummary
    stopped: StopReason | None


@dataclass(frozen=True)
class Joined:
    """A study that is ready to be searched.

    Attributes:
        definition: what is searched.
        root: the project root.
        url: where its trials are kept.
        data: its prepared table, in every form that trials may want.
        members: the trainings that each trial consists of.
        blocks: the storage, open.
        stored: the study in it.
        trials: the study's total of finished trials; None if nothing bounds it.
        transfer: the models of which trials take layers, by path.
    """

    definition: StudyDefinition
    root: Path
    url: StorageUrl
    data: PreparedData
    members: tuple[Member, ...]
    blocks: BlockStorage
    stored: Study
    trials: int | None
    transfer: Mapping[str, TransferModel] = field(default_factory=dict)

    @property
    def trained_on(self) -> Mapping[DataKey, Prepared]:
        """What trainers train on, by its key: each form, for each member of a trial."""
        forms = self.data.forms
        if len(self.members) == 1:
            return {key: repeats[0][0] for key, repeats in forms.items()}
        return {
            # Without folds all repetitions are of one split.
            member_data(key, member.repeat, member.fold): repeats[member.repeat % len(repeats)][member.fold]
            for key, repeats in forms.items()
            for member in self.members
        }

    def trainer(self, inner: Trainer, stop_requested: Callable[[], bool]) -> Trainer:
        """A trainer of whole trials out of one of their members."""
        if len(self.members) == 1:
            return inner
        checkpoints = str(checkpoints_of(self.root, self.definition.name))
        return FoldedTrainer(inner, self.members, checkpoints=checkpoints, stop_requested=stop_requested)

    def remarks(self) -> list[str]:
        """What a person may like to know of data and folders before the first trial, one sentence each."""
        found = list(self.data.notes)
        no_checkpoints = remark_on_checkpoints(checkpoints_of(self.root, self.definition.name))
        if no_checkpoints is not None:
            found.append(no_checkpoints)
        if pruner_is_off(self.definition):
            found.append(pruner_is_off(self.definition))
        if "@" in self.definition.name:
            found.append(f"the data have changed since the first trial: this is the study {self.definition.name}")
        elif EARLIER_DATA in self.stored.user_attrs:
            found.append("the data have changed since the first trial; earlier trials do not quite compare")
        return found

    def left(self, finished: int) -> int | None:
        """How many trials the budget still has room for, None if it is not bounded."""
        return None if self.trials is None else max(0, self.trials - finished)

    def end(self, stop: StopRequest) -> SearchEnd:
        """What the study has come to, after a search that somebody may have asked to stop."""
        summary = summarize(load_stored(self.blocks, self.definition.name))
        spent = self.trials is not None and summary.trials.complete + summary.trials.pruned >= self.trials
        return SearchEnd(summary, None if spent else stop.reason)


@contextmanager
def joined(
    study: StudyDefinition | str,
    *,
    root: Path | None,
    storage: Storage,
    trials: int | None,
    data: PreparedData | None = None,
    lanes: bool = False,
    today: Callable[[], date] = date.today,
) -> Iterator[Joined]:
    """A study with its data, in an open storage; tables and study are made if they are not there.

    Args:
        study: its name, its file's path, or its definition.
        root: the project root; found as the command line finds it if None.
        storage: where trials are kept; found as the command line finds it if None.
        trials: the study's total of finished trials, for this and later runs; the study's own budget if None.
        data: the study's data, if they are at hand; only with them goes a study of somebody's own model.
        lanes: whether its trials are to be trained in lanes, which not every study can be.
        today: names the generation of a study whose data have changed.
    Raises:
        DataError, StorageError, StudyError, StudyFileError: whatever is wrong, before anything is written.
    """
    folder = root_of(root)
    definition = study_of(study, folder)
    if definition.has_own_model and data is None:
        raise StudyError(
            f'"{definition.name}" is of somebody\'s own model, which only the program that has it can build; '
            "hand its KerasObjective to tuner.actions.search.search"
        )
    if lanes:
        refuse_lanes(definition)
    url = storage_of(storage, folder, definition.run.storage)
    if data is None:
        data = prepared_for(definition, folder)
    else:
        check_task(definition, data)
        check_metric_is_defined(definition, data)
    transfer = transfer_models(definition, data, folder)
    definition = replace(definition, files={path: model.content for path, model in transfer.items()})
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks, ExitStack() as until_left:
        with making_a_study(url, backend):
            if definition.data.on_data_change == "new_study":
                metric = definition.meaning_for(data.task)["search.metric"]
                definition = generation_for(blocks, definition, data.fingerprint, metric, today())
            stored = join_study(blocks, definition, data)
            total = set_budget(stored, definition, trials)
            queue_starting_points(stored, definition)
            until_left.enter_context(in_use(folder, definition.name))
        members = members_of(folds=definition.data.folds or 1, repeats=definition.data.repeats)
        yield Joined(definition, folder, url, data, members, blocks, stored, total, transfer)


def prepared_for(definition: StudyDefinition, root: Path) -> PreparedData:
    """A study's data, in every form that its trials may want.

    Raises:
        DataError: if the table cannot be used as it is.
        StudyFileError: if metric or loss are for another task, or if the validation rows do not tell the metric.
    """
    most = this_machine().memory_bytes
    data = prepare(
        definition.data,
        seed=definition.seed,
        root=root,
        forms=definition.forms.by_key,
        most_bytes=most,
        cache=root / ".tuner" / "data",
    )
    check_task(definition, data)
    check_metric_is_defined(definition, data)
    return data


def check_task(definition: StudyDefinition, data: PreparedData) -> None:
    """Hold a study's metric and loss against the task that the data turned out to be.

    Raises:
        StudyFileError: if they are for another task.
    """
    mistakes = task_mistakes(data.task, definition.search.first_metric, definition.space)
    if mistakes:
        raise StudyFileError(definition.source, mistakes)


def check_metric_is_defined(definition: StudyDefinition, data: PreparedData) -> None:
    """Hold a study's metric against the validation rows of every training that a trial consists of.

    Raises:
        StudyFileError: if the metric means nothing on some of them.
    """
    metric = definition.metric(data.task)
    # All forms have the same rows.
    repeats = next(iter(data.forms.values()))
    single = sum(len(folds) for folds in repeats) == 1
    for repeat, folds in enumerate(repeats):
        for fold, prepared in enumerate(folds):
            why = why_not_measurable(metric, prepared)
            if why is not None:
                where = "" if single else f" in {Member(repeat, fold)}"
                problem = f'is "{metric}", but {why}{where}; state another metric, or another split'
                raise StudyFileError(definition.source, [Mistake("search.metric", problem)])
