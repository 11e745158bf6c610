"""Somebody's own model in Optuna's own `study.optimize`, with real Keras trainings of a few epochs."""

from __future__ import annotations

from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from tests.contracts.small_tables import prepared
from tests.models.own_models import stacked, two_branches
from tests.search.fake_trainer import small_study
from tuner.data.prepared_data import PreparedData
from tuner.errors import StudyError, StudyFileError
from tuner.search.objective import KerasObjective
from tuner.study.own import own_study

SPACE: dict[str, Any] = {
    "own": {"units": {"low": 4, "high": 16, "log": True}},
    "optimizer": {"kind": {"choices": ["sgd", "adagrad"]}, "learning_rate": {"low": 0.01, "high": 0.3, "log": True}},
    "epochs": 3,
}


def objective(build: Any = stacked, space: Any = SPACE, **settings: Any) -> KerasObjective:
    return KerasObjective(**{"build": build, "space": space, "data": prepared(), **settings})


def optimized(given: KerasObjective, trials: int = 2, **settings: Any) -> optuna.Study:
    sampler = optuna.samplers.RandomSampler(seed=1)
    study = optuna.create_study(direction=given.direction, sampler=sampler)
    study.optimize(given, n_trials=trials, **settings)
    return study


def test_own_settings_are_parameters_and_reach_the_builder():
    met: list[int] = []

    def build(hyperparameters: Any, inputs: int, outputs: int) -> Any:
        met.append(hyperparameters.units)
        return stacked(hyperparameters, inputs, outputs)

    trials = optimized(objective(build)).get_trials()
    assert met == [trial.params["own.units"] for trial in trials]
    for trial, units in zip(trials, met, strict=True):
        assert trial.state is TrialState.COMPLETE
        assert sorted(trial.intermediate_values) == [0, 1, 2]
        assert trial.value == min(trial.intermediate_values.values())
        assert trial.user_attrs["hyperparameters"]["own"] == {"units": units}
        assert trial.user_attrs["parameters"] == 4 * units + units + units * 3 + 3
        assert trial.params["optimizer.kind"] in ("sgd", "adagrad")


def test_arrays_will_do_for_data():
    data = prepared()
    arrays = (data.x_train, data.y_train, data.x_validation, data.y_validation)
    [given], [same] = (optimized(objective(data=each), 1).get_trials() for each in (arrays, data))
    assert given.value == same.value
    assert objective(data=arrays).direction == "minimize"


def test_the_best_trial_can_be_trained_again_to_the_same_numbers():
    given = objective(two_branches())
    best = optimized(given).best_trial
    model = given.train(best)
    data = prepared()
    measured = model.evaluate(data.x_validation, data.y_validation, verbose=0, return_dict=True)
    assert measured["log_loss"] == pytest.approx(best.value, rel=1e-5)


def test_each_trained_model_is_handed_over():
    kept: dict[int, Any] = {}
    study = optimized(objective(keep_model=lambda job, model: kept.__setitem__(job.number, model)))
    data = prepared()
    for trial in study.get_trials():
        outputs = kept[trial.number].predict(data.x_validation, verbose=0)
        loss = -np.log(outputs[np.arange(len(outputs)), data.y_validation]).mean()
        assert loss == pytest.approx(trial.value, rel=1e-4)


def test_an_error_in_build_fails_the_trial_with_its_message():
    def build(*_: Any) -> Any:
        raise ValueError("no such cell")

    study = optimized(objective(build), catch=(RuntimeError,))
    for trial in study.get_trials():
        assert trial.state is TrialState.FAIL
        assert trial.user_attrs["error"] == "ModelError: build raised ValueError: no such cell"


def test_the_pruner_is_obeyed():
    given = objective()
    study = optuna.create_study(direction=given.direction, pruner=optuna.pruners.ThresholdPruner(upper=0.0))
    study.optimize(given, n_trials=1)
    [trial] = study.get_trials()
    assert trial.state is TrialState.PRUNED
    assert trial.user_attrs["epochs"] == 1


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"space": None}, "build and space go together"),
        ({"build": None}, "build and space go together"),
        ({"build": None, "space": None}, "needs a study's definition, or build and space"),
        ({"build": "module.build"}, "build is a str, but should be a function"),
        ({"data": None}, "an objective needs data"),
        ({"data": (1, 2)}, "data has 2 parts"),
        ({"build": None, "space": None, "definition": own_study(small_study(), SPACE)}, "hand over build and space"),
    ],
)
def test_what_does_not_go_together_is_told(settings, told):
    with pytest.raises(StudyError, match=told):
        objective(**settings)


def test_a_loss_and_a_metric_for_another_task_are_told_with_their_places():
    with pytest.raises(StudyFileError) as refused:
        objective(space={**SPACE, "loss": "huber"}, search={"metric": "val_rmse"})
    assert [mistake.place for mistake in refused.value.mistakes] == ["search.metric", "space.loss"]


def test_preprocessing_is_for_data_that_have_it():
    space = {**SPACE, "preprocessing": {"scaler": {"choices": ["standard", "robust"]}}}
    with pytest.raises(StudyFileError, match="these rows are used as they are"):
        objective(space=space)
    one_form = PreparedData({"main": ((prepared(),),)}, fingerprint="")
    with pytest.raises(StudyFileError, match="wants other forms of the data than there are"):
        objective(space=space, data=one_form)
    both = PreparedData({"standard": ((prepared(),),), "robust": ((prepared(),),)}, fingerprint="")
    assert optimized(objective(space=space, data=both), 1).best_trial.params["preprocessing.scaler"] in both.forms


def test_a_definition_lends_its_search_and_its_seed():
    given = objective(definition=small_study(metric="val_accuracy", seed=7))
    assert (given.definition.name, given.definition.seed, given.direction) == ("small-own", 7, "maximize")
