"""Gradient clipping, in kinds by what is held within the limit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tuner.hyperparameters.base import Settings


class NoClipping(Settings):
    """No clipping."""

    kind: Literal["none"] = "none"


class _Clipped(Settings):
    limit: float = Field(1.0, gt=0, description="What the gradient's components, or its norm, are held within.")


class ByValue(_Clipped):
    """Each component of the gradient is held between -limit and limit."""

    kind: Literal["value"] = "value"


class ByNorm(_Clipped):
    """The gradient of each array (a layer's weights, its biases, ...) is scaled down to a norm of at most limit.

    Source: Pascanu et al. 2013, arXiv:1211.5063.
    """

    kind: Literal["norm"] = "norm"


class ByGlobalNorm(_Clipped):
    """All gradients are scaled down together, so that the norm over all of them is at most limit."""

    kind: Literal["global_norm"] = "global_norm"


Clipping = Annotated[NoClipping | ByValue | ByNorm | ByGlobalNorm, Field(discriminator="kind")]
