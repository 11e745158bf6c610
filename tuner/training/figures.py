"""What a trained network is measured by beside its metrics: how many numbers it has, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from statistics import median

import keras
import numpy as np
import tensorflow as tf

from tuner.clock import Clock

NONZERO_ABOVE = 1e-3
"""A weight that is not further than this from 0 counts as none: where L1 pulls at it, Adam leaves it near 0."""

CALLS_BEFORE = 10
CALLS = 101


def nonzero_weights(model: keras.Model) -> int:
    """How many weights are not about zero: those of the products of hidden layers and output, without their biases."""
    kernels = [weights for weights in model.trainable_weights if weights.name == "kernel"]
    return sum(int(np.count_nonzero(np.abs(kernel.numpy()) > NONZERO_ABOVE)) for kernel in kernels)


def latency(model: keras.Model, *, clock: Clock = time.perf_counter) -> float:
    """Median microseconds of a prediction for one row, as a program pays them that calls the compiled model.

    The row is made of zeros, as float32 [1, features] and as the network gets it: preprocessing is not in it. The
    first calls, in which TensorFlow traces the model, do not count. It depends on the machine, and on what else runs
    there.

    Args:
        model: what predicts.
        clock: in seconds.
    """
    predict = tf.function(lambda rows: model(rows, training=False))
    row = tf.zeros((1, model.input_shape[-1]))
    for _ in range(CALLS_BEFORE):
        predict(row).numpy()
    times = []
    for _ in range(CALLS):
        began = clock()
        predict(row).numpy()
        times.append(clock() - began)
    return 1e6 * median(times)


MEASURES: Mapping[str, Callable[[keras.Model], float]] = {"nonzero_weights": nonzero_weights, "latency": latency}
"""How those of `tuner.study.objectives.FIGURES` are measured that no outcome tells anyway, as `parameters` is."""


def figures_of(model: Callable[[], keras.Model], names: Iterable[str]) -> dict[str, float]:
    """What a network comes to.

    Args:
        model: makes the model with the best epoch's weights; not called if there is nothing to measure.
        names: which figures.
    Returns:
        Each that is measured, by its name.
    """
    measured = [name for name in names if name in MEASURES]
    made = model() if measured else None
    return {name: float(MEASURES[name](made)) for name in measured}
