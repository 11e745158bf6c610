"""The notebook's objective, with real Keras trainings of a few epochs."""

from __future__ import annotations

import math

import optuna
import pytest
from optuna.trial import TrialState

from tests.contracts.small_tables import prepared
from tests.search.fake_trainer import small_study
from tuner.errors import StudyError
from tuner.hyperparameters import Hyperparameters
from tuner.search.objective import KerasObjective
from tuner.seeds import derive_seed


def test_the_objective_works_with_optunas_own_optimize():
    definition = small_study(hyperparameters={"epochs": 3})
    objective = KerasObjective(definition, prepared())
    study = optuna.create_study(direction=objective.direction, sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(objective, n_trials=2)
    for trial in study.get_trials():
        assert trial.state is TrialState.COMPLETE
        curve, kept = trial.intermediate_values, trial.user_attrs
        assert sorted(curve) == [0, 1, 2]
        assert trial.value == min(curve.values()) == curve[kept["best_epoch"]] == kept["metrics"]["val_log_loss"]
        assert kept["outcome"] == "finished"
        assert kept["epochs"] == 3
        assert kept["seed"] == derive_seed(definition.seed, "trial", trial.number)
        assert kept["parameters"] == 4 * 8 + 8 + 8 * 3 + 3
        assert kept["seconds"] > 0
        assert {"log_loss", "val_log_loss", "accuracy", "val_accuracy"} <= kept["metrics"].keys()
        assert {"keras", "optuna"} <= kept["versions"].keys()
        chosen = Hyperparameters.model_validate(kept["hyperparameters"])
        if "optimizer.learning_rate" in trial.params:
            assert chosen.optimizer.learning_rate == trial.params["optimizer.learning_rate"]


class Hasty(optuna.pruners.BasePruner):
    """Ends every trial as soon as it is asked."""

    def prune(self, study, trial):
        return True


def test_the_studys_pruner_ends_a_trial_after_an_epoch():
    objective = KerasObjective(small_study(hyperparameters={"epochs": 3}), prepared())
    study = optuna.create_study(direction=objective.direction, pruner=Hasty())
    study.optimize(objective, n_trials=1)
    [trial] = study.get_trials()
    assert trial.state is TrialState.PRUNED
    assert list(trial.intermediate_values) == [0]
    assert trial.user_attrs["outcome"] == "pruned"
    assert trial.user_attrs["epochs"] == 1


def test_a_trial_that_has_just_finished_is_not_pruned():
    objective = KerasObjective(small_study(hyperparameters={"epochs": 1}), prepared())
    study = optuna.create_study(direction=objective.direction, pruner=Hasty())
    study.optimize(objective, n_trials=1)
    assert study.get_trials()[0].state is TrialState.COMPLETE


def test_a_diverged_trial_is_pruned():
    space = {"optimizer": {"kind": "sgd", "learning_rate": {"low": 1e30, "high": 1e31}}, "epochs": 3}
    objective = KerasObjective(small_study(hyperparameters=space), prepared())
    study = optuna.create_study(direction=objective.direction)
    study.optimize(objective, n_trials=1)
    [trial] = study.get_trials()
    assert trial.state is TrialState.PRUNED
    assert trial.user_attrs["outcome"] == "diverged"
    assert math.isnan(trial.intermediate_values[trial.user_attrs["epochs"] - 1])


def test_an_error_in_training_is_an_error():
    broken = KerasObjective(small_study(metric="val_rmse", data={"builtin": "diabetes"}), prepared())
    study = optuna.create_study()
    with pytest.raises(RuntimeError, match="val_rmse"):
        study.optimize(broken, n_trials=1)
    assert study.get_trials()[0].state is TrialState.FAIL


def test_the_objective_does_not_promise_what_it_cannot():
    assert "cannot promise" in (KerasObjective.__doc__ or "")


def test_an_optuna_study_that_looks_for_the_worst_is_refused():
    objective = KerasObjective(small_study(metric="val_accuracy"), prepared())
    with pytest.raises(StudyError, match=r'create_study\(direction="maximize"\)'):
        optuna.create_study().optimize(objective, n_trials=1)
