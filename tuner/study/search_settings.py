"""How a study searches: what it goes by, who suggests, who prunes, and what it may cost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from tuner.errors import HyperparameterError
from tuner.hyperparameters.base import Settings
from tuner.study.durations import seconds_of
from tuner.study.metrics import METRICS
from tuner.study.objectives import FIGURES, checked_objectives
from tuner.study.pruner_settings import MedianPruner, Pruner
from tuner.study.sampler_settings import Sampler, TpeSampler
from tuner.study.sizes import bytes_of

_PASSWORD = re.compile(r"[^:/]+://[^:/@]*:[^@]+@|.*[?&](ssl)?passw(or)?d=")


def _named(value: Any) -> Any:
    """A kind by its name alone is that kind with its defaults."""
    return {"kind": value} if isinstance(value, str) else value


def _one_or_several(schema: dict[str, Any]) -> None:
    """Let the JSON Schema know a metric by its name, and a list that begins with one."""
    for name in ("type", "anyOf"):
        schema.pop(name, None)
    names = {"enum": [*METRICS]}
    several = {"type": "array", "prefixItems": [names], "items": {"enum": [*FIGURES]}, "minItems": 1}
    schema["anyOf"] = [names, {**several, "uniqueItems": True}]


class SearchSettings(Settings):
    """How a study searches."""

    metric: str | tuple[str, ...] | None = Field(
        None,
        description="The objective: measured on validation rows, without penalties. val_log_loss for a classification "
        "and val_rmse for a regression if left out. Or a list of several objectives: a metric, and what else of "
        "parameters, nonzero_weights and latency is to be small.",
        json_schema_extra=_one_or_several,
    )
    sampler: Annotated[Sampler, BeforeValidator(_named)] = Field(
        default_factory=TpeSampler, description="Who suggests hyperparameters."
    )
    starting_points: bool = Field(
        True,
        description="Whether configurations that are known to be good are tried first, as far as the space has them; "
        "a grid has none.",
    )
    pruner: Annotated[Pruner, BeforeValidator(_named)] = Field(
        default_factory=MedianPruner, description="Who ends poor trials."
    )
    retries: int = Field(2, ge=0, description="How often a trial that failed by an error is tried again.")
    lost_worker_retries: int = Field(
        20,
        ge=0,
        description="How often a trial is taken up again after its worker was lost; a guard against a trial "
        "that kills its workers.",
    )

    @field_validator("metric", mode="before")
    @classmethod
    def _known(cls, metric: Any) -> Any:
        return checked_objectives(metric)

    @property
    def first_metric(self) -> str | None:
        """The metric that trials are trained by, which is the first objective; None if the task decides."""
        return self.metric[0] if isinstance(self.metric, tuple) else self.metric

    @property
    def figures(self) -> tuple[str, ...]:
        """The objectives beside it, out of `FIGURES`."""
        return self.metric[1:] if isinstance(self.metric, tuple) else ()


class BudgetSettings(Settings):
    """What a search may cost; whichever comes first ends it."""

    trials: int | None = Field(
        None, ge=1, description="The study's total of finished trials, over all workers and all runs."
    )
    time: str | None = Field(None, description='Wall time of one run, such as "45s", "30m" or "1h30m".')
    trial_time: str | None = Field(
        None, description="Wall time of one trial; after the epoch in which it is over, the trial is pruned."
    )
    target: float | None = Field(None, description="The search ends once a trial is at least as good as this.")
    patience: int | None = Field(
        None,
        ge=1,
        description="The search ends once so many trials in a row have finished "
        "and none was better than the best before.",
    )

    @field_validator("time", "trial_time", mode="before")
    @classmethod
    def _is_duration(cls, time: Any) -> Any:
        if time is not None:
            seconds_of(time)
        return time

    @property
    def seconds(self) -> float | None:
        """Wall time of one run in seconds; None for no limit."""
        return None if self.time is None else seconds_of(self.time)

    @property
    def trial_seconds(self) -> float | None:
        """Wall time of one trial in seconds; None for no limit."""
        return None if self.trial_time is None else seconds_of(self.trial_time)


class RunSettings(Settings):
    """Where a study runs; none of it changes what a study means."""

    storage: str | None = Field(
        None, description="URL of the storage, without a password; tuner.db in the project root if left out."
    )

    outage: str = Field(
        "5m",
        description="How long the storage may be away, such as in a restart of its server, before a search gives "
        "up; trials train on meanwhile.",
    )

    memory: str | None = Field(
        None, description='A training process that comes near this size is replaced by a fresh one; such as "4GB".'
    )

    @field_validator("memory")
    @classmethod
    def _is_size(cls, memory: str | None) -> str | None:
        if memory is not None:
            bytes_of(memory)
        return memory

    @property
    def memory_bytes(self) -> int | None:
        """How large a training process may become, in bytes; None for no limit."""
        return None if self.memory is None else bytes_of(self.memory)

    @field_validator("outage", mode="before")
    @classmethod
    def _is_duration(cls, outage: Any) -> Any:
        seconds_of(outage)
        return outage

    @property
    def outage_seconds(self) -> float:
        """How long the storage may be away, in seconds."""
        return seconds_of(self.outage)

    @field_validator("storage")
    @classmethod
    def _holds_no_password(cls, storage: str | None) -> str | None:
        if storage is not None and _PASSWORD.match(storage):
            raise HyperparameterError(
                "holds a password, which everybody who reads the file would see; leave storage out and set "
                "TUNER_STORAGE in the environment"
            )
        return storage


SECTIONS: Mapping[str, str] = {
    "data": "Which table, and how its rows are split.",
    "hyperparameters": "The network and its training: values, ranges and choices.",
    "search": "What the search goes by.",
    "budget": "What the search may cost.",
    "run": "Where the search runs.",
    "cluster": "What workers get where they run on a cluster.",
}
"""The tables of a study file."""
