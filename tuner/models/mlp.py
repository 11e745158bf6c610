"""The network: hidden layers with their regularization, and the output that the target asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from tuner.hyperparameters import Hyperparameters, Layers
from tuner.hyperparameters.layers import ELU_ALPHA, LEAKY_SLOPE
from tuner.models.initializers import OUTPUT_INITIALIZER, initializer_of
from tuner.models.noise import ActivationNoise
from tuner.seeds import derive_seed
from tuner.study.metrics import Task

OUTPUT_ACTIVATIONS: Mapping[Task, str] = {"binary": "sigmoid", "multiclass": "softmax", "regression": "linear"}


def build_mlp(
    chosen: Hyperparameters,
    *,
    features: int,
    outputs: int,
    task: Task,
    seed: int,
    driven: bool = False,
    kind: type[Any] = keras.Model,
) -> keras.Model:
    """An uncompiled Keras model, and an ordinary one unless it is driven.

    The same arguments give the same initial weights and, in training, the same dropout and noise; no global seed is
    touched. In order:

        inputs  [normalization]  [noise]
        hidden  product  [normalization before]  [noise]  activation  [normalization after]  [dropout]    `depth` times
        output  product  the activation that the task asks for

    Args:
        chosen: the configuration.
        features: columns of the input, float32 [rows, features].
        outputs: columns of the output, float32 [rows, outputs]: one per class, one per number of a regression, or 1
            for a binary task.
        task: decides the output's activation.
        seed: from which the weights and all that is random in training follow.
        driven: whether noise on activations can change from epoch to epoch, see `set_activation_noise`; a model that
            cannot keeps the first epoch's, and can be loaded without this package.
        kind: the class of the model, out of Keras or made of it.
    """
    layers = chosen.layers
    inputs = keras.Input((features,), name="rows")
    flow = inputs
    if chosen.inputs.normalization:
        flow = _normalization(chosen, None)(flow)
    if chosen.inputs.noise > 0:
        flow = keras.layers.GaussianNoise(chosen.inputs.noise, seed=derive_seed(seed, "input noise"), name="noise")(
            flow
        )
    for index in range(layers.depth):
        flow = _hidden(chosen, index, seed, flow, driven=driven)
    output = keras.layers.Dense(
        outputs,
        activation=OUTPUT_ACTIVATIONS[task],
        kernel_initializer=_initializer(OUTPUT_INITIALIZER, weight_seed(seed, layers.depth)),
        name="output",
    )(flow)
    return kind(inputs, output, name="mlp")


def hidden_name(layer: int) -> str:
    """The Keras name of a hidden layer."""
    return f"hidden_{layer}"


def activation_name(layer: int) -> str:
    """The Keras name of a hidden layer's activation, where that is a layer of its own."""
    return f"activation_{layer}"


def normalization_name(layer: int | None) -> str:
    """The Keras name of a hidden layer's batch normalization; None for that of the inputs."""
    return "normalization" if layer is None else f"normalization_{layer}"


def weight_seed(seed: int, layer: int) -> int:
    """The seed of a layer's initial weights; layers count from 0, the output is number `depth`."""
    return derive_seed(seed, "weights", layer)


def dropout_seed(seed: int, layer: int) -> int:
    """The seed of the dropout after a hidden layer; layers count from 0."""
    return derive_seed(seed, "dropout", layer)


def _hidden(
    chosen: Hyperparameters, index: int, seed: int, flow: keras.KerasTensor, *, driven: bool
) -> keras.KerasTensor:
    """One hidden layer on top of what there is."""
    layers = chosen.layers
    noise = chosen.activation_noise_curve()
    activation = _activation(layers, index)
    before = chosen.normalization.kind == "before"
    inline = isinstance(activation, str) and not before and noise is None
    flow = keras.layers.Dense(
        layers.widths[index],
        activation=activation if inline else None,
        kernel_initializer=_initializer(initializer_of(layers), weight_seed(seed, index)),
        kernel_regularizer=_penalty(layers),
        name=hidden_name(index),
    )(flow)
    if before:
        flow = _normalization(chosen, index)(flow)
    if noise is not None:
        flow = _noise(noise.value(0), derive_seed(seed, "noise", index), f"noise_{index}", driven=driven)(flow)
    if not inline:
        if isinstance(activation, str):
            activation = keras.layers.Activation(activation, name=activation_name(index))
        flow = activation(flow)
    if chosen.normalization.kind == "after":
        flow = _normalization(chosen, index)(flow)
    if layers.dropout > 0:
        dropout = keras.layers.AlphaDropout if layers.dropout_kind == "alpha" else keras.layers.Dropout
        flow = dropout(layers.dropout, seed=dropout_seed(seed, index), name=f"dropout_{index}")(flow)
    return flow


def _activation(layers: Layers, index: int) -> str | keras.layers.Layer:
    """Keras' name of the activation, or a layer if it has settings or weights of its own."""
    name = activation_name(index)
    if layers.activation == "prelu":
        return keras.layers.PReLU(name=name)
    if layers.activation == "leaky_relu" and layers.leaky_slope != LEAKY_SLOPE:
        return keras.layers.LeakyReLU(negative_slope=float(layers.leaky_slope), name=name)
    if layers.activation == "elu" and layers.elu_alpha != ELU_ALPHA:
        return keras.layers.ELU(alpha=float(layers.elu_alpha), name=name)
    return layers.activation


def _noise(level: float, seed: int, name: str, *, driven: bool) -> keras.layers.Layer:
    if driven:
        return ActivationNoise(level, seed=seed, name=name)
    return keras.layers.GaussianNoise(level, seed=seed, name=name)


def _normalization(chosen: Hyperparameters, layer: int | None) -> keras.layers.BatchNormalization:
    stated = chosen.normalization
    return keras.layers.BatchNormalization(
        momentum=float(stated.momentum), epsilon=float(stated.epsilon), name=normalization_name(layer)
    )


def _penalty(layers: Layers) -> keras.regularizers.Regularizer | None:
    return keras.regularizers.L1L2(l1=layers.l1, l2=layers.l2) if layers.l1 or layers.l2 else None


def _initializer(name: str, seed: int) -> keras.initializers.Initializer:
    return keras.initializers.get({"class_name": name, "config": {"seed": seed}})
