"""A model to hang callbacks on."""

from __future__ import annotations

import keras

from tuner.hyperparameters import Hyperparameters, Layers
from tuner.hyperparameters.optimizers import Sgd
from tuner.models import build_mlp, build_optimizer


def model() -> keras.Model:
    """A tiny compiled network with driven SGD."""
    network = build_mlp(
        Hyperparameters(layers=Layers(depth=1, width=2)), features=2, outputs=1, task="regression", seed=1
    )
    network.compile(build_optimizer(Sgd()), "mean_squared_error")
    network.stop_training = False
    return network
