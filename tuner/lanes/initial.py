"""A lane's first weights: those of the ordinary Keras model with the same seed, padded to the program's width."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.hyperparameters import Layers
from tuner.lanes.shapes import shapes_of
from tuner.models.initializers import OUTPUT_INITIALIZER, initializer_of
from tuner.models.mlp import weight_seed

FloatArray = NDArray[np.float32]


def initial_kernels(
    layers: Layers, *, features: int, outputs: int, seed: int, room: Sequence[tuple[int, int]]
) -> list[FloatArray]:
    """The kernels that `build_mlp` starts from, each with its bias as one more row; biases start at 0.

    Args:
        layers: the hidden layers.
        features, outputs: columns of the network's input and output.
        seed: the trial's.
        room: rows and columns of each kernel in the program, not smaller than the lane's own; the rest is 0. Hidden
            layers that the lane does not have come just before the output.
    Returns:
        float32 [rows + 1, columns] for each layer.
    """
    kernels = [np.zeros((rows + 1, columns), np.float32) for rows, columns in room]
    for index, shape in enumerate(shapes_of(layers.depth, layers.width, features=features, outputs=outputs)):
        name = OUTPUT_INITIALIZER if index == layers.depth else initializer_of(layers)
        initializer = keras.initializers.get({"class_name": name, "config": {"seed": weight_seed(seed, index)}})
        place = kernels[-1 if index == layers.depth else index]
        place[: shape[0], : shape[1]] = keras.ops.convert_to_numpy(initializer(shape))
    return kernels
