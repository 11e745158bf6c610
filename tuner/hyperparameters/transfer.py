"""Starting from the first layers of a trained network."""

from __future__ import annotations

from pydantic import Field

from tuner.hyperparameters.base import Settings


class Transfer(Settings):
    """Start from the first hidden layers of an exported Keras model instead of from random weights.

    Source: Yosinski et al. 2014, arXiv:1411.1792.
    """

    model: str = Field(
        min_length=1,
        description="The exported model, a `.keras` file; its path starts at the project root and stays below it.",
    )
    layers: int = Field(
        1, ge=0, description="How many of its first hidden layers to take; with 0 nothing is taken and nothing frozen."
    )
    frozen_epochs: int = Field(
        0, ge=0, description="Epochs in which the layers taken stay as they are; after them they are trained, too."
    )
