"""Noise in training whose strength changes from epoch to epoch: on activations, and on gradients.

Source:
    Neelakantan et al. 2015, arXiv:1511.06807, for gradients; for activations, f(z + sigma n) as in simulated annealing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


class ActivationNoise(keras.layers.Layer):  # type: ignore[misc]
    """Adds normally distributed numbers to what an activation is given, in training only.

        z + level n, n ~ N(0, 1) drawn anew in each step

    Attributes:
        level: scalar float32, the standard deviation; assigning to it acts from the next training step on.
    """

    def __init__(self, level: float, *, seed: int, name: str) -> None:
        super().__init__(name=name)
        self.level = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(level), trainable=False, name="level"
        )
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, z: Any, training: bool = False) -> Any:
        """Args: z: float32 [rows, units]."""
        if not training:
            return z
        return z + self.level * keras.random.normal(ops.shape(z), seed=self.generator)


class GradientNoise:
    """Adds normally distributed numbers to gradients, after clipping.

        g + level / (1 + t)^decay n, n ~ N(0, 1) drawn anew in each step t, which counts from 0

    What is drawn follows from the seed and the step alone, so that a training which goes on draws as it would have.

    Attributes:
        level: scalar float32; assigning to it acts from the next training step on.
    """

    def __init__(self, level: float, *, decay: float, seed: int) -> None:
        self.level = keras.Variable(level, dtype="float32", trainable=False, name="gradient_noise")
        self._decay = decay
        self._seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    def added_to(self, gradients: Sequence[Any], step: Any) -> list[Any]:
        """The gradients with noise.

        Args:
            gradients: None for a variable without one.
            step: training steps before this one.
        """
        drawn = ops.cast(step, "uint32") * len(gradients)
        self._generator.state.assign(ops.stack([ops.cast(self._seed, "uint32"), drawn]))
        deviation = self.level / (1.0 + ops.cast(step, "float32")) ** self._decay
        return [
            each if each is None else each + deviation * keras.random.normal(ops.shape(each), seed=self._generator)
            for each in gradients
        ]


def set_activation_noise(model: keras.Model, level: float) -> None:
    """Let a model that was built to train go on with another level of noise on its activations."""
    for layer in model.layers:
        if isinstance(layer, ActivationNoise):
            layer.level.assign(level)
