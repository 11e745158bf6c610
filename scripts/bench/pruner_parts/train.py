"""Trains the networks whose curves are replayed: once, with lanes, at random from the spaces of bundled studies."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import optuna

from scripts.bench.pruner_parts.curves import write
from tuner.actions.trainers import hosting
from tuner.data.prepare import prepare
from tuner.data.prepared import Prepared
from tuner.search.trials import job_of
from tuner.space import Fixed
from tuner.study.definition import StudyDefinition
from tuner.study.load import load_study
from tuner.training.job import MAIN_DATA, Done, End, EpochResult, Job, Verdict
from tuner.training.lanes import LaneTrainer
from tuner.training.trainer import Observer

STUDIES = ("breast_cancer", "diabetes")
PROJECT = Path(__file__).resolve().parents[3]


class Drawn(Observer):
    """Jobs drawn at random from a study's space; as an observer, it writes down how each of them goes."""

    def __init__(self, definition: StudyDefinition, data: Prepared, networks: int) -> None:
        self.curves: list[list[float]] = []
        self._definition = definition
        self._task = data.task
        self._networks = networks
        self._study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=definition.seed))

    def next(self) -> Job | Done:
        if len(self.curves) == self._networks:
            return Done()
        self.curves.append([])
        return job_of(self._study.ask(), self._definition, self._task)

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        metric = self._definition.metric(self._task)
        for result in results:
            self.curves[result.number].append(result.metrics[metric])
        return [Verdict.GO_ON] * len(results)


def train(networks: int, file: Path, epochs: int | None = None, studies: Sequence[str] = STUDIES) -> None:
    """Train so many networks of each study, and write the file.

    Args:
        networks: of each study.
        file: where the curves go.
        epochs: instead of the studies' own.
        studies: by name.
    Raises:
        RuntimeError: if a network failed.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sets: dict[str, list[list[float]]] = {}
    for name in studies:
        definition = load_study(name, PROJECT)
        if epochs is not None:
            table = definition.space
            definition = replace(definition, space=replace(table, entries={**table.entries, "epochs": Fixed(epochs)}))
        data = prepare(definition.data, seed=definition.seed, root=PROJECT).first
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            jobs = Drawn(definition, data, networks)
        trainer = LaneTrainer(**hosting("lanes", None, definition, data, networks).settings)
        outcomes = list(trainer.train(jobs, {MAIN_DATA: data}, jobs))
        failed = [outcome.error for outcome in outcomes if outcome.end is End.FAILED]
        if failed or len(outcomes) != networks:
            raise RuntimeError(
                f"{name}: {len(outcomes)} of {networks} networks ended, {len(failed)} failed: {failed[:1]}"
            )
        sets[name] = jobs.curves
        print(f"{name}: {networks} networks, {sum(map(len, jobs.curves))} epochs", flush=True)
    write(sets, file)
