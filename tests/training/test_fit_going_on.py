"""Trials that are handed back by the fit trainer, and go on in another one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.contracts.going_on import GoingOnContract, Models
from tests.contracts.small_tables import prepared
from tests.contracts.trainer import Recorder, job, train
from tuner.training.fit import FitTrainer, fit_job
from tuner.training.job import Job, Outcome, Verdict


class TestFitTrainerGoesOn(GoingOnContract):
    def train(self, jobs: Sequence[Job], observer: Recorder, folder: Path | None) -> tuple[dict[int, Outcome], Models]:
        outcomes, models = {}, {}
        for each in jobs:
            model, outcome = fit_job(each, prepared(), observer, checkpoints=folder and str(folder))
            assert model is not None, outcome.error
            outcomes[each.number], models[each.number] = outcome, model.get_weights()
        return outcomes, models


def test_the_trainer_writes_checkpoints_into_its_folder(tmp_path: Path) -> None:
    outcome = train(FitTrainer(checkpoints=str(tmp_path)), [job(0)], Recorder({(0, 1): Verdict.HAND_BACK}))[0]
    assert outcome.checkpoint in map(str, tmp_path.iterdir())
