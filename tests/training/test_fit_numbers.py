"""The numbers of the fit trainer against a plain loop over Keras' own optimizers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import pytest

from tests.contracts.small_tables import ROWS, prepared
from tests.contracts.trainer import BATCH, EPOCHS, Recorder, job
from tuner.models import build_mlp
from tuner.training import fit
from tuner.training.batches import targets_of
from tuner.training.fit import fit_job
from tuner.training.job import Job
from tuner.training.orders import permutation

RISE = {"kind": "rise", "start": 0.3, "maximum": 0.9, "step": 0.2}
RISEN = (0.3, 0.5, 0.7, 0.9)
"""The momentum of each epoch, worked out by hand."""


def weights_of(model: keras.Model | None) -> np.ndarray[Any, Any]:
    assert model is not None
    return np.concatenate([array.ravel() for array in model.get_weights()])


def plain_loop(
    trial: Job, optimizer: keras.optimizers.Optimizer, before_epoch: Callable[[int], None]
) -> list[np.ndarray[Any, Any]]:
    """The weights after each epoch of an eager loop, in which a changed momentum acts at once."""
    data = prepared()
    model = build_mlp(
        trial.hyperparameters, features=data.features, outputs=data.outputs, task=data.task, seed=trial.seed
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", run_eagerly=True)
    y = targets_of(data, data.y_train)
    after: list[np.ndarray[Any, Any]] = []
    for epoch in range(trial.hyperparameters.epochs):
        before_epoch(epoch)
        order = permutation(trial.order, epoch, ROWS)
        for start in range(0, ROWS, BATCH):
            chosen = order[start : start + BATCH]
            model.train_on_batch(data.x_train[chosen], y[chosen])
        after.append(weights_of(model))
    return after


@pytest.mark.parametrize(
    ("settings", "optimizer", "name"),
    [
        ({"kind": "sgd", "learning_rate": 0.05}, keras.optimizers.SGD(0.05, momentum=0.1), "momentum"),
        ({"kind": "rmsprop", "learning_rate": 0.01}, keras.optimizers.RMSprop(0.01, momentum=0.1), "momentum"),
        ({"kind": "adam", "learning_rate": 0.02}, keras.optimizers.Adam(0.02), "beta_1"),
        ({"kind": "nadam", "learning_rate": 0.02}, keras.optimizers.Nadam(0.02), "beta_1"),
    ],
    ids=["sgd", "rmsprop", "adam", "nadam"],
)
def test_a_momentum_schedule_acts_and_gives_the_numbers_of_an_eager_loop(
    settings: dict[str, Any], optimizer: keras.optimizers.Optimizer, name: str
) -> None:
    driven, outcome = fit_job(job(optimizer=settings, momentum=RISE), prepared(), Recorder())
    constant, _ = fit_job(job(optimizer={**settings, name: RISEN[0]}), prepared(), Recorder())
    reference = plain_loop(job(), optimizer, lambda epoch: setattr(optimizer, name, RISEN[epoch]))

    assert outcome.best_epoch is not None
    assert np.abs(weights_of(driven) - weights_of(constant)).max() > 1e-3
    # Single precision: the order of a few additions differs between the two.
    np.testing.assert_allclose(weights_of(driven), reference[outcome.best_epoch], rtol=2e-4, atol=2e-6)


def test_the_learning_rates_act_and_the_last_smaller_batch_counts_as_keras_counts_it() -> None:
    rates: Sequence[float] = [0.2 * 0.5**epoch for epoch in range(EPOCHS)]
    optimizer = keras.optimizers.SGD(0.1)
    trial = job(optimizer={"kind": "sgd", "learning_rate": 0.2}, schedule={"kind": "iir", "alpha": 0.5})
    model, outcome = fit_job(trial, prepared(), Recorder())
    reference = plain_loop(trial, optimizer, lambda epoch: setattr(optimizer, "learning_rate", rates[epoch]))
    assert outcome.best_epoch is not None
    np.testing.assert_allclose(weights_of(model), reference[outcome.best_epoch], rtol=2e-4, atol=2e-6)


def test_the_training_loss_is_the_mean_over_the_rows() -> None:
    motionless = job(optimizer={"kind": "sgd", "learning_rate": 1e-30}, epochs=1)
    recorder = Recorder()
    model, _ = fit_job(motionless, prepared(), recorder)
    assert model is not None
    probability = model.predict(prepared().x_train, verbose=0)[np.arange(ROWS), prepared().y_train]
    assert recorder.results[0].metrics["loss"] == pytest.approx(-np.log(probability).mean(), rel=1e-5)


@pytest.mark.parametrize("optimizer", [{"kind": "adam", "learning_rate": 0.02}, {"kind": "sgd", "learning_rate": 0.1}])
def test_it_makes_no_difference_how_many_steps_a_call_makes(
    optimizer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = job(optimizer=optimizer, layers={"depth": 2, "width": 8, "dropout": 0.3})
    found = []
    for few, per_call in ((10**6, 1), (0, 16)):
        monkeypatch.setattr(fit, "FEW_STEPS", few)
        seen = Recorder()
        model, _ = fit_job(trial, prepared(), seen)
        assert model is not None
        assert fit.steps_per_call(trial.hyperparameters, ROWS) == per_call
        found.append([dict(result.metrics) for result in seen.results])
    for alone, together in zip(*found, strict=True):
        assert alone == pytest.approx(together, rel=1e-5)


def test_many_steps_are_made_in_one_call_where_there_are_many() -> None:
    chosen = job(epochs=40, batch_size=BATCH).hyperparameters
    assert [fit.steps_per_call(chosen, rows) for rows in (BATCH * 4, BATCH * 5)] == [1, 16]
