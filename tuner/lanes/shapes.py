"""The shapes of a network's weights, and how many they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Shapes = Sequence[tuple[int, int]]
"""Rows and columns of each kernel, from the first hidden layer to the output."""

MOST_IN_A_BLOCK = 16
"""Lanes that share the cost of starting an operation; with more there is next to nothing left to share."""

USUAL_CACHE = 8 * 2**20
"""A core's share of the last cache, in bytes, where the real one is not known."""


def shapes_of(widths: Sequence[int], *, features: int, outputs: int) -> list[tuple[int, int]]:
    """Rows and columns of each kernel, from the first hidden layer to the output.

    Args:
        widths: units of each hidden layer.
        features, outputs: columns of the network's input and output.
    """
    return list(pairwise([features, *widths, outputs]))


def parameters_of(widths: Sequence[int], *, features: int, outputs: int) -> int:
    """Trainable numbers of the network: weights and biases.

    >>> parameters_of([8, 8], features=4, outputs=3)
    139
    """
    shapes = shapes_of(widths, features=features, outputs=outputs)
    return sum((rows + 1) * columns for rows, columns in shapes)


def bytes_per_lane(widths: Sequence[int], *, features: int, outputs: int, batch_size: int) -> int:
    """Memory that a lane needs in training, in bytes of float32.

     16 * parameters     weights, gradients, and two slots of the optimizer
    + 4 * parameters     the best epoch's weights
    + 8 * batch_size * units     what each unit gives, and its gradient
    """
    units = sum(widths) + outputs
    return 20 * parameters_of(widths, features=features, outputs=outputs) + 8 * batch_size * units


def lanes_in_a_block(bytes_per_lane: int, cache_bytes: int = USUAL_CACHE) -> int:
    """How many lanes are best trained together on one core: what half of its share of the cache holds, at most 16.

    >>> lanes_in_a_block(200_000), lanes_in_a_block(200_000, cache_bytes=2**20), lanes_in_a_block(50_000_000)
    (16, 2, 1)
    """
    return max(1, min(MOST_IN_A_BLOCK, cache_bytes // 2 // bytes_per_lane))
