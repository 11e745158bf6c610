"""What a lane holds, apart from its program: a network's weights, and what their training remembers.

A lane's arrays are as large as its program has room for; a state has the sizes of the network itself, so that it fits
into any program that can train it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuner.lanes.shapes import Shapes

FloatArray = NDArray[np.float32]


class LayerState(NamedTuple):
    """One layer, each float32 [inputs + 1, units] with the biases in the last row; or of many lanes, stacked.

    Attributes:
        weights: the present ones.
        first, second: the optimizer's slots.
        best: the weights of the best epoch.
    """

    weights: FloatArray
    first: FloatArray
    second: FloatArray
    best: FloatArray


LaneState = Sequence[LayerState]
"""From the first hidden layer to the output."""


def fresh_state(kernels: Sequence[FloatArray], slots: tuple[float, float]) -> LaneState:
    """What training begins with.

    Args:
        kernels: the first weights.
        slots: what the optimizer's first and second slot start from.
    """
    first, second = slots
    return [LayerState(kernel, np.full_like(kernel, first), np.full_like(kernel, second), kernel) for kernel in kernels]


def padded(state: LaneState, room: Shapes, slots: tuple[float, float]) -> LaneState:
    """The arrays of a lane in a program that may have more room.

    Args:
        state: of the network.
        room: rows and columns of each kernel in the program, not smaller than the network's own. Hidden layers that the
            network does not have come just before the output.
        slots: what the optimizer's slots start from; around the network they never change, and its weights are 0.
    """
    around = (0.0, *slots, 0.0)
    lane = [
        LayerState(*(np.full((rows + 1, columns), value, np.float32) for value in around)) for rows, columns in room
    ]
    for place, layer in zip([*lane[: len(state) - 1], lane[-1]], state, strict=True):
        for into, own in zip(place, layer, strict=True):
            rows, columns = own.shape
            into[: rows - 1, :columns] = own[:-1]
            into[-1, :columns] = own[-1]
    return lane


def trimmed(lane: LaneState, shapes: Shapes) -> LaneState:
    """The state of a network out of its lane's arrays.

    Args:
        lane: as from `padded`.
        shapes: rows and columns of each of the network's kernels.
    """
    own = [*lane[: len(shapes) - 1], lane[-1]]
    return [
        LayerState(*(np.concatenate([array[:rows, :columns], array[-1:, :columns]]) for array in layer))
        for layer, (rows, columns) in zip(own, shapes, strict=True)
    ]


def to_arrays(state: LaneState) -> dict[str, FloatArray]:
    """The arrays by name, such as `weights_0`."""
    return {f"{kind}_{index}": array for index, layer in enumerate(state) for kind, array in layer._asdict().items()}


def from_arrays(arrays: Mapping[str, NDArray[np.generic]], shapes: Shapes) -> LaneState:
    """The state that `to_arrays` gave.

    Args:
        arrays: by name.
        shapes: rows and columns of each of the network's kernels.
    Raises:
        ValueError: if they are not the arrays of such a network.
    """
    expected = {f"{kind}_{index}": shape for index, shape in enumerate(shapes) for kind in LayerState._fields}
    if arrays.keys() != expected.keys():
        raise ValueError(f"the arrays should be {sorted(expected)}, but are {sorted(arrays)}")
    for name, (rows, columns) in expected.items():
        found = arrays[name]
        if found.shape != (rows + 1, columns) or found.dtype != np.float32:
            raise ValueError(
                f"{name} should be float32 {[rows + 1, columns]}, but is {found.dtype} {list(found.shape)}"
            )
    return [
        LayerState(**{kind: arrays[f"{kind}_{index}"].astype(np.float32) for kind in LayerState._fields})
        for index in range(len(shapes))
    ]
