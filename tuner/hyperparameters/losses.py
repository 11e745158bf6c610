"""The losses by the names that a study file uses, and which settings go with which."""

from __future__ import annotations

from typing import Literal, get_args

Loss = Literal[
    "auto", "cross_entropy", "binary_cross_entropy", "categorical_cross_entropy", "sparse_categorical_cross_entropy",
    "kl_divergence", "mse", "mae", "huber",
]  # fmt: skip

ClassWeights = Literal["none", "balanced"]

CROSS_ENTROPIES: tuple[str, ...] = get_args(Loss)[:5]
"""The losses whose labels can be smoothed; `auto` is one of them for classes."""

CLASS_LOSSES: tuple[str, ...] = get_args(Loss)[:8]
"""The losses that a classification can have, in which classes can have weights."""

HUBER_DELTA = 1.0
"""Keras' own delta."""
