"""The fit trainer keeps the contract of all trainers, and hands out ordinary Keras models."""

from __future__ import annotations

import gc
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from tensorflow.python.framework.func_graph import FuncGraph

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import Recorder, TrainerContract, job, train
from tuner.training.fit import FitTrainer, fit_job
from tuner.training.job import End, EpochResult, Verdict, Wait
from tuner.training.trainer import Observer


class TestFitTrainer(TrainerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def trainer(cls) -> FitTrainer:
        return FitTrainer()


def test_it_sleeps_as_long_as_the_job_source_asks() -> None:
    slept: list[float] = []
    train(FitTrainer(sleep=slept.append), [Wait(0.25), Wait(2.0)], Recorder())
    assert slept == [0.25, 2.0]


def test_the_model_has_the_weights_of_its_best_epoch() -> None:
    # Turned round, the best epoch of a training that goes well is its first.
    model, outcome = fit_job(replace(job(), direction="maximize"), prepared(), Recorder())
    assert model is not None
    assert outcome.best_epoch == 0
    measured = model.evaluate(prepared().x_validation, prepared().y_validation, verbose=0, return_dict=True)
    assert measured["log_loss"] == pytest.approx(outcome.best_metrics["val_log_loss"], rel=1e-5)


def test_a_failed_job_has_no_model() -> None:
    model, outcome = fit_job(job(loss="huber"), prepared(), Recorder())
    assert model is None
    assert outcome.end is End.FAILED
    assert outcome.error is not None
    assert outcome.error.startswith("HyperparameterError: loss must be auto, cross_entropy, ")
    assert outcome.error.endswith(" for a multiclass target, but is huber")


def test_a_metric_that_the_task_has_not_is_named() -> None:
    _, outcome = fit_job(job(metric="val_rmse"), prepared(), Recorder())
    assert "metric must be val_log_loss, val_accuracy, " in (outcome.error or "")
    assert "for a multiclass target, but is val_rmse" in (outcome.error or "")


def test_a_callback_of_the_caller_may_end_the_training() -> None:
    class Enough(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            self.model.stop_training = epoch == 1

    model, outcome = fit_job(job(), prepared(), Recorder(), callbacks=[Enough()])
    assert model is not None
    assert (outcome.end, outcome.epochs) == (End.FINISHED, 2)


def test_an_interruption_is_no_failure() -> None:
    class Interrupting(Observer):
        def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_job(job(), prepared(), Interrupting())


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")  # Keras, in saving
@pytest.mark.parametrize(
    "optimizer",
    [
        {"kind": "sgd", "nesterov": True},
        {"kind": "sgd", "momentum": 0.9},
        {"kind": "rmsprop"},
        {"kind": "nadam"},
        {"kind": "adagrad"},
    ],
    ids=str,
)
def test_a_saved_model_is_loaded_by_keras_alone_and_can_be_trained_on(
    optimizer: dict[str, object], tmp_path: Path
) -> None:
    model, outcome = fit_job(job(optimizer=optimizer, epochs=1), prepared(), Recorder())
    assert model is not None, outcome.error
    path = tmp_path / "model.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        configuration = archive.read("config.json").decode()
    assert "tuner" not in configuration
    assert json.loads(configuration)["compile_config"]["optimizer"]["registered_name"] is None

    loaded = keras.saving.load_model(path)
    x, y = prepared().x_validation, prepared().y_validation
    np.testing.assert_allclose(loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)
    for ours, theirs in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy())
    loaded.fit(x, y, verbose=0)


def test_traced_programs_do_not_outlive_their_trial() -> None:
    def traced() -> int:
        gc.collect()
        return sum(isinstance(thing, FuncGraph) for thing in gc.get_objects())

    # One of each kind of subclass: a step of its own, Keras' step with a variable beta_1, and no momentum at all.
    kinds = ["sgd", "adam", "adagrad"]
    before = traced()
    train(FitTrainer(), [job(n, epochs=1, optimizer={"kind": kind}) for n, kind in enumerate(kinds)], Recorder())
    assert traced() <= before
