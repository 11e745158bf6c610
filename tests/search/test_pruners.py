from __future__ import annotations

from typing import get_args

import optuna
import pytest

from tests.search.fake_trainer import FakeTrainer, search, small_study
from tuner.search.pruners import PRUNERS, default_warmup, make_pruner
from tuner.search.studies import most_epochs
from tuner.study.pruner_settings import (
    HyperbandPruner,
    MedianPruner,
    NoPruner,
    PatientPruner,
    PercentilePruner,
    Pruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
)


@pytest.mark.parametrize(
    ("settings", "pruner"),
    [
        (NoPruner(), optuna.pruners.NopPruner),
        (MedianPruner(), optuna.pruners.MedianPruner),
        (PercentilePruner(), optuna.pruners.PercentilePruner),
        (SuccessiveHalvingPruner(), optuna.pruners.SuccessiveHalvingPruner),
        (HyperbandPruner(), optuna.pruners.HyperbandPruner),
        (PatientPruner(), optuna.pruners.PatientPruner),
        (ThresholdPruner(upper=1.0), optuna.pruners.ThresholdPruner),
    ],
)
def test_every_pruner_of_a_study_file_is_optunas_own(settings, pruner):
    assert type(make_pruner(settings, 40)) is pruner


def test_every_pruner_of_a_study_file_can_be_made():
    (kinds, *_) = get_args(Pruner)
    assert set(PRUNERS) == set(get_args(kinds))


def test_a_patient_pruner_wraps_the_one_that_is_stated():
    patient = make_pruner(PatientPruner(patience=3, min_delta=0.1, pruner=MedianPruner()), 40)
    assert (patient._patience, patient._min_delta) == (3, 0.1)
    assert type(patient._wrapped_pruner) is optuna.pruners.MedianPruner
    assert patient._wrapped_pruner._n_warmup_steps == default_warmup(40)
    assert type(make_pruner(PatientPruner(), 40)._wrapped_pruner) is optuna.pruners.MedianPruner
    assert make_pruner(PatientPruner(pruner=NoPruner()), 40)._wrapped_pruner is None


def test_hyperband_goes_by_the_most_epochs_that_a_trial_can_have():
    assert make_pruner(HyperbandPruner(), 40)._max_resource == 40


@pytest.mark.parametrize("epochs", [1, 3])
def test_hyperband_ends_no_trial_of_fewer_epochs_than_each_should_get(storage, epochs):
    definition = small_study(pruner={"kind": "hyperband", "minimum_epochs": 4}, hyperparameters={"epochs": epochs})
    search(storage, definition, FakeTrainer(lambda job, epoch: float(job.number)), trials=4)
    trials = optuna.load_study(study_name="small", storage=storage).get_trials()
    assert {trial.user_attrs["outcome"] for trial in trials} == {"finished"}


@pytest.mark.parametrize(
    ("epochs", "most"), [(40, 40), ({"low": 5, "high": 60}, 60), ({"choices": [10, 30, 20]}, 30), (1, 1)]
)
def test_the_warm_up_goes_by_the_most_epochs_that_a_trial_can_have(epochs, most):
    assert most_epochs(small_study(hyperparameters={"epochs": epochs})) == most
    assert default_warmup(most) == most // 4


@pytest.mark.parametrize(
    ("pruner", "pruned_after"),
    [
        ({"kind": "median", "warmup_epochs": 3, "startup_trials": 1}, 4),
        ({"kind": "median", "startup_trials": 1}, 5),  # a quarter of the 16 epochs, and the epoch after it
        ({"kind": "percentile", "keep": 50.0, "warmup_epochs": 1, "startup_trials": 1}, 2),
        ({"kind": "successive_halving", "minimum_epochs": 3, "reduction_factor": 2}, 4),
        ({"kind": "hyperband", "minimum_epochs": 9, "reduction_factor": 2}, 10),
        ({"kind": "patient", "patience": 2}, None),
        ({"kind": "patient", "patience": 2, "pruner": {"kind": "median", "startup_trials": 1}}, None),
        ({"kind": "threshold", "upper": 0.5, "warmup_epochs": 6}, 7),
        ({"kind": "none"}, None),
    ],
)
def test_a_poor_trial_ends_as_soon_as_its_pruner_allows(storage, pruner, pruned_after):
    definition = small_study(pruner=pruner, hyperparameters={"epochs": 16})
    search(storage, definition, FakeTrainer(lambda job, epoch: float(job.number)), trials=2)
    good, poor = optuna.load_study(study_name="small", storage=storage).get_trials()
    assert good.user_attrs["epochs"] == 16
    assert poor.user_attrs["outcome"] == ("finished" if pruned_after is None else "pruned")
    assert poor.user_attrs["epochs"] == (pruned_after or 16)


@pytest.mark.parametrize(
    ("pruner", "pruned_after"),
    [
        ({"kind": "patient", "patience": 2, "pruner": "none"}, 4),
        ({"kind": "patient", "patience": 2, "min_delta": 0.15, "pruner": "none"}, 5),
        ({"kind": "patient", "patience": 2, "pruner": {"kind": "median", "startup_trials": 1}}, 5),
        ({"kind": "patient", "patience": 2, "pruner": {"kind": "threshold", "upper": 9.0}}, None),
    ],
)
def test_a_patient_pruner_ends_what_gets_worse_and_its_wrapped_pruner_would_end(storage, pruner, pruned_after):
    definition = small_study(pruner=pruner, hyperparameters={"epochs": 16})
    trainer = FakeTrainer(lambda job, epoch: 1 - epoch / 10 if job.number == 0 else 2 + epoch / 10)
    search(storage, definition, trainer, trials=2)
    better, worse = optuna.load_study(study_name="small", storage=storage).get_trials()
    assert (better.user_attrs["outcome"], better.user_attrs["epochs"]) == ("finished", 16)
    assert worse.user_attrs["outcome"] == ("finished" if pruned_after is None else "pruned")
    assert worse.user_attrs["epochs"] == (pruned_after or 16)
