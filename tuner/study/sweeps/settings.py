"""What a sweep file may say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from tuner.errors import HyperparameterError
from tuner.hyperparameters.base import Settings
from tuner.space.complaints import shown
from tuner.study.durations import seconds_of
from tuner.study.search_settings import SECTIONS
from tuner.study.sweeps.commands import command_of

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What sweeps and studies may be called."""

TrainerName = Literal["lanes", "fit"]


class SweepBudget(Settings):
    """What a sweep may cost; whichever comes first."""

    trials: int | None = Field(
        None,
        ge=1,
        description="Finished trials of all studies together. Studies that state `trials` themselves have theirs, and "
        "the others share the rest in equal parts.",
    )
    time: str | None = Field(
        None,
        description='Wall time of a run, such as "6h". A run that was cut off and is started again keeps its end.',
    )

    @field_validator("time", mode="before")
    @classmethod
    def _is_duration(cls, duration: Any) -> Any:
        if duration is not None:
            seconds_of(duration)
        return duration

    @property
    def seconds(self) -> float | None:
        """Wall time of a run, in seconds; None for no limit."""
        return None if self.time is None else seconds_of(self.time)


class SweptStudies(Settings):
    """One study file, and how it is searched: once, or once for every combination of seeds, data and trainers."""

    study: str = Field(min_length=1, description="The study's name, or a path to its file.")
    name: str | None = Field(
        None,
        description="What the study is called in the storage, if it is to be another name; needed where `override` "
        "changes what the study means.",
    )
    seeds: tuple[int, ...] = Field(
        (), description="A study of its own for each of these seeds, with `-seed1` and so on behind its name."
    )
    data: tuple[str, ...] = Field(
        (), description="A study of its own for each of these tables, with the file's name behind its own."
    )
    trainers: tuple[TrainerName, ...] = Field(
        (), description="What trains: lanes or fit; with both, a study of its own for each."
    )
    override: Mapping[str, Any] = Field(
        default_factory=dict,
        description="Settings of the study file that are stated otherwise here, as tables of the same names: "
        "`override.search.sampler`.",
    )
    trials: int | None = Field(None, ge=1, description="Finished trials of each; else as `budget.trials` says.")
    workers: int | None = Field(None, ge=1, description="Workers of each; else as the sweep says.")
    then: tuple[str, ...] = Field(
        (),
        description="Commands of tuner that are run when such a study is over, with `{study}` for its name in the "
        'storage and `{file}` for its file: `["tuner show --study {study}"]`.',
    )

    @field_validator("seeds", "data", "trainers", "then", mode="before")
    @classmethod
    def _is_list(cls, stated: Any) -> Any:
        return tuple(stated) if isinstance(stated, list) else stated

    @field_validator("seeds", "data", "trainers")
    @classmethod
    def _each_once(cls, stated: tuple[Any, ...]) -> tuple[Any, ...]:
        for value in stated:
            if stated.count(value) > 1:
                raise HyperparameterError(f"names {shown(value)} twice")
            if isinstance(value, int) and value < 0:
                raise HyperparameterError(f"has the seed {value}, but seeds are whole numbers, at least 0")
        return stated

    @field_validator("name")
    @classmethod
    def _is_name(cls, name: str | None) -> str | None:
        if name is not None and not NAME.fullmatch(name):
            raise HyperparameterError(
                f"is {shown(name)}, but should be of letters, digits, dots, dashes and underscores"
            )
        return name

    @field_validator("then")
    @classmethod
    def _are_commands(cls, then: tuple[str, ...]) -> tuple[str, ...]:
        for line in then:
            command_of(line, study="study", file="file")
        return then

    @field_validator("override")
    @classmethod
    def _are_tables(cls, override: Mapping[str, Any]) -> Mapping[str, Any]:
        for table, settings in override.items():
            if table not in SECTIONS and table != "seed":
                known = ", ".join(["seed", *SECTIONS])
                raise HyperparameterError(f'has "{table}", but a study file has {known}; its name is stated by `name`')
            if table in SECTIONS and not isinstance(settings, Mapping):
                raise HyperparameterError(f"has {shown(settings)} for {table}, which should be a table")
        return override

    @model_validator(mode="after")
    def _nothing_twice(self) -> SweptStudies:
        data = self.override.get("data", {})
        for setting, there in (("seeds", "seed" in self.override), ("data", "path" in data)):
            if getattr(self, setting) and there:
                raise HyperparameterError("is stated here and in override; state it once", setting)
        return self


class SweepSettings(Settings):
    """The top of a sweep file, above `[budget]` and `[[studies]]`."""

    name: str | None = Field(None, description="The sweep's name, which is the file's name without .toml.")
    cluster: str | None = Field(
        None, min_length=1, description="Where workers run: slurm, or a cluster of clusters.toml; here if left out."
    )
    workers: int | None = Field(
        None, ge=1, description="Workers of each study; 1, or what `[cluster]` in its file says, if left out."
    )
    keep: int = Field(
        30,
        ge=1,
        description="Generations of each study that are kept when the data change from run to run; older ones are "
        "deleted after a run, with their checkpoints and logs.",
    )
