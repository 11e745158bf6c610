"""Keras' optimizers with a momentum that can change from epoch to epoch.

Keras bakes a momentum into the compiled training step, where a later change has no effect. In a *driven* optimizer it
is a variable instead: `momentum` of SGD and RMSprop, `beta_1` of the Adam family. The numbers are those of the ordinary
optimizer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import keras
from keras import ops

from tuner.models.local import Local


class Driven(Local):
    """The momentum of a Keras optimizer as a variable; to be mixed in before the optimizer's own class."""

    momentum_setting: ClassVar[str]
    add_variable: Callable[..., keras.Variable]

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        initial = keras.initializers.Constant(getattr(self, self.momentum_setting))
        variable = self.add_variable((), initializer=initial, name=self.momentum_setting)
        setattr(self, self.momentum_setting, variable)

    @property
    def momentum_variable(self) -> keras.Variable:
        """Scalar float32; assigning to it acts from the next training step on."""
        return getattr(self, self.momentum_setting)

    def get_config(self) -> dict[str, Any]:
        """The ordinary optimizer's configuration, at the present momentum."""
        stated = self.momentum_setting
        # Keras forms the configuration out of the attributes, and a variable is no plain number.
        return {**super().get_config(), stated: float(self.momentum_variable)}  # type: ignore[misc]


class DrivenSgd(Driven, keras.optimizers.SGD):  # type: ignore[misc]
    """SGD whose momentum can change: v <- m v - lr g; w <- w + v, or w <- w + m v - lr g with Nesterov."""

    momentum_setting = "momentum"
    stock = keras.optimizers.SGD

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make the velocities, also for a momentum that starts at 0."""
        if self.built:
            return
        super(keras.optimizers.SGD, self).build(variables)
        self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        """Keras' own step, without its question whether there is a momentum."""
        step = ops.multiply(ops.cast(gradient, variable.dtype), ops.cast(learning_rate, variable.dtype))
        momentum = ops.cast(self.momentum, variable.dtype)
        velocity = self.momentums[self._get_variable_index(variable)]
        self.assign(velocity, ops.subtract(ops.multiply(velocity, momentum), step))
        if self.nesterov:
            self.assign_add(variable, ops.subtract(ops.multiply(velocity, momentum), step))
        else:
            self.assign_add(variable, velocity)


class DrivenRmsprop(Driven, keras.optimizers.RMSprop):  # type: ignore[misc]
    """RMSprop (not centered) whose momentum can change."""

    momentum_setting = "momentum"
    stock = keras.optimizers.RMSprop

    def build(self, var_list: Sequence[keras.Variable]) -> None:
        """Make the slots, also for a momentum that starts at 0."""
        if self.built:
            return
        super(keras.optimizers.RMSprop, self).build(var_list)
        self._velocities = self.add_optimizer_variables(var_list, "velocity")
        self._momentums = self.add_optimizer_variables(var_list, "momentum")

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        """Keras' own step, without its question whether there is a momentum."""
        gradient = ops.cast(gradient, variable.dtype)
        index = self._get_variable_index(variable)
        velocity, slot = self._velocities[index], self._momentums[index]
        squared = ops.multiply(1 - self.rho, ops.square(gradient))
        self.assign(velocity, ops.add(ops.multiply(self.rho, velocity), squared))
        rated = ops.multiply(ops.cast(learning_rate, variable.dtype), gradient)
        increment = ops.divide(rated, ops.sqrt(ops.add(velocity, self.epsilon)))
        momentum = ops.cast(self.momentum, variable.dtype)
        self.assign(slot, ops.add(ops.multiply(momentum, slot), increment))
        self.assign_sub(variable, slot)


def driven_beta(stock: type[Any]) -> type[Any]:
    """A member of the Adam family whose beta_1 can change; its own step reads a variable as well as a number."""
    return type(f"Driven{stock.__name__}", (Driven, stock), {"momentum_setting": "beta_1", "stock": stock})
