"""Optuna's own pruners for many trials at once: successive halving, Hyperband, and any other."""

from __future__ import annotations

import copy
from collections.abc import Container, Sequence
from typing import Any, cast

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, SuccessiveHalvingPruner
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState


class Rungs:
    """Asks Optuna's pruner for each trial, and reads the storage no more than once for all of them.

    Successive halving keeps the rungs that a trial has reached with the trial in the storage, where all workers see
    them. A trial that reaches one is compared with all others there; to read these anew for each of a hundred trials
    that reach it in the same epoch would take longer than to train them.
    """

    def __init__(self, pruner: BasePruner, study: optuna.Study, epochs: int) -> None:
        """The verdicts of a pruner.

        Args:
            pruner: asked as it is.
            study: whose trials it compares.
            epochs: the most epochs that a trial can have.
        """
        self._pruner = pruner
        self._study = study
        self._epochs = epochs

    def learn(self, finished: Sequence[FrozenTrial]) -> None:
        """Nothing is learnt: what is compared is in the storage."""

    def should_prune(self, running: Sequence[FrozenTrial]) -> list[bool]:
        """The pruner's verdicts, one trial after another; each sees what the ones before have noted."""
        study = self._read_once(running)
        return [bool(self._pruner.prune(study, trial)) for trial in running]

    def stopped_early(self, trial: FrozenTrial) -> None:
        """Note a trial on every rung that it would have reached with its last value.

        So it is a part of the comparison there, as one that went on would be.
        """
        if not isinstance(self._pruner, (SuccessiveHalvingPruner, HyperbandPruner)) or not trial.intermediate_values:
            return
        last = trial.intermediate_values[max(trial.intermediate_values)]
        carried = copy.copy(trial)
        carried.intermediate_values = {**trial.intermediate_values, self._epochs - 1: last}
        self._pruner.prune(self._read_once([carried]), carried)

    def _read_once(self, running: Sequence[FrozenTrial]) -> optuna.Study:
        """The study on a storage that is read once, in which the running trials are those given."""
        study = copy.copy(self._study)
        study._storage = cast(BaseStorage, _ReadOnce(self._study._storage, running))
        return study


class _ReadOnce:
    """A storage whose trials are read when they are first asked for, and then no more.

    What is written of a running trial goes to the storage, and to the trial given, with which later ones are compared.
    """

    def __init__(self, storage: BaseStorage, running: Sequence[FrozenTrial]) -> None:
        self._storage = storage
        self._running = {trial._trial_id: trial for trial in running}
        self._trials: dict[int, FrozenTrial] | None = None
        self._study_id: int | None = None

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        if self._trials is None:
            read = self._storage.get_all_trials(study_id, deepcopy=False)
            self._trials = {trial._trial_id: trial for trial in read}
            self._trials.update({trial_id: _as_it_is(trial) for trial_id, trial in self._running.items()})
        found = list(self._trials.values())
        if states is not None:
            found = [trial for trial in found if trial.state in states]
        return copy.deepcopy(found) if deepcopy else found

    def get_study_id_from_name(self, study_name: str) -> int:
        # Hyperband asks for each trial.
        if self._study_id is None:
            self._study_id = self._storage.get_study_id_from_name(study_name)
        return self._study_id

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        self._storage.set_trial_system_attr(trial_id, key, value)
        trial = self._running[trial_id]
        trial.system_attrs = {**trial.system_attrs, key: value}
        if self._trials is not None:
            # Another object: whoever holds a list of trials goes on seeing them as they were when he asked.
            self._trials[trial_id] = _as_it_is(trial)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)


def _as_it_is(trial: FrozenTrial) -> FrozenTrial:
    """A copy that keeps its notes whatever is noted later."""
    copied = copy.copy(trial)
    copied.system_attrs = dict(trial.system_attrs)
    return copied
