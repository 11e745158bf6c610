"""Stored studies: making one, finding it again, and refusing one that means something else."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import optuna
from optuna.storages import BaseStorage
from optuna.study import StudyDirection

from tuner.data.prepared import Prepared
from tuner.data.prepared_data import PreparedData
from tuner.errors import StudyError, did_you_mean
from tuner.hyperparameters import Hyperparameters
from tuner.search.pruners import make_pruner
from tuner.search.samplers import SeededSampler
from tuner.search.versions import disagreement, versions
from tuner.space import Choices, Fixed, Range, leaves
from tuner.study.definition import StudyDefinition, differences, fingerprint
from tuner.study.objectives import Objective
from tuner.study.pruner_settings import NoPruner
from tuner.study.search_settings import SearchSettings

DEFINITION = "tuner:definition"
DATA = "tuner:data"
EARLIER_DATA = "tuner:earlier_data"
VERSIONS = "tuner:versions"
BUDGET = "tuner:trials"
OVERRIDE = "tuner:trials_override"
LOST_WORKER_RETRIES = "tuner:lost_worker_retries"

Study: TypeAlias = optuna.Study
"""For those who only pass it on."""


@dataclass(frozen=True)
class StoredStudy:
    """What a stored study says about itself.

    Attributes:
        study: the Optuna study.
        metric: the objective metric; of several objectives the first.
        trials: the budget of trials that the last search went by; None if there was none.
        lost_worker_retries: how often a trial is taken up again after its worker was lost, as the last search had it.
    """

    study: optuna.Study
    metric: str
    trials: int | None
    lost_worker_retries: int = SearchSettings().lost_worker_retries

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """Everything that it goes by, the metric first."""
        names = self.study.metric_names or [self.metric]
        return tuple(
            Objective(name, "minimize" if direction is StudyDirection.MINIMIZE else "maximize")
            for name, direction in zip(names, self.study.directions, strict=True)
        )


def join_study(storage: BaseStorage, definition: StudyDefinition, data: PreparedData | Prepared) -> Study:
    """The stored study of a definition; it is made if it is not there.

    Raises:
        StudyError: if a study of that name means something else, has other data, or other versions made it.
    """
    objectives = definition.objectives(data.task)
    several = len(objectives) > 1
    study = optuna.create_study(
        storage=storage,
        study_name=definition.name,
        directions=[each.direction for each in objectives],
        load_if_exists=True,
        sampler=SeededSampler(definition.search.sampler, definition.seed, definition.space, several=several),
        # A curve of one objective says nothing of the others.
        pruner=make_pruner(NoPruner() if several else definition.search.pruner, most_epochs(definition)),
    )
    stated: dict[str, Any] = {
        DEFINITION: definition.meaning_for(data.task),
        DATA: data.fingerprint,
        VERSIONS: versions(),
    }
    attributes = study.user_attrs
    if DEFINITION in attributes:
        if definition.data.on_data_change == "continue" and attributes.get(DATA) != stated[DATA]:
            attributes = {**attributes, DATA: stated[DATA]}
            study.set_user_attr(EARLIER_DATA, [*attributes.get(EARLIER_DATA, []), study.user_attrs.get(DATA)])
            study.set_user_attr(DATA, stated[DATA])
        _refuse_changes(definition, attributes, stated)
    else:
        _refuse_foreign(study, [each.direction for each in objectives])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.set_metric_names([each.name for each in objectives])
        for name in (DATA, VERSIONS, DEFINITION):
            study.set_user_attr(name, stated[name])
    if attributes.get(LOST_WORKER_RETRIES) != definition.search.lost_worker_retries:
        study.set_user_attr(LOST_WORKER_RETRIES, definition.search.lost_worker_retries)
    return study


def most_epochs(definition: StudyDefinition) -> int:
    """The most epochs that a trial of a study can have."""
    leaf = leaves(definition.space).get("epochs", Fixed(Hyperparameters.model_fields["epochs"].default))
    if isinstance(leaf, Range):
        return int(leaf.high)
    values = leaf.values if isinstance(leaf, Choices) else (leaf.value,)
    return max(int(value) for value in values if isinstance(value, int))


def _refuse_foreign(study: optuna.Study, directions: Sequence[str]) -> None:
    # One that was broken off while it was made is our own: without trials, and with the right directions.
    if study.get_trials(deepcopy=False) or [each.name.lower() for each in study.directions] != [*directions]:
        raise StudyError(
            f'the storage has a study "{study.study_name}" that was not made by tuner; '
            "give this one another name, or use another --storage"
        )


def _refuse_changes(definition: StudyDefinition, stored: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    way_out = (
        f"rename the study (copy its file to a new name), or `tuner delete --study {definition.name}` to start afresh"
    )
    before = stored[DEFINITION]
    # A setting that came with a later version means, by its default, what was meant without it.
    now = {place: value for place, value in current[DEFINITION].items() if place in before or definition.states(place)}
    if fingerprint(before) != fingerprint(now):
        changes = "\n  ".join(differences(before, now))
        raise StudyError(
            f'the study "{definition.name}" is stored with another definition, and trials of both would not compare:\n'
            f"  {changes}\nEither take the change back, or {way_out}."
        )
    if stored.get(DATA) != current[DATA]:
        raise StudyError(
            f'the data of the study "{definition.name}" have changed since its first trial '
            f"({stored.get(DATA)} then, {current[DATA]} now), and trials of both would not compare. "
            f"Either bring the old data back, or {way_out}. `on_data_change` in [data] says what to do the next time: "
            f'"new_study" begins {definition.name}@DATE, "continue" goes on nevertheless.'
        )
    found = disagreement(stored.get(VERSIONS, {}), current[VERSIONS])
    if found:
        raise StudyError(
            f'the study "{definition.name}" belongs to other versions: {found}. '
            f"Either install those versions, or {way_out}."
        )


def set_budget(study: optuna.Study, definition: StudyDefinition, stated: int | None) -> int | None:
    """The study's total of finished trials: what is stated now, else in an earlier run, else by the file."""
    if stated is not None:
        study.set_user_attr(OVERRIDE, stated)
    total: int | None = study.user_attrs.get(OVERRIDE, definition.budget.trials)
    if study.user_attrs.get(BUDGET) != total:
        study.set_user_attr(BUDGET, total)
    return total


def stored_names(storage: BaseStorage) -> list[str]:
    """The names of all stored studies; one with several objectives has to be of our own making."""
    summaries = optuna.get_all_study_summaries(storage, include_best_trial=False)
    return [
        summary.study_name for summary in summaries if len(summary.directions) == 1 or DEFINITION in summary.user_attrs
    ]


def stored_definition(storage: BaseStorage, name: str) -> Mapping[str, Any]:
    """What a stored study says about itself, as it is kept."""
    return storage.get_study_user_attrs(storage.get_study_id_from_name(name))


def load_stored(storage: BaseStorage, name: str) -> StoredStudy:
    """A stored study by its name.

    Raises:
        StudyError: if there is none of that name.
    """
    names = stored_names(storage)
    if name not in names:
        others = f"it has {', '.join(names)}" if names else "it has none yet"
        way_out = did_you_mean(name, names) or f" `tuner search --study {name}` starts it."
        raise StudyError(f'the storage has no study "{name}"; {others}.{way_out}')
    study = optuna.load_study(study_name=name, storage=storage)
    metric = study.metric_names[0] if study.metric_names else "value"
    attributes = study.user_attrs
    retries = attributes.get(LOST_WORKER_RETRIES, SearchSettings().lost_worker_retries)
    return StoredStudy(study, metric, attributes.get(BUDGET), retries)


def delete_stored(storage: BaseStorage, name: str) -> None:
    """Delete a stored study and all of its trials.

    Raises:
        StudyError: if there is none of that name.
    """
    load_stored(storage, name)
    optuna.delete_study(study_name=name, storage=storage)
