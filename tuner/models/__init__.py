"""One ordinary Keras MLP out of one `Hyperparameters`: its layers, its optimizer, its loss and its metrics."""

from __future__ import annotations

from tuner.models.initializers import initializer_of
from tuner.models.losses import build_loss, loss_of, ordinary_loss
from tuner.models.metrics import metrics_for
from tuner.models.mlp import build_mlp, dropout_seed, weight_seed
from tuner.models.noise import set_activation_noise
from tuner.models.optimizers import (
    build_optimizer,
    momentum_of,
    ordinary_optimizer,
    set_gradient_noise,
    set_momentum,
)

__all__ = [
    "build_loss",
    "build_mlp",
    "build_optimizer",
    "dropout_seed",
    "initializer_of",
    "loss_of",
    "metrics_for",
    "momentum_of",
    "ordinary_loss",
    "ordinary_optimizer",
    "set_activation_noise",
    "set_gradient_noise",
    "set_momentum",
    "weight_seed",
]
