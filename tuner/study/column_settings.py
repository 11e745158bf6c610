"""What the columns of a study's table are: the target, the features, and those that only steer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from tuner.errors import HyperparameterError, did_you_mean, listed
from tuner.study.metrics import Task
from tuner.study.source_settings import BUILTIN_TASKS, SourceSettings, as_tuple

KINDS = ("number", "category", "date")
"""What a column can be stated to be; beside these, a date's format, or a list of levels in their order."""

ColumnName = Annotated[str, Field(min_length=1)] | int
"""A column by its name, or by its position: 1 is the first, -1 the last."""


def _as_tuples(types: Any) -> Any:
    return {name: as_tuple(kind) for name, kind in types.items()} if isinstance(types, Mapping) else types


class ColumnSettings(SourceSettings):
    """What the columns of a table are."""

    target: Annotated[ColumnName | tuple[ColumnName, ...] | None, BeforeValidator(as_tuple)] = Field(
        None,
        description="The column to predict, by name or by position (1 is the first, -1 the last); needed with a path. "
        "A list of several for a regression of several numbers.",
    )
    task: Literal["auto", "binary", "multiclass", "regression"] = Field(
        "auto", description="What kind of target it is; auto goes by the values."
    )
    types: Annotated[Mapping[str, str | tuple[str, ...]], BeforeValidator(_as_tuples)] = Field(
        {},
        description='What columns are, where their values mislead: "number", "category", "date", a date\'s format such '
        'as "%d.%m.%Y", or a list of all levels in their order.',
    )
    drop: Annotated[tuple[ColumnName, ...], BeforeValidator(as_tuple)] = Field(
        (), description="Columns to leave out, by name or by position."
    )
    weights: ColumnName | None = Field(
        None, description="A column that says how much each row counts, in training and in the metrics."
    )
    group: ColumnName | None = Field(
        None, description="A column of which rows with the same value stay together in a split, such as a patient."
    )
    time: ColumnName | None = Field(
        None, description="A column of dates or numbers to split by: the latest rows are for the test."
    )

    @property
    def targets(self) -> tuple[ColumnName, ...]:
        """The columns to predict; none for a bundled data set, which brings its own."""
        if self.target is None:
            return ()
        return self.target if isinstance(self.target, tuple) else (self.target,)

    @property
    def known_task(self) -> Task | None:
        """What kind of target it is, as far as that is known before the table is read."""
        if self.builtin is not None:
            return BUILTIN_TASKS[self.builtin]
        if len(self.targets) > 1:
            return "regression"
        return None if self.task == "auto" else self.task

    @field_validator("types")
    @classmethod
    def _known_kinds(cls, types: Mapping[str, str | tuple[str, ...]]) -> Mapping[str, str | tuple[str, ...]]:
        for name, kind in types.items():
            if isinstance(kind, str) and kind not in KINDS and "%" not in kind:
                raise HyperparameterError(
                    f'.{name} is "{kind}", but should be {listed(KINDS)}, a format such as "%d.%m.%Y", or a list of '
                    f"levels.{did_you_mean(kind, KINDS)}"
                )
            if isinstance(kind, tuple) and (len(kind) < 2 or len(set(kind)) < len(kind)):
                raise HyperparameterError(f".{name} should list two or more levels, each once")
        return types

    def check_columns(self) -> None:
        """Raises HyperparameterError unless every column has one role, and the task one that goes with them."""
        if self.builtin is not None:
            for name in ("target", "types", "drop", "weights", "group", "time"):
                if getattr(self, name) not in (None, (), {}):
                    whose = f'the bundled "{self.builtin}" brings its own {"target" if name == "target" else "columns"}'
                    raise HyperparameterError(f"goes with a path only: {whose}", name, "builtin")
            task = BUILTIN_TASKS[self.builtin]
            if self.task not in ("auto", task):
                raise HyperparameterError(
                    f'is "{self.task}", but the bundled "{self.builtin}" is {task}; leave the setting out',
                    "task",
                    "builtin",
                )
            return
        if not self.targets:
            raise HyperparameterError(f"is missing: name the column of {self.source} to predict", "target", "path")
        if len(self.targets) > 1 and self.task not in ("auto", "regression"):
            raise HyperparameterError(
                f'is "{self.task}", but several targets are a regression; name one target, or leave the setting out',
                "task",
                "target",
            )
        self._check_roles()

    def _check_roles(self) -> None:
        """Whether every column has one role."""
        roles: dict[ColumnName, str] = {}
        stated = [("target", name) for name in self.targets] + [("drop", name) for name in self.drop]
        stated += [(role, name) for role in ("weights", "group", "time") if (name := getattr(self, role)) is not None]
        for role, name in stated:
            if name == 0:
                raise HyperparameterError("is 0, but positions count from 1, or from -1 at the end", role)
            if name in roles:
                raise HyperparameterError(f'names "{name}", which is in {roles[name]} too; keep one', role, roles[name])
            roles[name] = role
