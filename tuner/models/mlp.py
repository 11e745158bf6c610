"""The network: hidden layers with their regularization, and the output that the target asks for."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from tuner.hyperparameters import Layers
from tuner.models.initializers import OUTPUT_INITIALIZER, initializer_of
from tuner.seeds import derive_seed
from tuner.study.metrics import Task

OUTPUT_ACTIVATIONS: Mapping[Task, str] = {"binary": "sigmoid", "multiclass": "softmax", "regression": "linear"}


def build_mlp(layers: Layers, *, features: int, outputs: int, task: Task, seed: int) -> keras.Model:
    """An ordinary, uncompiled Keras model.

    The same arguments give the same initial weights and, in training, the same dropout; no global seed is touched.

    Args:
        layers: the hidden layers.
        features: columns of the input, float32 [rows, features].
        outputs: columns of the output, float32 [rows, outputs]: one per class, one per number of a regression, or 1
            for a binary task.
        task: decides the output's activation.
        seed: from which the weights and the dropout follow.
    """
    penalty = keras.regularizers.L1L2(l1=layers.l1, l2=layers.l2) if layers.l1 or layers.l2 else None
    inputs = keras.Input((features,), name="rows")
    flow = inputs
    for index in range(layers.depth):
        flow = keras.layers.Dense(
            layers.width,
            activation=layers.activation,
            kernel_initializer=_initializer(initializer_of(layers), weight_seed(seed, index)),
            kernel_regularizer=penalty,
            name=f"hidden_{index}",
        )(flow)
        if layers.dropout > 0:
            flow = keras.layers.Dropout(layers.dropout, seed=dropout_seed(seed, index), name=f"dropout_{index}")(flow)
    output = keras.layers.Dense(
        outputs,
        activation=OUTPUT_ACTIVATIONS[task],
        kernel_initializer=_initializer(OUTPUT_INITIALIZER, weight_seed(seed, layers.depth)),
        name="output",
    )(flow)
    return keras.Model(inputs, output, name="mlp")


def weight_seed(seed: int, layer: int) -> int:
    """The seed of a layer's initial weights; layers count from 0, the output is number `depth`."""
    return derive_seed(seed, "weights", layer)


def dropout_seed(seed: int, layer: int) -> int:
    """The seed of the dropout after a hidden layer; layers count from 0."""
    return derive_seed(seed, "dropout", layer)


def _initializer(name: str, seed: int) -> keras.initializers.Initializer:
    return keras.initializers.get({"class_name": name, "config": {"seed": seed}})
