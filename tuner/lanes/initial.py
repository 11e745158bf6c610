"""A lane's first weights: those of the ordinary Keras model with the same seed."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tuner.hyperparameters import Layers
from tuner.lanes.shapes import shapes_of
from tuner.models.initializers import OUTPUT_INITIALIZER, initializer_of
from tuner.models.mlp import weight_seed

FloatArray = NDArray[np.float32]

AUTO_SELECT = 3
"""TensorFlow's number for the random number generator that suits the device, as its own functions pass it."""

DEVIATION_WITHIN_2 = 0.87962566103423978
"""Standard deviation of a normal distribution of deviation 1, cut off at -2 and 2."""


def initial_kernels(layers: Layers, *, features: int, outputs: int, seed: int) -> list[FloatArray]:
    """The kernels that `build_mlp` starts from, each with its bias as one more row; biases start at 0.

    Args:
        layers: the hidden layers.
        features, outputs: columns of the network's input and output.
        seed: the trial's.
    Returns:
        float32 [rows + 1, columns] for each layer.
    """
    kernels = []
    for index, shape in enumerate(shapes_of(layers.widths, features=features, outputs=outputs)):
        name = OUTPUT_INITIALIZER if index == layers.depth else initializer_of(layers)
        with_bias = np.zeros((shape[0] + 1, shape[1]), np.float32)
        with_bias[:-1] = _drawn(name, weight_seed(seed, index), shape)
        kernels.append(with_bias)
    return kernels


def _drawn(name: str, seed: int, shape: tuple[int, int]) -> FloatArray:
    """What the Keras initializer of that name and seed draws, without the milliseconds that Keras takes for it."""
    scaling = _scaling(name)
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=tf.constant([seed % (2**31 - 2), 0], tf.int32))
    draw: dict[str, Any] = {
        "shape": _constant(shape), "key": key, "counter": counter, "alg": _constant(AUTO_SELECT), "dtype": tf.float32
    }  # fmt: skip
    fan = {"fan_in": shape[0], "fan_out": shape[1], "fan_avg": (shape[0] + shape[1]) / 2}[scaling.mode]
    scale = scaling.scale / max(1.0, fan)
    if scaling.distribution == "uniform":
        limit = np.float32(math.sqrt(3 * scale))
        drawn: FloatArray = tf.raw_ops.StatelessRandomUniformV2(**draw).numpy() * (limit + limit) - limit
        return drawn
    deviation = np.float32(math.sqrt(scale) / DEVIATION_WITHIN_2)
    drawn = tf.raw_ops.StatelessTruncatedNormalV2(**draw).numpy() * deviation
    return drawn


@cache
def _constant(value: int | tuple[int, int]) -> tf.Tensor:
    """An int32 tensor, with which TensorFlow draws in half the time."""
    return tf.constant(value, tf.int32)


@cache
def _scaling(name: str) -> keras.initializers.VarianceScaling:
    """A Keras initializer, of which only the formula is used."""
    initializer = keras.initializers.get(name)
    assert isinstance(initializer, keras.initializers.VarianceScaling)
    return initializer
