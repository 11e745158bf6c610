"""Ranges and choices over a tree of plain values: reading, choosing, and proving the corners."""

from __future__ import annotations

from tuner.space.choose import Suggest, choose
from tuner.space.corners import corners, prove
from tuner.space.nodes import Choices, Fixed, Kinds, Range, Table, leaves, searched
from tuner.space.read import read_space

__all__ = [
    "Choices",
    "Fixed",
    "Kinds",
    "Range",
    "Suggest",
    "Table",
    "choose",
    "corners",
    "leaves",
    "prove",
    "read_space",
    "searched",
]
