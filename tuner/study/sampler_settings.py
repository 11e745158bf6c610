"""Samplers as a study file names them, with their options."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tuner.hyperparameters.base import Settings


class TpeSampler(Settings):
    """Tree-structured Parzen estimator, over groups of parameters that occur together. Source: Bergstra et al. 2011."""

    kind: Literal["tpe"] = "tpe"
    startup_trials: int = Field(10, ge=0, description="Random trials before the model suggests.")


class RandomSampler(Settings):
    """Every trial drawn at random."""

    kind: Literal["random"] = "random"


Sampler = Annotated[TpeSampler | RandomSampler, Field(discriminator="kind")]
