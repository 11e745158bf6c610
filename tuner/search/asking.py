"""Asking for trials in batches, ahead of the moment when a lane is free for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial, TrialState

from tuner.errors import SearchError
from tuner.search.block_storage import BlockStorage
from tuner.search.leases import ATTEMPT, CHECKPOINT, epochs_kept
from tuner.search.samplers import SeededSampler
from tuner.search.trials import job_of
from tuner.seeds import derive_seed
from tuner.study.definition import StudyDefinition
from tuner.study.metrics import Task
from tuner.training.job import Job

DRAWS = 10
"""How often a known configuration is replaced by one that is drawn at random, before it counts as a repetition."""


@dataclass(frozen=True)
class Asked:
    """A trial that is ready to be trained.

    Attributes:
        trial_id: its id in the storage.
        job: what to train.
        attempt: 1, or more if it has been tried before.
        repeats: the finished trial that had the very same configuration; None if there is none.
    """

    trial_id: int
    job: Job
    attempt: int
    repeats: FrozenTrial | None = None


class Asking:
    """Turns trials that have been taken into jobs: this is where the sampler is asked."""

    def __init__(
        self,
        study: optuna.Study,
        storage: BlockStorage,
        definition: StudyDefinition,
        task: Task,
        checkpoints: Path | None,
    ) -> None:
        """For one study.

        Args:
            study: with a `SeededSampler`.
            storage: holds the trials that are asked for.
            definition: the study's file.
            task: the target's kind.
            checkpoints: the folder where the progress of handed-back trials lies; None for none.
        """
        self._study = study
        self._storage = storage
        self._definition = definition
        self._task = task
        self._checkpoints = checkpoints
        self._finished: dict[str, FrozenTrial] = {}

    def learn(self, finished: Iterable[FrozenTrial]) -> None:
        """Take in trials that have become complete or pruned."""
        for trial in finished:
            if trial.params:
                self._finished.setdefault(_key(trial.params), trial)

    def ask(self, ids: Sequence[int]) -> list[Asked]:
        """Let the sampler choose for trials that have been taken; all of them see the same history.

        Raises:
            SearchError: if a trial has a configuration that cannot be.
        """
        # Optuna keeps the trials that one ask has seen for the next.
        self._study._thread_local.cached_all_trials = None
        sampler = self._study.sampler
        with sampler.batch() if isinstance(sampler, SeededSampler) else nullcontext():
            return [self._ask(trial_id) for trial_id in ids]

    def _ask(self, trial_id: int) -> Asked:
        taken = self._storage.trial(trial_id)
        chosen_before = bool(taken.params or taken.system_attrs.get("fixed_params"))
        job = self._job_of(self._study, trial_id)
        repeats = None if chosen_before else self._finished.get(_key(self._storage.trial(trial_id).params))
        for draw in range(DRAWS):
            if repeats is None or not self._may_be_redrawn:
                break
            self._storage.forget(trial_id, params=True)
            job = self._job_of(self._at_random(taken.number, draw), trial_id)
            repeats = self._finished.get(_key(self._storage.trial(trial_id).params))
        job = self._with_progress(job, trial_id)
        return Asked(trial_id, job, int(taken.user_attrs.get(ATTEMPT, 1)), repeats)

    def _job_of(self, study: optuna.Study, trial_id: int) -> Job:
        try:
            return job_of(optuna.Trial(study, trial_id), self._definition, self._task)
        except ValueError as error:
            self._storage.set_trial_state_values(trial_id, TrialState.FAIL)
            number = self._storage.get_trial_number_from_id(trial_id)
            raise SearchError(f"trial {number} has a configuration that cannot be: {error}") from error

    @property
    def _may_be_redrawn(self) -> bool:
        """A grid says what is to be tried, and a random point is none of it."""
        return self._definition.search.sampler.kind != "grid"

    def _at_random(self, number: int, draw: int) -> optuna.Study:
        """The study with a sampler that knows nothing."""
        study = optuna.Study(self._study.study_name, self._storage)
        study.sampler = RandomSampler(seed=derive_seed(self._definition.seed, "sampler", number, draw))
        return study

    def _with_progress(self, job: Job, trial_id: int) -> Job:
        """The job with the file from which it goes on; without one it starts over, and its reports are forgotten."""
        trial = self._storage.trial(trial_id)
        checkpoint: Mapping[str, Any] | None = trial.system_attrs.get(CHECKPOINT)
        path = None if not checkpoint or self._checkpoints is None else self._checkpoints / checkpoint["file"]
        if path is None or not path.exists():
            self._storage.forget(trial_id)
            return job
        self._storage.forget(trial_id, from_epoch=epochs_kept(trial))
        return replace(job, checkpoint=str(path))


def _key(params: Mapping[str, Any]) -> str:
    """The same text for the same parameters."""
    return json.dumps(params, sort_keys=True)
