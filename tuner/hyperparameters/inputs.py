"""What is done to the inputs inside of the network, beyond the preprocessing of their columns."""

from __future__ import annotations

from pydantic import Field

from tuner.hyperparameters.base import Settings


class Inputs(Settings):
    """What is done to the inputs inside of the network, beyond the preprocessing of their columns."""

    normalization: bool = Field(
        False,
        description="Batch normalization of the inputs, before any noise; with the momentum and epsilon of "
        "normalization, or Keras' own where that is none.",
    )
    noise: float = Field(
        0.0,
        ge=0,
        description="Standard deviation of the Gaussian noise that is added to each input, in training only.",
    )
    mixup: float = Field(
        0.0,
        ge=0,
        description="Each training row is mixed with another, by a share that is drawn from Beta(mixup, mixup) in each "
        "training step; 0 mixes nothing.",
    )
