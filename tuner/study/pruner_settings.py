"""Pruners as a study file names them, with their options."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tuner.hyperparameters.base import Settings


class NoPruner(Settings):
    """No trial is ended before its time."""

    kind: Literal["none"] = "none"


class ComparingPruner(Settings):
    """What pruners share that compare a trial with the complete ones at the same epoch."""

    warmup_epochs: int | None = Field(None, ge=0, description="Epochs before a trial may end; a quarter if left out.")
    startup_trials: int = Field(5, ge=0, description="Complete trials before any trial may end.")


class MedianPruner(ComparingPruner):
    """Ends a trial whose best value so far is worse than the median of the others at the same epoch."""

    kind: Literal["median"] = "median"


class PercentilePruner(ComparingPruner):
    """Ends a trial whose best value so far is outside the best percentage of the others at the same epoch."""

    kind: Literal["percentile"] = "percentile"
    keep: float = Field(25.0, ge=0, le=100, description="The best percentage, which goes on.")


class SuccessiveHalvingPruner(Settings):
    """Promotes the best share of trials from rung to rung. Source: Li et al. 2020, arXiv:1810.05934."""

    kind: Literal["successive_halving"] = "successive_halving"
    minimum_epochs: int = Field(4, ge=1, description="Epochs that every trial gets.")
    reduction_factor: int = Field(4, ge=2, description="One in this many goes on to the next rung.")


Pruner = Annotated[NoPruner | MedianPruner | PercentilePruner | SuccessiveHalvingPruner, Field(discriminator="kind")]
