"""The network: hidden layers with their regularization, and the output that the target asks for."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from tuner.hyperparameters import Hyperparameters, Layers
from tuner.hyperparameters.normalization import DEFAULT_EPSILON, DEFAULT_MOMENTUM, NoNormalization
from tuner.models.initializers import OUTPUT_INITIALIZER, initializer_of
from tuner.seeds import derive_seed
from tuner.study.metrics import Task

OUTPUT_ACTIVATIONS: Mapping[Task, str] = {"binary": "sigmoid", "multiclass": "softmax", "regression": "linear"}


def build_mlp(chosen: Hyperparameters, *, features: int, outputs: int, task: Task, seed: int) -> keras.Model:
    """An ordinary, uncompiled Keras model.

    The same arguments give the same initial weights and, in training, the same dropout and noise; no global seed is
    touched. In order:

        inputs  [normalization]  [noise]
        hidden  product  [normalization before]  activation  [normalization after]  [dropout]     `depth` times
        output  product  the activation that the task asks for

    Args:
        chosen: the configuration.
        features: columns of the input, float32 [rows, features].
        outputs: columns of the output, float32 [rows, outputs]: one per class, one per number of a regression, or 1
            for a binary task.
        task: decides the output's activation.
        seed: from which the weights and all that is random in training follow.
    """
    layers = chosen.layers
    inputs = keras.Input((features,), name="rows")
    flow = inputs
    if chosen.inputs.normalization:
        flow = _normalization(chosen, None)(flow)
    if chosen.inputs.noise > 0:
        flow = keras.layers.GaussianNoise(chosen.inputs.noise, seed=derive_seed(seed, "input noise"), name="noise")(flow)
    for index in range(layers.depth):
        flow = _hidden(chosen, index, seed, flow)
    output = keras.layers.Dense(
        outputs,
        activation=OUTPUT_ACTIVATIONS[task],
        kernel_initializer=_initializer(OUTPUT_INITIALIZER, weight_seed(seed, layers.depth)),
        name="output",
    )(flow)
    return keras.Model(inputs, output, name="mlp")


def hidden_name(layer: int) -> str:
    """The Keras name of a hidden layer."""
    return f"hidden_{layer}"


def normalization_name(layer: int | None) -> str:
    """The Keras name of a hidden layer's batch normalization; None for that of the inputs."""
    return "normalization" if layer is None else f"normalization_{layer}"


def weight_seed(seed: int, layer: int) -> int:
    """The seed of a layer's initial weights; layers count from 0, the output is number `depth`."""
    return derive_seed(seed, "weights", layer)


def dropout_seed(seed: int, layer: int) -> int:
    """The seed of the dropout after a hidden layer; layers count from 0."""
    return derive_seed(seed, "dropout", layer)


def _hidden(chosen: Hyperparameters, index: int, seed: int, flow: keras.KerasTensor) -> keras.KerasTensor:
    """One hidden layer on top of what there is."""
    layers = chosen.layers
    before = chosen.normalization.kind == "before"
    flow = keras.layers.Dense(
        layers.width,
        activation=None if before else layers.activation,
        kernel_initializer=_initializer(initializer_of(layers), weight_seed(seed, index)),
        kernel_regularizer=_penalty(layers),
        name=hidden_name(index),
    )(flow)
    if before:
        flow = _normalization(chosen, index)(flow)
        flow = keras.layers.Activation(layers.activation, name=f"activation_{index}")(flow)
    elif chosen.normalization.kind == "after":
        flow = _normalization(chosen, index)(flow)
    if layers.dropout > 0:
        flow = keras.layers.Dropout(layers.dropout, seed=dropout_seed(seed, index), name=f"dropout_{index}")(flow)
    return flow


def _normalization(chosen: Hyperparameters, layer: int | None) -> keras.layers.BatchNormalization:
    stated = chosen.normalization
    plain = isinstance(stated, NoNormalization)
    return keras.layers.BatchNormalization(
        momentum=DEFAULT_MOMENTUM if plain else float(stated.momentum),
        epsilon=DEFAULT_EPSILON if plain else float(stated.epsilon),
        name=normalization_name(layer),
    )


def _penalty(layers: Layers) -> keras.regularizers.Regularizer | None:
    return keras.regularizers.L1L2(l1=layers.l1, l2=layers.l2) if layers.l1 or layers.l2 else None


def _initializer(name: str, seed: int) -> keras.initializers.Initializer:
    return keras.initializers.get({"class_name": name, "config": {"seed": seed}})
