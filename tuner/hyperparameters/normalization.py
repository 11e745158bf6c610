"""Batch normalization of the hidden layers, in kinds by where it stands."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tuner.hyperparameters.base import Settings

DEFAULT_MOMENTUM = 0.99
DEFAULT_EPSILON = 1e-3


class NoNormalization(Settings):
    """No normalization of the hidden layers; that of the inputs has what Keras has."""

    momentum: ClassVar[float] = DEFAULT_MOMENTUM
    epsilon: ClassVar[float] = DEFAULT_EPSILON

    kind: Literal["none"] = "none"


class _Batch(Settings):
    momentum: float = Field(
        DEFAULT_MOMENTUM, ge=0, lt=1, description="Share of the moving mean and variance that a training step keeps."
    )
    epsilon: float = Field(DEFAULT_EPSILON, gt=0, description="Added to the variance before its root divides.")


class Before(_Batch):
    """Batch normalization between each hidden layer's product and its activation.

    In training, over the rows of a batch: y = gamma (z - mean) / sqrt(variance + epsilon) + beta; afterwards with the
    moving mean and variance, each m <- momentum m + (1 - momentum) batch's.

    Source: Ioffe & Szegedy 2015, arXiv:1502.03167.
    """

    kind: Literal["before"] = "before"


class After(_Batch):
    """Batch normalization between each hidden layer's activation and its dropout; else as `before`."""

    kind: Literal["after"] = "after"


Normalization = Annotated[NoNormalization | Before | After, Field(discriminator="kind")]
