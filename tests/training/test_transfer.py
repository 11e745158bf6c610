"""Trainings that start from the first layers of another network, by `fit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import BATCH, Recorder, job, train
from tests.training.folded_trainers import FOLDS, folds_of
from tuner.training.batches import targets_of
from tuner.training.fit import FitTrainer, _compiled, fit_job
from tuner.training.folded import FoldedTrainer
from tuner.training.job import End, Job, Outcome, Verdict
from tuner.training.lanes import LaneTrainer
from tuner.training.orders import permutation
from tuner.training.transfer_file import TransferModel, hidden_layers_of

WIDTH = 6

ADAMW = {"kind": "adamw", "learning_rate": 0.05, "weight_decay": 0.1}
SGD = {"kind": "sgd", "learning_rate": 0.1, "momentum": 0.9}

FROZEN = ["hidden_0", "normalization_0"]


def exported(place: str = "before", seed: int = 0) -> keras.Model:
    """A network of two hidden layers with batch normalization, whose every number is drawn."""
    layers: list[Any] = [keras.Input((4,))]
    for index in range(2):
        activation, normalization = keras.layers.Activation("tanh"), keras.layers.BatchNormalization()
        layers.append(keras.layers.Dense(WIDTH, name=f"first_{index}"))
        layers += [normalization, activation] if place == "before" else [activation, normalization]
    model = keras.Sequential([*layers, keras.layers.Dense(1, name="end")])
    draw = np.random.RandomState(seed)
    model.set_weights([draw.uniform(0.5, 1.5, weights.shape) for weights in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def models() -> dict[str, TransferModel]:
    return {place: replace(hidden_layers_of(exported(place)), path=place) for place in ("before", "after")}


def trial(frozen_epochs: int = 2, *, model: str = "before", layers: int = 1, width: int = WIDTH, **stated: Any) -> Job:
    return job(
        0,
        **{
            "layers": {"depth": 2, "width": width, "activation": "tanh", "l2": 0.01},
            "normalization": {"kind": "before"},
            "transfer": {"model": model, "layers": layers, "frozen_epochs": frozen_epochs},
            **stated,
        },
    )


class Weights(keras.callbacks.Callback):
    """The weights of each layer after each epoch; `states` are the optimizer's slots."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[dict[str, list[np.ndarray]]] = []
        self.all: list[list[np.ndarray]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epochs.append({layer.name: layer.get_weights() for layer in self.model.layers})
        self.all.append(self.model.get_weights())


def fitted(chosen: Job, models: dict[str, TransferModel], **stated: Any) -> tuple[keras.Model, Outcome, Weights]:
    weights = Weights()
    model, outcome = fit_job(chosen, prepared(), Recorder(), callbacks=[weights], transfer=models, **stated)
    assert model is not None, outcome.error
    return model, outcome, weights


def same(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("optimizer", [ADAMW, SGD], ids=["weight decay", "momentum"])
def test_frozen_layers_do_not_move_by_a_single_bit_and_then_do(
    models: dict[str, TransferModel], optimizer: dict[str, Any]
) -> None:
    _, outcome, weights = fitted(trial(optimizer=optimizer), models)
    source = models["before"].layers[0]
    assert outcome.epochs == 4
    for epoch, of in enumerate(weights.epochs):
        assert same(of["hidden_0"], [source.kernel, source.bias]) == (epoch < 2)
        assert same(of["normalization_0"], list(source.normalization)) == (epoch < 2)
        assert not same(of["hidden_1"], [models["before"].layers[1].kernel, models["before"].layers[1].bias])
    assert not same(weights.epochs[0]["hidden_1"], weights.epochs[1]["hidden_1"]), "the others are trained meanwhile"
    assert not same(weights.epochs[0]["output"], weights.epochs[1]["output"])


def test_the_numbers_are_those_of_keras_own_trainable(models: dict[str, TransferModel]) -> None:
    """The reference: two ordinary `fit`s, compiled once each, with and without `trainable`."""
    chosen = trial(optimizer=SGD)
    _, _, weights = fitted(chosen, models)
    data = prepared()
    model = _compiled(chosen, data)
    source = models["before"].layers[0]
    model.get_layer("hidden_0").set_weights([source.kernel, source.bias])
    model.get_layer("normalization_0").set_weights(list(source.normalization))
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    optimizer.build(model.trainable_variables)
    for epoch in range(4):
        if epoch in (0, 2):
            for name in FROZEN:
                model.get_layer(name).trainable = epoch >= 2
            model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
        rows = permutation(chosen.order, epoch, len(data.x_train))
        y = targets_of(data, data.y_train)[rows]
        model.fit(data.x_train[rows], y, batch_size=BATCH, shuffle=False, verbose=0)
        for ours, theirs in zip(weights.all[epoch], model.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)


def test_without_frozen_epochs_a_training_only_starts_from_the_layers(models: dict[str, TransferModel]) -> None:
    still = {"kind": "sgd", "learning_rate": 1e-30}
    _, _, weights = fitted(trial(0, optimizer=still, normalization={"kind": "none"}), models)
    source = models["before"].layers[0]
    assert same(weights.epochs[-1]["hidden_0"], [source.kernel, source.bias])
    _, _, weights = fitted(trial(0), models)
    assert not same(weights.epochs[0]["hidden_0"], [source.kernel, source.bias])


def test_batch_normalization_is_taken_where_both_have_it_at_the_same_place(models: dict[str, TransferModel]) -> None:
    for kind in ("before", "after"):
        for model in ("before", "after"):
            _, _, weights = fitted(trial(9, model=model, normalization={"kind": kind}, epochs=1), models)
            normalization = models[model].layers[0].normalization
            assert same(weights.epochs[0]["normalization_0"], list(normalization)) == (kind == model)


@pytest.mark.thorough
def test_with_no_layers_it_is_the_plain_training(models: dict[str, TransferModel]) -> None:
    plain = trial(transfer=None)
    _, _, ours = fitted(trial(layers=0), models)
    _, _, theirs = fitted(plain, {})
    for one, other in zip(ours.all, theirs.all, strict=True):
        assert same(one, other)


def test_a_model_that_ends_frozen_counts_all_of_its_weights_and_is_trainable(models: dict[str, TransferModel]) -> None:
    model, outcome, _ = fitted(trial(frozen_epochs=9), models)
    _, plain, _ = fitted(trial(transfer=None, epochs=1), {})
    assert outcome.parameters == plain.parameters
    assert all(layer.trainable for layer in model.layers)


@pytest.mark.parametrize("cut", [0, pytest.param(2, marks=pytest.mark.thorough)])
def test_a_trial_that_goes_on_has_the_very_numbers_of_an_uninterrupted_one(
    models: dict[str, TransferModel], tmp_path: Path, cut: int
) -> None:
    chosen = trial(optimizer=ADAMW, layers=2, pretraining={"epochs": 2})
    whole, _, _ = fitted(chosen, models)
    one, two = Recorder({(0, cut): Verdict.HAND_BACK}), Recorder()
    kept = str(tmp_path)
    _, handed_back = fit_job(chosen, prepared(), one, checkpoints=kept, transfer=models)
    assert handed_back.checkpoint is not None
    # Its layers come out of its checkpoint: what it started from is not needed again.
    again, outcome = fit_job(replace(chosen, checkpoint=handed_back.checkpoint), prepared(), two, checkpoints=kept)
    assert again is not None, outcome.error
    assert (len(one.results), len(two.results)) == (cut + 1, 3 - cut)
    assert same(again.get_weights(), whole.get_weights())


def test_layers_that_do_not_fit_are_told_with_what_was_found(models: dict[str, TransferModel]) -> None:
    wide = trial(width=7)
    _, outcome = fit_job(wide, prepared(), Recorder(), transfer=models)
    assert outcome.end is End.FAILED
    assert 'transfer.model has weights of 4 x 6 in its layer "first_0", but 4 x 7 are needed' in str(outcome.error)
    _, outcome = fit_job(trial(), prepared(), Recorder())
    assert 'transfer.model is "before", of which the trainer was given no layers' in str(outcome.error)


@pytest.mark.thorough
def test_the_members_of_a_trial_start_from_the_same_layers(models: dict[str, TransferModel]) -> None:
    trainer = FoldedTrainer(FitTrainer(transfer=models), FOLDS)
    outcome = train(trainer, [trial(pretraining={"epochs": 1})], Recorder(), folds_of(FOLDS))[0]
    assert outcome.end is End.FINISHED, outcome.error
    assert len(set(outcome.member_values)) == 3


@pytest.mark.parametrize(
    ("table", "stated"), [("transfer", {}), ("pretraining", {"transfer": None, "pretraining": {}})]
)
def test_lanes_refuse_such_a_trial_with_the_table(table: str, stated: dict[str, Any]) -> None:
    outcome = train(LaneTrainer(2), [trial(**stated)], Recorder())[0]
    assert outcome.end is End.FAILED
    assert f"{table} is for the trainer fit" in str(outcome.error)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_saved_model_can_be_loaded_and_predicts_the_same(models: dict[str, TransferModel], tmp_path: Path) -> None:
    model, _, _ = fitted(trial(pretraining={"epochs": 1}), models)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)
    x = prepared().x_validation
    np.testing.assert_array_equal(np.asarray(loaded(x)), np.asarray(model(x)))
