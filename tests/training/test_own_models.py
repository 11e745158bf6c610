"""Somebody's own model under the training that our own networks have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import Listed, Recorder, job, train
from tests.models.own_models import stacked, subclassed, two_branches
from tuner.models import build_mlp
from tuner.study.own import own_model
from tuner.training.fit import FitTrainer, fit_job
from tuner.training.job import MAIN_DATA, End, Job, Verdict

OWN = own_model({"units": 8})

TECHNIQUES: dict[str, Any] = {
    "optimizer": {"kind": "sgd", "learning_rate": 0.3, "nesterov": True},
    "schedule": {"kind": "cosine"},
    "warmup": {"epochs": 1},
    "plateau": {"patience": 1, "factor": 0.5},
    "momentum": {"kind": "rise", "start": 0.5, "maximum": 0.9, "step": 0.1},
    "gradient_noise": {"kind": "constant", "initial": 0.01},
    "clipping": {"kind": "norm", "limit": 0.5},
    "label_smoothing": 0.1,
    "class_weights": "balanced",
    "early_stopping": {"patience": 2},
    "loss": "categorical_cross_entropy",
    "epochs": 6,
}


def own_job(number: int = 0, units: int = 8, **stated: Any) -> Job:
    """A small job of somebody's own model."""
    return of_own_model(job(number, **stated), units)


def of_own_model(ours: Job, units: int = 8) -> Job:
    """The same training of another network."""
    tree = ours.hyperparameters.model_dump(exclude={"layers", "normalization", "inputs", "activation_noise"})
    return replace(ours, hyperparameters=OWN.model_validate({**tree, "own": {"units": units}}))


def test_schedules_noise_clipping_and_early_stopping_are_those_of_our_own_networks():
    """The same network by somebody's own code has the same numbers, to the last digit."""
    ours = job(**TECHNIQUES)
    theirs = own_job(**TECHNIQUES)

    def build(hyperparameters: Any, inputs: int, outputs: int) -> Any:
        return build_mlp(ours.hyperparameters, features=inputs, outputs=outputs, task="multiclass", seed=ours.seed)

    one, other = Recorder(), Recorder()
    model, outcome = fit_job(ours, prepared(), one)
    own, own_outcome = fit_job(theirs, prepared(), other, build=build)
    assert own_outcome.error is None
    assert [each.metrics for each in other.results] == [each.metrics for each in one.results]
    assert [(each.learning_rate, each.momentum) for each in other.results] == [
        (each.learning_rate, each.momentum) for each in one.results
    ]
    assert (own_outcome.end, own_outcome.best_epoch) == (outcome.end, outcome.best_epoch)
    assert model is not None
    assert own is not None
    assert all(np.array_equal(*pair) for pair in zip(model.get_weights(), own.get_weights(), strict=True))


@pytest.mark.parametrize("build", [two_branches(), subclassed, stacked])
def test_models_of_every_make_are_trained_and_have_their_best_epochs_weights(build):
    model, outcome = fit_job(own_job(), prepared(), Recorder(), build=build)
    assert model is not None, outcome.error
    measured = model.evaluate(prepared().x_validation, prepared().y_validation, verbose=0, return_dict=True)
    assert measured["log_loss"] == pytest.approx(outcome.best_metrics["val_log_loss"], rel=1e-5)
    assert outcome.parameters == sum(int(np.prod(each.shape)) for each in model.trainable_weights)


@pytest.mark.parametrize(("task", "metric"), [("binary", "val_roc_auc"), ("regression", "val_rmse")])
def test_other_tasks_and_metrics_are_measured(task, metric):
    outcome = fit_job(own_job(metric=metric), prepared(task), Recorder(), build=two_branches(task))[1]
    assert outcome.end is End.FINISHED, outcome.error
    assert np.isfinite(outcome.best_metrics[metric])


def test_an_error_in_build_fails_the_trial_with_its_message_and_no_other():
    def build(hyperparameters: Any, inputs: int, outputs: int) -> Any:
        if hyperparameters.units == 9:
            raise ValueError("nine is too many")
        return stacked(hyperparameters, inputs, outputs)

    outcomes = train(FitTrainer(build=build), [own_job(0, units=9), own_job(1)], Recorder())
    assert outcomes[0].end is End.FAILED
    assert outcomes[0].error == "ModelError: build raised ValueError: nine is too many"
    assert outcomes[1].end is End.FINISHED


def test_a_job_of_an_own_model_without_its_builder_fails():
    """And is not trained as a network of ours."""
    outcome = fit_job(own_job(), prepared(), Recorder())[1]
    assert outcome.end is End.FAILED
    assert "nobody has said how it is built" in str(outcome.error)


def test_the_trainer_hands_over_each_trained_model():
    kept: dict[int, Any] = {}
    trainer = FitTrainer(build=subclassed, keep_model=lambda job, model: kept.__setitem__(job.number, model))
    observer = Recorder({(1, 0): Verdict.PRUNE})
    outcomes = list(trainer.train(Listed([own_job(0), own_job(1)]), {MAIN_DATA: prepared()}, observer))
    assert [outcome.end for outcome in outcomes] == [End.FINISHED, End.PRUNED]
    assert sorted(kept) == [0, 1]
    measured = kept[0].evaluate(prepared().x_validation, prepared().y_validation, verbose=0, return_dict=True)
    assert measured["log_loss"] == pytest.approx(outcomes[0].best_metrics["val_log_loss"], rel=1e-5)
