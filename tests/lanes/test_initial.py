"""The weights that a lane starts from."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from tuner.hyperparameters import Layers
from tuner.hyperparameters.layers import Activation, Initializer
from tuner.lanes.initial import FloatArray, initial_kernels
from tuner.lanes.shapes import parameters_of, shapes_of
from tuner.models import build_mlp

FEATURES, OUTPUTS = 5, 3


def kernels(layers: Layers, *, width: int, seed: int = 3) -> list[FloatArray]:
    """The weights that a lane starts from in a program with so much room."""
    room = shapes_of(layers.depth, width, features=FEATURES, outputs=OUTPUTS)
    return initial_kernels(layers, features=FEATURES, outputs=OUTPUTS, seed=seed, room=room)


def keras_weights(layers: Layers, seed: int = 3) -> list[FloatArray]:
    model = build_mlp(layers, features=FEATURES, outputs=OUTPUTS, task="multiclass", seed=seed)
    weights: list[FloatArray] = model.get_weights()
    return weights


@pytest.mark.parametrize(
    "layers",
    [
        *(Layers(depth=2, width=7, initializer=name) for name in get_args(Initializer)),
        *(Layers(depth=1, width=7, activation=name) for name in get_args(Activation)),
        Layers(depth=1, width=1),
        Layers(depth=3, width=16),
    ],
    ids=str,
)
def test_a_lane_starts_from_the_weights_of_the_keras_model_with_its_seed(layers: Layers) -> None:
    ours, theirs = kernels(layers, width=16), keras_weights(layers)
    assert len(ours) == layers.depth + 1
    for padded, kernel, bias in zip(ours, theirs[::2], theirs[1::2], strict=True):
        rows, columns = kernel.shape
        np.testing.assert_array_equal(padded[:rows, :columns], kernel)
        np.testing.assert_array_equal(padded[-1, :columns], bias)


def test_what_a_lane_does_not_use_is_0() -> None:
    first, second, output = kernels(Layers(depth=2, width=7), width=16)
    assert (first.shape, second.shape, output.shape) == ((6, 16), (17, 16), (17, 3))
    for kernel, rows, columns in ((first, 5, 7), (second, 7, 7), (output, 7, 3)):
        assert np.count_nonzero(kernel) == rows * columns
        assert kernel.dtype == np.float32


def test_the_room_around_a_network_changes_none_of_its_weights() -> None:
    for narrow, wide in zip(kernels(Layers(width=7), width=7), kernels(Layers(width=7), width=64), strict=True):
        rows, columns = narrow.shape
        np.testing.assert_array_equal(wide[: rows - 1, :columns], narrow[:-1])


def test_another_seed_starts_from_other_weights() -> None:
    layers = Layers(depth=1, width=7)
    assert not np.array_equal(kernels(layers, width=7)[0], kernels(layers, width=7, seed=4)[0])


@pytest.mark.parametrize("layers", [Layers(depth=1, width=1), Layers(depth=1, width=9), Layers(depth=4, width=6)])
def test_the_parameters_are_as_many_as_those_of_the_keras_model(layers: Layers) -> None:
    counted = sum(array.size for array in keras_weights(layers))
    assert parameters_of(layers.depth, layers.width, features=FEATURES, outputs=OUTPUTS) == counted
