"""Keras' optimizers out of their settings, ready for a momentum that changes from epoch to epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from tuner.errors import HyperparameterError
from tuner.hyperparameters import OptimizerSettings
from tuner.hyperparameters.clipping import Clipping, NoClipping
from tuner.models.driven import Driven, DrivenRmsprop, DrivenSgd, driven_beta
from tuner.models.local import Local, local

RENAMED: Mapping[str, str] = {"initial_accumulator": "initial_accumulator_value"}
"""Settings whose name in Keras differs from ours."""

CLIPPING: Mapping[str, str] = {"value": "clipvalue", "norm": "clipnorm", "global_norm": "global_clipnorm"}
"""What Keras calls the limit of each kind of clipping."""

NO_CLIPPING = NoClipping()

OPTIMIZERS: Mapping[str, type[Any]] = {
    "sgd": DrivenSgd,
    "rmsprop": DrivenRmsprop,
    "adam": driven_beta(keras.optimizers.Adam),
    "nadam": driven_beta(keras.optimizers.Nadam),
    "adamax": driven_beta(keras.optimizers.Adamax),
    "adamw": driven_beta(keras.optimizers.AdamW),
    "adagrad": local(keras.optimizers.Adagrad),
    "adadelta": local(keras.optimizers.Adadelta),
}
"""Every optimizer by the name that a study file uses."""


def build_optimizer(
    settings: OptimizerSettings, momentum: float | None = None, *, clipping: Clipping = NO_CLIPPING
) -> keras.optimizers.Optimizer:
    """A fresh optimizer at its first epoch's learning rate.

    Args:
        settings: the kind and its own hyperparameters.
        momentum: of the first epoch; None for the settings' own, and for an optimizer that has none.
        clipping: of the gradients.
    Raises:
        HyperparameterError: if a momentum is given to an optimizer that has none.
    """
    arguments = settings.model_dump(exclude={"kind"})
    if settings.momentum_setting is not None:
        own = settings.default_momentum if settings.own_momentum is None else settings.own_momentum
        arguments[settings.momentum_setting] = own if momentum is None else momentum
    elif momentum is not None:
        raise HyperparameterError(f"is for optimizers with a momentum, which {settings.kind} has not", "momentum")
    if not isinstance(clipping, NoClipping):
        arguments[CLIPPING[clipping.kind]] = clipping.limit
    # Keras refuses whole numbers where it wants floats.
    exact = {
        RENAMED.get(name, name): value if isinstance(value, bool) else float(value) for name, value in arguments.items()
    }
    return OPTIMIZERS[settings.kind](name=settings.kind, **exact)


def set_momentum(optimizer: keras.optimizers.Optimizer, value: float) -> None:
    """Let a driven optimizer go on with another momentum; it acts from the next training step on."""
    optimizer.momentum_variable.assign(value)


def set_gradient_noise(optimizer: keras.optimizers.Optimizer, level: float) -> None:
    """Let an optimizer with `GradientNoise` go on with another level of it."""
    optimizer.gradient_noise.level.assign(level)


def momentum_of(optimizer: keras.optimizers.Optimizer) -> float | None:
    """The present momentum; None for an optimizer that has none."""
    return float(optimizer.momentum_variable) if isinstance(optimizer, Driven) else None


def ordinary_optimizer(
    optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable] | None = None
) -> keras.optimizers.Optimizer:
    """Keras' own optimizer in the same state, so that a saved model can be loaded without this package.

    Args:
        optimizer: built; one that is ordinary already is given back as it is.
        variables: that it shall train, in the same order; the same ones if left out.
    """
    if not isinstance(optimizer, Local):
        return optimizer
    ours: Any = optimizer
    ordinary = ours.stock.from_config(ours.get_config())
    ordinary.build(ours._trainable_variables if variables is None else variables)
    momentum = ours.momentum_variable if isinstance(ours, Driven) else None
    state = [variable for variable in ours.variables if variable is not momentum]
    # Without a momentum, the ordinary SGD and RMSprop lack its slots, which are the last of the variables.
    for to, of in zip(ordinary.variables, state, strict=False):
        to.assign(of)
    return ordinary
