"""The space that every contender searches at random; depth, width and batch size are the work's."""

from __future__ import annotations

from collections.abc import Mapping

LEARNING_RATE = (1e-4, 3e-1)
"""Even in the logarithm. Adadelta needs no rate and keeps its 1.0."""

MOMENTUM_START, MOMENTUM_MAXIMUM = (0.0, 0.9), (0.9, 0.999)
"""Where the momentum starts, and what it may rise to."""

ALPHA = (0.5, 1.0)
"""What remains of the learning rate from epoch to epoch."""

PATIENCE = (2, 10)
"""Epochs without improvement before the plateau halves the learning rate."""

DROPOUT = (0.0, 0.5)
L1, L2 = (1e-8, 1e-3), (1e-8, 1e-2)
"""Even in the logarithm."""

MOMENTUM_OF: Mapping[str, str | None] = {
    "sgd": "momentum",
    "rmsprop": "momentum",
    "adam": "beta_1",
    "nadam": "beta_1",
    "adamax": "beta_1",
    "adamw": "beta_1",
    "adagrad": None,
    "adadelta": None,
}
"""All eight optimizers, and what each calls its momentum."""
