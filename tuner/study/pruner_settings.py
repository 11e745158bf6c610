"""Pruners as a study file names them, with their options."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from tuner.errors import HyperparameterError
from tuner.hyperparameters.base import Settings
from tuner.study.section import read_section


class NoPruner(Settings):
    """No trial is ended before its time."""

    kind: Literal["none"] = "none"


class WarmedPruner(Settings):
    """What pruners share that leave every trial alone at first."""

    warmup_epochs: int | None = Field(None, ge=0, description="Epochs before a trial may end; a quarter if left out.")


class ComparingPruner(WarmedPruner):
    """What pruners share that compare a trial with the complete ones at the same epoch."""

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


class HyperbandPruner(Settings):
    """Successive halvings with earlier and later first rungs in one. Source: Li et al. 2018, arXiv:1603.06560."""

    kind: Literal["hyperband"] = "hyperband"
    minimum_epochs: int = Field(4, ge=1, description="Epochs that every trial gets, and some trials get no more.")
    reduction_factor: int = Field(3, ge=2, description="One in this many goes on to the next rung.")


class ThresholdPruner(WarmedPruner):
    """Ends a trial whose metric is above `upper` or below `lower`, at least one of which is stated."""

    kind: Literal["threshold"] = "threshold"
    upper: float | None = Field(None, description="The most that the metric may be, in its own unit.")
    lower: float | None = Field(None, description="The least that the metric may be, in its own unit.")

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["upper"]}, {"required": ["lower"]}]})

    @model_validator(mode="after")
    def _has_bounds(self) -> ThresholdPruner:
        if self.upper is None and self.lower is None:
            raise HyperparameterError("states neither upper nor lower; it needs at least one of them")
        if self.upper is not None and self.lower is not None and self.lower > self.upper:
            problem = f"has lower {self.lower:g} above upper {self.upper:g}; lower should be the lesser"
            raise HyperparameterError(problem)
        return self


Wrapped = Annotated[
    NoPruner | MedianPruner | PercentilePruner | SuccessiveHalvingPruner | HyperbandPruner | ThresholdPruner,
    Field(discriminator="kind"),
]
"""What may be wrapped by a patient pruner."""


def _by_name(value: Any) -> Any:
    """A kind by its name alone is that kind with its defaults."""
    return {"kind": value} if isinstance(value, str) else value


class _Wrapper(Settings):
    """A table with a wrapped pruner, for naming the mistakes in it."""

    pruner: Annotated[Wrapped, BeforeValidator(_by_name)]


def _complained_of(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """What is stated as a wrapped pruner, checked; its mistakes are one complaint about the place it stands in."""
    try:
        return check(_by_name(value))
    except ValidationError:
        _, mistakes = read_section(_Wrapper, {"pruner": value}, "")
        inner = [(mistake.place.removeprefix(".pruner").removeprefix("."), mistake.problem) for mistake in mistakes]
        problem = ", and in which ".join(f"{name} {problem}" if name else problem for name, problem in inner)
        raise HyperparameterError(f"is a pruner in which {problem}" if inner[0][0] else problem) from None


def _may_be_a_name(schema: dict[str, Any]) -> None:
    """Let the JSON Schema know that a wrapped pruner's name will do."""
    names = list(schema.pop("discriminator")["mapping"])
    schema["anyOf"] = [{"enum": names}, {"oneOf": schema.pop("oneOf")}]


class PatientPruner(Settings):
    """Ends a trial that has not improved for a while, if another pruner would end it, too."""

    kind: Literal["patient"] = "patient"
    patience: int = Field(5, ge=1, description="Epochs in which every value is worse than the best one before.")
    min_delta: float = Field(
        0.0, ge=0, description="By how much a value may be worse, in the metric's unit, and not count so."
    )
    pruner: Annotated[Wrapped, WrapValidator(_complained_of)] = Field(
        default_factory=MedianPruner,
        description="The other one: a pruner's name, or a table with its settings. With none, patience alone decides.",
        json_schema_extra=_may_be_a_name,
    )


Pruner = Annotated[
    NoPruner
    | MedianPruner
    | PercentilePruner
    | SuccessiveHalvingPruner
    | HyperbandPruner
    | PatientPruner
    | ThresholdPruner,
    Field(discriminator="kind"),
]
