from __future__ import annotations

import optuna
import pytest

from tests.search.fake_trainer import FakeTrainer, search, small_study
from tuner.search.pruners import default_warmup, make_pruner
from tuner.search.studies import most_epochs
from tuner.study.pruner_settings import MedianPruner, NoPruner, PercentilePruner, SuccessiveHalvingPruner


@pytest.mark.parametrize(
    ("settings", "pruner"),
    [
        (NoPruner(), optuna.pruners.NopPruner),
        (MedianPruner(), optuna.pruners.MedianPruner),
        (PercentilePruner(), optuna.pruners.PercentilePruner),
        (SuccessiveHalvingPruner(), optuna.pruners.SuccessiveHalvingPruner),
    ],
)
def test_every_pruner_of_a_study_file_is_optunas_own(settings, pruner):
    assert type(make_pruner(settings, 40)) is pruner


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
