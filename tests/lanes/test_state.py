"""A network's state in and out of the arrays of a lane that has more room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tuner.lanes.arrays import NORMALIZED, Arrays
from tuner.lanes.state import LaneState, fresh_state, from_arrays, padded, to_arrays, trimmed

OWN = Arrays((7, 7), features=5, outputs=3)
ROOM = Arrays((16,) * 4, features=5, outputs=3)
SLOTS = (0.0, 0.1)


def drawn(own: Arrays = OWN) -> LaneState:
    draw = np.random.RandomState(1)
    return [
        type(layer)(*(draw.normal(size=array.shape).astype(np.float32) for array in layer))
        for layer in fresh_state([np.zeros(shape, np.float32) for shape in own.weights], own, SLOTS)
    ]


def check_same(found: LaneState, expected: LaneState) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        for array, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(array, other)


def test_a_fresh_network_has_its_first_weights_as_its_best_and_the_slots_that_its_optimizer_starts_from() -> None:
    kernel = np.ones((6, 7), np.float32)
    (layer, *_) = fresh_state([kernel, *(np.ones(shape, np.float32) for shape in OWN.weights[1:])], OWN, SLOTS)
    np.testing.assert_array_equal(layer.weights, kernel)
    np.testing.assert_array_equal(layer.best, kernel)
    np.testing.assert_array_equal(layer.first, np.full((6, 7), 0.0, np.float32))
    np.testing.assert_array_equal(layer.second, np.full((6, 7), 0.1, np.float32))


NORMALIZING = Arrays((7, 7), features=5, outputs=3, units=NORMALIZED, inputs=NORMALIZED)


@pytest.mark.parametrize("own", [OWN, NORMALIZING, replace(NORMALIZING, inputs=()), replace(NORMALIZING, units=())])
@pytest.mark.parametrize("leak", [False, True])
def test_room_around_a_network_takes_nothing_from_it(own: Arrays, leak: bool) -> None:
    room = replace(ROOM, units=("leak", *NORMALIZED) if leak else NORMALIZED, inputs=NORMALIZED)
    check_same(trimmed(padded(drawn(own), own, room, SLOTS), own, room), drawn(own))


def test_what_a_layers_units_have_beside_their_weights_starts_as_in_keras() -> None:
    *_, of_units, of_inputs = fresh_state([np.zeros(s, np.float32) for s in OWN.weights], NORMALIZING, SLOTS)
    np.testing.assert_array_equal(of_units.weights, np.repeat([[1], [0], [0], [1]], 7, 1))
    np.testing.assert_array_equal(of_inputs.best, np.repeat([[1], [0], [0], [1]], 5, 1))
    np.testing.assert_array_equal(of_units.second, np.full((4, 7), 0.1, np.float32))


def test_the_biases_are_in_the_last_row_whatever_the_room() -> None:
    first = padded(drawn(), OWN, ROOM, SLOTS)[1]
    np.testing.assert_array_equal(first.weights[-1, :7], drawn()[1].weights[-1])


def test_around_a_network_weights_are_0_and_slots_what_they_start_from() -> None:
    lane = padded(drawn(), OWN, ROOM, SLOTS)
    assert [layer.weights.shape for layer in lane] == ROOM.shapes
    assert all(array.dtype == np.float32 for layer in lane for array in layer)
    for kind, around in (("weights", 0.0), ("first", 0.0), ("second", 0.1), ("best", 0.0)):
        array = getattr(lane[1], kind).copy()
        array[:7, :7] = around
        array[-1, :7] = around
        np.testing.assert_array_equal(array, np.full((17, 16), around, np.float32))
        # The network has neither a third nor a fourth hidden layer.
        for layer in lane[2:4]:
            np.testing.assert_array_equal(getattr(layer, kind), np.full((17, 16), around, np.float32))


def test_named_arrays_become_the_state_again() -> None:
    check_same(from_arrays(to_arrays(drawn()), OWN), drawn())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights_0": None}, "the arrays should be"),
        ({"weights_3": np.zeros((8, 3), np.float32)}, "the arrays should be"),
        ({"first_2": np.zeros((8, 4), np.float32)}, r"first_2 should be float32 \[8, 3\], but is float32 \[8, 4\]"),
        ({"best_1": np.zeros((8, 7))}, r"best_1 should be float32 \[8, 7\], but is float64 \[8, 7\]"),
    ],
)
def test_arrays_of_another_network_are_refused(change: dict[str, np.ndarray | None], message: str) -> None:
    arrays = {name: array for name, array in {**to_arrays(drawn()), **change}.items() if array is not None}
    with pytest.raises(ValueError, match=message):
        from_arrays(arrays, OWN)
