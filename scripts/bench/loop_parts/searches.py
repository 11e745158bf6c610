"""A search as `tuner search` runs it, and the training of the very same jobs without storage, sampler or pruner."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy.engine import URL

from scripts.bench.loop_parts.space import NAME
from tuner.actions.defaults import checkpoints_of
from tuner.actions.search import search
from tuner.actions.trainers import hosting
from tuner.data.prepare import prepare
from tuner.hyperparameters import Hyperparameters
from tuner.search.block_storage import BlockStorage
from tuner.search.rows import changes_of, insert_trials, lock_study, stored_time, write_changes
from tuner.search.storage import opened_backend
from tuner.search.studies import join_study
from tuner.seeds import derive_seed
from tuner.study.definition import StudyDefinition
from tuner.training.hosted import HostedTrainer
from tuner.training.job import MAIN_DATA, DataOrder, Done, EpochResult, Job, Verdict
from tuner.training.trainer import Observer


@dataclass(frozen=True)
class Searched:
    """What a search took.

    Attributes:
        seconds: wall time of the whole, from an open process to the summary.
        trials: those that were finished by it.
    """

    seconds: float
    trials: Sequence[FrozenTrial]

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return sum(len(trial.intermediate_values) for trial in self.trials)


def searched(definition: StudyDefinition, folder: Path, *, trials: int) -> Searched:
    """Search until the study has so many trials more than it has now."""
    url = URL.create("sqlite", database=str(folder / "trials.db"))
    before = len(stored(url)) if Path(url.database or "").exists() else 0
    began = time.perf_counter()
    search(definition, root=folder, storage=url, trials=before + trials)
    seconds = time.perf_counter() - began
    return Searched(seconds, stored(url)[before:])


def stored(url: URL) -> list[FrozenTrial]:
    """All trials of the study."""
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        return blocks.get_all_trials(blocks.get_study_id_from_name(NAME), deepcopy=False)


def trained_alone(definition: StudyDefinition, done: Searched, folder: Path) -> float:
    """Train what a search trained, each trial for as many epochs as it had there.

    Returns:
        Wall seconds, from an open process to the last outcome.
    """
    began = time.perf_counter()
    data = prepare(definition.data, seed=definition.seed, root=folder).first
    host = hosting("lanes", None, definition, data, len(done.trials), checkpoints_of(folder, "alone"))
    trainer = HostedTrainer(
        host.trainer, settings=host.settings, threads=host.threads, max_growth_bytes=host.max_growth_bytes
    )
    script = _Script(definition, done.trials)
    ended = sum(1 for _ in trainer.train(script, {MAIN_DATA: data}, script))
    assert ended == len(done.trials)
    return time.perf_counter() - began


class _Script(Observer):
    """Hands out what a search has asked for, and ends every trial where the search ended it."""

    def __init__(self, definition: StudyDefinition, trials: Sequence[FrozenTrial]) -> None:
        self._left = iter(trials)
        self._definition = definition
        self._epochs = {trial.number: len(trial.intermediate_values) for trial in trials}

    def next(self) -> Job | Done:
        trial = next(self._left, None)
        if trial is None:
            return Done()
        return Job(
            number=trial.number,
            hyperparameters=Hyperparameters.model_validate(trial.user_attrs["hyperparameters"]),
            seed=trial.user_attrs["seed"],
            order=DataOrder(self._definition.seed, stream=trial.number),
            metric="val_log_loss",
            direction="minimize",
        )

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        return [
            Verdict.PRUNE if result.epoch + 1 >= self._epochs[result.number] else Verdict.GO_ON for result in results
        ]


def fill(definition: StudyDefinition, folder: Path, models: Sequence[FrozenTrial], count: int) -> None:
    """Put trials into a fresh study that look like those of a search, but for a little noise in every number."""
    url = URL.create("sqlite", database=str(folder / "trials.db"))
    noise = random.Random(derive_seed(definition.seed, "filling"))
    data = prepare(definition.data, seed=definition.seed, root=folder).first
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        study_id = join_study(blocks, definition, data)._study_id
        with blocks.transaction() as connection:
            lock_study(connection, study_id)
            copies = [_shaken(models[number % len(models)], noise) for number in range(count)]
            rows = [{"state": each.state, "datetime_start": stored_time(each.datetime_start)} for each in copies]
            ids = [trial_id for trial_id, _ in insert_trials(connection, study_id, rows)]
            write_changes(connection, {i: changes_of(each) for i, each in zip(ids, copies, strict=True)})


def _shaken(model: FrozenTrial, noise: random.Random) -> FrozenTrial:
    factor = noise.uniform(1.0, 1.1)
    params = {}
    for name, value in model.params.items():
        distribution = model.distributions[name]
        if isinstance(value, float) and hasattr(distribution, "low"):
            value = min(distribution.high, max(distribution.low, value * noise.uniform(0.9, 1.1)))
        params[name] = value
    return create_trial(
        state=model.state,
        value=None if model.value is None or model.state is TrialState.FAIL else model.value * factor,
        params=params,
        distributions=model.distributions,
        user_attrs=model.user_attrs,
        intermediate_values={epoch: value * factor for epoch, value in model.intermediate_values.items()},
    )
