"""What a lane holds, apart from its program: a network's weights, and what their training remembers.

A lane's arrays are as large as its program has room for; a state has the sizes of the network itself, so that it fits
into any program that can train it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuner.lanes.arrays import FIRST_VALUES, Arrays

FloatArray = NDArray[np.float32]


class LayerState(NamedTuple):
    """One layer's weights, each float32 [inputs + 1, units] with the biases in the last row; or of many lanes, stacked.

    Or the rows of numbers that a layer's units have beside them, float32 [rows, units].

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
"""In the order of `Arrays`."""


def fresh_state(weights: Sequence[FloatArray], arrays: Arrays, slots: tuple[float, float]) -> LaneState:
    """What training begins with.

    Args:
        weights: the first ones of each layer.
        arrays: of the network.
        slots: what the optimizer's first and second slot start from.
    """
    first, second = slots
    beside = [
        np.repeat(np.array([[FIRST_VALUES[name]] for name in names], np.float32), columns, 1)
        for names, (_, columns) in zip(arrays.names, arrays.shapes, strict=True)
        if names
    ]
    return [
        LayerState(array, np.full_like(array, first), np.full_like(array, second), array)
        for array in (*weights, *beside)
    ]


def padded(state: LaneState, own: Arrays, room: Arrays, slots: tuple[float, float]) -> LaneState:
    """The arrays of a lane in a program that may have more room.

    Args:
        state: of the network.
        own, room: the network's arrays, and the program's, which have at least the room for them.
        slots: what the optimizer's slots start from; around the network they never change, and its weights are 0.
    """
    around = (0.0, *slots, 0.0)
    lane = [LayerState(*(np.full(shape, value, np.float32) for value in around)) for shape in room.shapes]
    for here, there in own.places_in(room):
        rows = _rows(own, here, room, there)
        for into, array in zip(lane[there], state[here], strict=True):
            into[rows, : array.shape[1]] = array
    return lane


def trimmed(lane: LaneState, own: Arrays, room: Arrays) -> LaneState:
    """The state of a network out of its lane's arrays; `padded` the other way round."""
    return [
        LayerState(*(array[_rows(own, here, room, there), : own.shapes[here][1]] for array in lane[there]))
        for here, there in own.places_in(room)
    ]


def _rows(own: Arrays, here: int, room: Arrays, there: int) -> list[int]:
    """Which rows of a lane's array those of a network's array are."""
    names = own.names[here]
    if names:
        return [room.names[there].index(name) for name in names]
    rows = own.shapes[here][0] - 1
    return [*range(rows), room.shapes[there][0] - 1]


def to_arrays(state: LaneState) -> dict[str, FloatArray]:
    """The arrays by name, such as `weights_0`."""
    return {f"{kind}_{index}": array for index, layer in enumerate(state) for kind, array in layer._asdict().items()}


def from_arrays(arrays: Mapping[str, NDArray[np.generic]], own: Arrays) -> LaneState:
    """The state that `to_arrays` gave.

    Args:
        arrays: by name.
        own: the network's arrays.
    Raises:
        ValueError: if they are not the arrays of such a network.
    """
    expected = {f"{kind}_{index}": shape for index, shape in enumerate(own.shapes) for kind in LayerState._fields}
    if arrays.keys() != expected.keys():
        raise ValueError(f"the arrays should be {sorted(expected)}, but are {sorted(arrays)}")
    for name, shape in expected.items():
        found = arrays[name]
        if found.shape != shape or found.dtype != np.float32:
            raise ValueError(f"{name} should be float32 {list(shape)}, but is {found.dtype} {list(found.shape)}")
    return [
        LayerState(**{kind: arrays[f"{kind}_{index}"].astype(np.float32) for kind in LayerState._fields})
        for index in range(len(own.shapes))
    ]
