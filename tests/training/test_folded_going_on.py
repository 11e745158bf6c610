"""Trials with members that are handed back go on as if nothing had happened, in lanes and in fit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.contracts.going_on import GoingOnContract, Models
from tests.contracts.trainer import Listed, Recorder
from tests.training.folded_trainers import folds_of
from tests.training.test_lanes_going_on import SPACE
from tuner.training.fit import FitTrainer
from tuner.training.folded import FoldedTrainer
from tuner.training.job import Job, Outcome
from tuner.training.lanes import LaneTrainer
from tuner.training.members import members_of, trial_of
from tuner.training.trainer import Trainer

MEMBERS = members_of(folds=2, repeats=1)


def folded(inner: Trainer, jobs: Sequence[Job], observer: Recorder, folder: Path | None) -> dict[int, Outcome]:
    trainer = FoldedTrainer(inner, MEMBERS, checkpoints=folder and str(folder))
    outcomes = trainer.train(Listed(jobs), folds_of(MEMBERS), observer)
    return {outcome.number: outcome for outcome in outcomes}


class TestFoldedLanesGoOn(GoingOnContract):
    """With a lane for every member."""

    def train(self, jobs: Sequence[Job], observer: Recorder, folder: Path | None) -> tuple[dict[int, Outcome], Models]:
        models: dict[int, list] = {}

        def keep(job: Job, model: object) -> None:
            trial, index = trial_of(job.number, len(MEMBERS))
            models.setdefault(trial, [None] * len(MEMBERS))[index] = model.get_weights()

        trainer = LaneTrainer(8, SPACE, block=2, threads=2, checkpoints=folder and str(folder), keep_model=keep)
        outcomes = folded(trainer, jobs, observer, folder)
        return outcomes, {
            number: [part for weights in parts for part in weights or []] for number, parts in models.items()
        }


@pytest.mark.thorough
class TestFoldedFitGoesOn(GoingOnContract):
    """One member after another, without their models."""

    def train(self, jobs: Sequence[Job], observer: Recorder, folder: Path | None) -> tuple[dict[int, Outcome], Models]:
        outcomes = folded(FitTrainer(checkpoints=folder and str(folder)), jobs, observer, folder)
        return outcomes, dict.fromkeys(outcomes, ())
