"""Which widths the hidden layers of a study's trials may have."""

from __future__ import annotations

from collections.abc import Mapping

from tuner.hyperparameters.layers import WITH_A_WIDTH, width_name
from tuner.space.nodes import Leaf


def width_of_layer(space: Mapping[str, Leaf], layer: int) -> tuple[str, Leaf]:
    """The setting that a hidden layer's width follows, and its values: its own, or that of a layer before.

    Args:
        space: every leaf by its place, defaults included.
        layer: counted from 1.
    """
    numbers = (number for number in reversed(WITH_A_WIDTH) if number <= layer)
    names = (f"layers.{width_name(number)}" for number in (*numbers, 1))
    return next((name, space[name]) for name in names if name in space)
