"""What both trainers come to with rows that count differently and with several targets, by other means than Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, root_mean_squared_error

from tests.contracts.small_tables import ROWS, VALIDATION_ROWS, prepared
from tests.contracts.trainer import BATCH, MOTIONLESS, Recorder, job, train
from tuner.data.prepared import Prepared
from tuner.lanes.signature import Expected
from tuner.models import build_mlp
from tuner.study.metrics import Task
from tuner.training.fit import FitTrainer, fit_job
from tuner.training.job import MAIN_DATA, End, Job
from tuner.training.lanes import LaneTrainer
from tuner.training.trainer import Trainer

TRAINERS: Mapping[str, Callable[[], Trainer]] = {
    "fit": FitTrainer,
    "lanes": lambda: LaneTrainer(lanes=2, expected=Expected(), block=2, threads=1),
}

both_trainers = pytest.mark.parametrize("trainer", [make() for make in TRAINERS.values()], ids=list(TRAINERS))


def weights(rows: int) -> np.ndarray:
    draw = np.random.default_rng(rows)
    return (draw.uniform(0, 3, rows) * (draw.random(rows) < 0.7)).astype(np.float32)


def weighted(data: Prepared) -> Prepared:
    return replace(data, weights_train=weights(ROWS), weights_validation=weights(VALIDATION_ROWS))


def two_targets() -> Prepared:
    data = prepared("regression")
    y = [
        np.stack([y, 0.5 - x[:, 1]], 1)
        for x, y in ((data.x_train, data.y_train), (data.x_validation, data.y_validation))
    ]
    return replace(data, y_train=y[0], y_validation=y[1], target_mean=(5.0, -1.0), target_scale=(20.0, 0.25))


DATA = {
    "classes": weighted(prepared()),
    "yes or no": weighted(prepared("binary")),
    "number": weighted(replace(prepared("regression"), target_scale=4.0)),
    "two numbers": two_targets(),
    "two numbers, weighted": weighted(two_targets()),
}


def motionless(data: Prepared, **settings: Any) -> Job:
    """One epoch in which no weight changes, so that one network has made all of its numbers."""
    metric = "val_rmse" if data.task == "regression" else "val_log_loss"
    return job(0, metric=metric, epochs=1, optimizer=MOTIONLESS, **settings)


def by_sklearn(data: Prepared, y: np.ndarray, predicted: np.ndarray, counts: np.ndarray | None) -> dict[str, float]:
    """Every metric, of predictions in the network's units."""
    if data.task == "regression":
        scale, mean = np.array(data.target_scale), np.array(data.target_mean)
        truth, guess = y * scale + mean, predicted.reshape(y.shape).astype(np.float64) * scale + mean
        return {
            "rmse": root_mean_squared_error(truth, guess, sample_weight=counts),
            "mae": mean_absolute_error(truth, guess, sample_weight=counts),
        }
    probabilities = np.hstack([1 - predicted, predicted]) if data.task == "binary" else predicted
    return {
        "log_loss": log_loss(y, probabilities, sample_weight=counts),
        "accuracy": accuracy_score(y, probabilities.argmax(axis=1), sample_weight=counts),
    }


@both_trainers
@pytest.mark.parametrize("name", DATA)
def test_the_metrics_are_those_of_scikit_learn(trainer: Trainer, name: str) -> None:
    data = DATA[name]
    trial = motionless(data)
    chosen = trial.hyperparameters
    model = build_mlp(chosen, features=data.features, outputs=data.outputs, task=data.task, seed=trial.seed)
    recorder = Recorder()
    outcome = train(trainer, [trial], recorder, {MAIN_DATA: data})[0]
    assert outcome.end is End.FINISHED, outcome.error
    (result,) = recorder.results
    for prefix, x, y, counts in (
        ("", data.x_train, data.y_train, data.weights_train),
        ("val_", data.x_validation, data.y_validation, data.weights_validation),
    ):
        for metric, expected in by_sklearn(data, y, model.predict(x, verbose=0), counts).items():
            assert result.metrics[prefix + metric] == pytest.approx(expected, rel=1e-5), prefix + metric


@both_trainers
def test_the_loss_is_a_mean_over_rows_and_the_metrics_are_means_over_what_these_count(trainer: Trainer) -> None:
    data = DATA["classes"]
    recorder = Recorder()
    train(trainer, [motionless(data)], recorder, {MAIN_DATA: data})
    (result,) = recorder.results
    for prefix, counts in (("", data.weights_train), ("val_", data.weights_validation)):
        assert counts is not None
        expected = result.metrics[f"{prefix}log_loss"] * counts.mean()
        assert result.metrics[f"{prefix}loss"] == pytest.approx(expected, rel=1e-5)


@both_trainers
@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_weights_of_1_give_the_numbers_of_rows_without_weights(trainer: Trainer, task: Task) -> None:
    plain = prepared(task)
    ones = {"weights_train": np.ones(ROWS, np.float32), "weights_validation": np.ones(VALIDATION_ROWS, np.float32)}
    metric = "val_mae" if task == "regression" else "val_log_loss"
    seen = []
    for data in (plain, replace(plain, **ones)):
        recorder = Recorder()
        train(trainer, [job(0, metric=metric, epochs=2)], recorder, {MAIN_DATA: data})
        seen.append([dict(result.metrics) for result in recorder.results])
    assert len(seen[0]) == 2
    assert seen[1] == [pytest.approx(metrics, rel=1e-6) for metrics in seen[0]]


@both_trainers
def test_rows_that_count_nothing_teach_nothing(trainer: Trainer) -> None:
    data = prepared("binary")
    counts = np.ones(ROWS, np.float32)
    counts[::3] = 0.0
    liars = data.y_train.copy()
    liars[::3] = 1 - liars[::3]
    seen = []
    for y in (data.y_train, liars):
        recorder = Recorder()
        train(trainer, [job(0)], recorder, {MAIN_DATA: replace(data, y_train=y, weights_train=counts)})
        seen.append([dict(result.metrics) for result in recorder.results])
    assert seen[1] == [pytest.approx(metrics, rel=1e-6) for metrics in seen[0]]


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")  # Keras, in saving
@pytest.mark.parametrize("name", ["classes", "two numbers", "two numbers, weighted"])
def test_a_saved_model_is_loaded_by_keras_alone_and_can_be_trained_on(name: str, tmp_path: Path) -> None:
    data = DATA[name]
    model, outcome = fit_job(motionless(data), data, Recorder())
    assert model is not None, outcome.error
    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    x, y = data.x_validation, data.y_validation
    found = loaded.evaluate(x, y, sample_weight=data.weights_validation, verbose=0, return_dict=True)
    assert {type(metric).__module__.split(".")[0] for metric in loaded.metrics} == {"keras"}
    if data.targets == 1:
        assert found["log_loss"] == pytest.approx(outcome.best_metrics["val_log_loss"], rel=1e-5)
    loaded.fit(x, y, batch_size=BATCH, sample_weight=data.weights_validation, verbose=0)


def test_several_targets_train_a_network_that_predicts_each_of_them() -> None:
    data = two_targets()
    adam = {"kind": "adam", "learning_rate": 0.05}
    model, outcome = fit_job(job(0, metric="val_rmse", optimizer=adam, epochs=20), data, Recorder())
    assert model is not None, outcome.error
    guess = model.predict(data.x_validation, verbose=0)
    for target in range(2):
        assert np.corrcoef(guess[:, target], data.y_validation[:, target])[0, 1] > 0.9
