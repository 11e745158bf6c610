"""The weights that a lane starts from."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from tuner.hyperparameters import Hyperparameters, Layers
from tuner.hyperparameters.layers import Activation, Initializer
from tuner.lanes.initial import FloatArray, initial_kernels
from tuner.lanes.shapes import parameters_of
from tuner.models import build_mlp

FEATURES, OUTPUTS = 5, 3


def kernels(layers: Layers, *, seed: int = 3) -> list[FloatArray]:
    return initial_kernels(layers, features=FEATURES, outputs=OUTPUTS, seed=seed)


def keras_weights(layers: Layers, seed: int = 3) -> list[FloatArray]:
    model = build_mlp(Hyperparameters(layers=layers), features=FEATURES, outputs=OUTPUTS, task="multiclass", seed=seed)
    layered = [layer.get_weights() for layer in model.layers if hasattr(layer, "kernel")]
    return [array for weights in layered for array in weights]


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
    ours, theirs = kernels(layers), keras_weights(layers)
    assert len(ours) == layers.depth + 1
    for own, kernel, bias in zip(ours, theirs[::2], theirs[1::2], strict=True):
        assert own.dtype == np.float32
        np.testing.assert_array_equal(own, [*kernel, bias])


def test_another_seed_starts_from_other_weights() -> None:
    layers = Layers(depth=1, width=7)
    assert not np.array_equal(kernels(layers)[0], kernels(layers, seed=4)[0])


@pytest.mark.parametrize("layers", [Layers(depth=1, width=1), Layers(depth=1, width=9), Layers(depth=4, width=6)])
def test_the_parameters_are_as_many_as_those_of_the_keras_model(layers: Layers) -> None:
    counted = sum(array.size for array in keras_weights(layers))
    assert parameters_of(layers.widths, features=FEATURES, outputs=OUTPUTS) == counted
