"""How columns become the inputs of a network; everything is fitted on training rows only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tuner.hyperparameters.base import Settings

Scaler = Literal["standard", "robust", "quantile", "minmax", "none"]


class Preprocessing(Settings):
    """How columns become the inputs of a network; everything is fitted on training rows only."""

    scaler: Scaler = Field(
        "standard",
        description="Scales numbers: standard to mean 0 and deviation 1; robust to median 0 and quartile distance 1; "
        "quantile to the normal distribution by rank; minmax to 0 and 1; none leaves them.",
    )
    imputer: Literal["median", "mean"] = Field(
        "median",
        description="What stands in for a missing number; a column of its own says where. Missing categories are a "
        "category.",
    )
    categories: Literal["onehot", "ordinal"] = Field(
        "onehot",
        description="onehot gives each level a column; ordinal numbers the levels in one column, which it scales.",
    )
    rare: int = Field(
        5, ge=1, description="Levels with fewer training rows than this share a column, which new levels have too."
    )
    most_levels: int = Field(
        50, ge=2, le=10_000, description="Columns of one category at the most; the rarest levels share one beyond it."
    )
