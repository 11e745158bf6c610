"""Training hidden layers before the training itself, without the target."""

from __future__ import annotations

from pydantic import Field

from tuner.hyperparameters.base import Settings


class Pretraining(Settings):
    """Greedy layer-wise pre-training: each hidden layer in turn learns to reconstruct its input, without the target.

    Source: Bengio et al. 2007, Greedy Layer-Wise Training of Deep Networks, NIPS 19.
    """

    epochs: int = Field(
        10, ge=0, description="Passes over the training rows for each hidden layer, before the first epoch; 0 for none."
    )
    learning_rate: float = Field(0.001, gt=0, description="Of the Adam that trains each autoencoder.")
