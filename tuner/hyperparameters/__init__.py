"""One concrete configuration of a network and its training, and the parts it is made of."""

from __future__ import annotations

from tuner.hyperparameters.hyperparameters import Direction, EarlyStopping, Hyperparameters
from tuner.hyperparameters.layers import Layers
from tuner.hyperparameters.optimizers import OPTIMIZERS, OPTIMIZERS_WITH_MOMENTUM, OptimizerSettings

__all__ = [
    "OPTIMIZERS",
    "OPTIMIZERS_WITH_MOMENTUM",
    "Direction",
    "EarlyStopping",
    "Hyperparameters",
    "Layers",
    "OptimizerSettings",
]
