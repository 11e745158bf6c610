"""A lane's arrays as the weights of the Keras model that `build_mlp` makes."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.lanes.arrays import NORMALIZED, Arrays
from tuner.models.mlp import activation_name, hidden_name, normalization_name

FloatArray = NDArray[np.float32]


def put_arrays(model: keras.Model, own: Arrays, arrays: Sequence[FloatArray]) -> None:
    """Give a model the weights of a lane.

    Args:
        model: of the lane's configuration.
        own: its arrays.
        arrays: float32, each of the shape that `own` says.
    """
    names = [*map(hidden_name, range(own.depth)), "output"]
    for name, array in zip(names, arrays, strict=False):
        model.get_layer(name).set_weights([array[:-1], array[-1]])
    beside = list(arrays[own.depth + 1 :])
    if own.inputs:
        model.get_layer(normalization_name(None)).set_weights(_rows(own.inputs, beside.pop(), NORMALIZED))
    for index, array in enumerate(beside):
        if "leak" in own.units:
            model.get_layer(activation_name(index)).set_weights([array[own.units.index("leak")]])
        if "gamma" in own.units:
            model.get_layer(normalization_name(index)).set_weights(_rows(own.units, array, NORMALIZED))


def _rows(names: Sequence[str], array: FloatArray, wanted: Sequence[str]) -> list[FloatArray]:
    return [array[names.index(name)] for name in wanted]
