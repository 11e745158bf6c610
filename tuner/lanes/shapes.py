"""The shapes of a network's weights, and how many they are."""

from __future__ import annotations

from itertools import pairwise


def shapes_of(depth: int, width: int, *, features: int, outputs: int) -> list[tuple[int, int]]:
    """Rows and columns of each kernel, from the first hidden layer to the output."""
    return list(pairwise([features, *[width] * depth, outputs]))


def parameters_of(depth: int, width: int, *, features: int, outputs: int) -> int:
    """Trainable numbers of the network: weights and biases.

    >>> parameters_of(2, 8, features=4, outputs=3)
    139
    """
    shapes = shapes_of(depth, width, features=features, outputs=outputs)
    return sum((rows + 1) * columns for rows, columns in shapes)
