"""Greedy layer-wise pre-training, by `fit`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import EPOCHS, Recorder, job
from tuner.data.prepared import Prepared
from tuner.training.fit import _compiled, fit_job
from tuner.training.job import Job
from tuner.training.pretraining import prepare_layers
from tuner.training.transfer_file import TransferLayer, TransferModel


def trial(epochs: int | None = 30, *, rate: float = 0.01, seed: int = 5, **stated: Any) -> Job:
    return job(
        0,
        seed=seed,
        **{
            "layers": {"depth": 3, "width": 3, "activation": "tanh"},
            "pretraining": None if epochs is None else {"epochs": epochs, "learning_rate": rate},
            **stated,
        },
    )


def pretrained(chosen: Job, data: Prepared | None = None, **models: TransferModel) -> keras.Model:
    model = _compiled(chosen, data or prepared())
    prepare_layers(model, chosen, data or prepared(), models)
    return model


def hidden(model: keras.Model, index: int) -> np.ndarray:
    """What the network makes of the training rows up to a hidden layer."""
    inner = keras.Model(model.input, model.get_layer(f"hidden_{index}").output)
    return np.asarray(inner(prepared().x_train))


def unexplained(codes: np.ndarray, rows: np.ndarray) -> float:
    """The mean squared error of the best linear decoder (least squares), the reference for a reconstruction."""
    with_ones = np.column_stack([codes, np.ones(len(codes))])
    decoder = np.linalg.lstsq(with_ones, rows, rcond=None)[0]
    return float(np.mean((with_ones @ decoder - rows) ** 2))


def weights(model: keras.Model, name: str) -> list[list[float]]:
    return [array.tolist() for array in model.get_layer(name).get_weights()]


@pytest.mark.thorough
def test_each_hidden_layer_keeps_more_of_its_input_than_one_that_was_not_pre_trained() -> None:
    stated = {"layers": {"depth": 2, "width": 3, "activation": "tanh"}}
    before, after = pretrained(trial(None, **stated)), pretrained(trial(80, rate=0.03, **stated))
    rows = prepared().x_train
    assert unexplained(hidden(after, 0), rows) < 0.8 * unexplained(hidden(before, 0), rows)
    first, codes = hidden(after, 0), hidden(after, 1)
    untrained = np.tanh(first @ before.get_layer("hidden_1").kernel.numpy())
    assert unexplained(codes, first) < 0.8 * unexplained(untrained, first)


def test_it_is_bounded_by_the_best_linear_autoencoder_where_the_layer_is_almost_linear() -> None:
    """Three of four principal components are the least error that three units can have: it comes close to it."""
    rows = prepared().x_train - prepared().x_train.mean(axis=0)
    best = float(np.linalg.svd(rows, compute_uv=False)[3] ** 2 / rows.size)
    # elu above 0 is linear, and a leaky relu of slope 1 is so everywhere.
    layers = {"depth": 1, "width": 3, "activation": "leaky_relu", "leaky_slope": 1.0}
    found = unexplained(hidden(pretrained(trial(120, rate=0.03, layers=layers)), 0), prepared().x_train)
    assert best * 0.999 <= found < 1.1 * best


def test_every_hidden_layer_is_pre_trained_and_the_output_is_left_alone() -> None:
    before, after = pretrained(trial(None)), pretrained(trial(1))
    for index in range(3):
        assert weights(before, f"hidden_{index}") != weights(after, f"hidden_{index}")
    assert weights(before, "output") == weights(after, "output")


def test_batch_normalization_and_slopes_are_pre_trained_with_their_layer() -> None:
    stated: dict[str, Any] = {
        "layers": {"depth": 2, "width": 3, "activation": "prelu", "dropout": 0.5},
        "normalization": {"kind": "after"},
        "inputs": {"normalization": True, "noise": 0.1},
        "activation_noise": {"kind": "constant", "initial": 0.1},
    }
    before, after = pretrained(trial(None, **stated)), pretrained(trial(3, **stated))
    for name in ("normalization_0", "normalization_1", "activation_0", "activation_1"):
        assert weights(before, name) != weights(after, name)
    assert weights(before, "normalization") == weights(after, "normalization")
    for ours, theirs in zip(before.non_trainable_variables, after.non_trainable_variables, strict=True):
        if "seed" in ours.path:
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), "dropout and noise draw as ever")


def test_it_follows_from_the_trials_seed_alone() -> None:
    keras.utils.set_random_seed(1)
    one = pretrained(trial(3)).get_weights()
    keras.utils.set_random_seed(2)
    again = pretrained(replace(trial(3), number=7)).get_weights()
    for ours, theirs in zip(one, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(one[0], pretrained(trial(3, seed=6)).get_weights()[0])


def test_it_looks_at_training_rows_only_and_at_no_target() -> None:
    data = prepared()
    other = replace(
        data,
        x_validation=data.x_validation * 9 + 1,
        y_train=data.y_train[::-1].copy(),
        y_validation=data.y_validation * 0,
    )
    for ours, theirs in zip(pretrained(trial(3)).get_weights(), pretrained(trial(3), other).get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    changed = replace(data, x_train=data.x_train + 1)
    assert weights(pretrained(trial(3), changed), "hidden_0") != weights(pretrained(trial(3)), "hidden_0")


def test_rows_that_count_nothing_are_not_learnt_from() -> None:
    data = prepared()
    counts = np.ones(len(data.x_train), np.float32)
    counts[::2] = 0
    junk = data.x_train.copy()
    junk[::2] = 100
    one = pretrained(trial(3, layers={"depth": 1, "width": 3}), replace(data, weights_train=counts))
    other = pretrained(trial(3, layers={"depth": 1, "width": 3}), replace(data, x_train=junk, weights_train=counts))
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.thorough
def test_with_no_epochs_it_is_the_plain_training() -> None:
    (ours, first), (theirs, second) = (fit_job(trial(epochs), prepared(), Recorder()) for epochs in (0, None))
    assert ours is not None
    assert theirs is not None
    assert first.best_metrics == second.best_metrics
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_training_afterwards_begins_afresh() -> None:
    model = pretrained(trial(3, optimizer={"kind": "adam"}))
    assert int(model.optimizer.iterations) == 0
    assert all(not slot.numpy().any() for slot in model.optimizer.variables[4:])
    recorder = Recorder()
    fit_job(trial(3), prepared(), recorder)
    assert [result.epoch for result in recorder.results] == list(range(EPOCHS))


def test_layers_that_were_taken_from_another_network_are_left_as_they_are() -> None:
    kernel = np.full((4, 3), 0.25, np.float32) + np.eye(4, 3, dtype=np.float32)
    source = TransferModel("m", "", (TransferLayer("first", kernel, np.ones(3, np.float32)),))
    transfer = {"model": "m", "layers": 1}
    model = pretrained(trial(3, transfer=transfer), m=source)
    np.testing.assert_array_equal(model.get_layer("hidden_0").kernel.numpy(), kernel)
    plain = pretrained(trial(None, transfer=transfer), m=source)
    assert weights(model, "hidden_1") != weights(plain, "hidden_1")


@pytest.mark.parametrize("epochs", [-1, 0.5])
def test_a_number_of_epochs_that_cannot_be_is_refused(epochs: float) -> None:
    with pytest.raises(ValueError, match=r"pretraining\.epochs"):
        trial(epochs)  # type: ignore[arg-type]
