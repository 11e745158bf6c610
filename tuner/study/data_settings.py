"""Which table a study learns from, and how its rows are split and scaled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from tuner.errors import HyperparameterError, listed
from tuner.hyperparameters.base import Settings
from tuner.study.metrics import Task

Builtin = Literal["digits", "breast_cancer", "wine", "diabetes"]
"""The data sets that scikit-learn brings along."""

BUILTIN_TASKS: Mapping[str, Task] = {
    "digits": "multiclass",
    "breast_cancer": "binary",
    "wine": "multiclass",
    "diabetes": "regression",
}
"""What kind of target each bundled data set has."""


class DataSettings(Settings):
    """Which table a study learns from, and how its rows are split and scaled.

    Raises:
        pydantic.ValidationError: if a value cannot be, or if values do not go together.
    """

    builtin: Builtin | None = Field(None, description="A data set that scikit-learn brings along, instead of a path.")
    path: str | tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="A file of rows, or several of the same columns, relative to the project root: CSV (also .gz), "
        "Parquet, Feather, ARFF, NPZ or NPY.",
    )
    target: str | None = Field(None, min_length=1, description="The column to predict; needed with a path.")
    separator: str | None = Field(
        None,
        min_length=1,
        max_length=1,
        description="What separates the columns of a CSV file; seen from it if left out.",
    )
    decimal: Literal[".", ","] | None = Field(
        None, description="What separates whole from part in a CSV file's numbers; seen from it if left out."
    )
    encoding: str | None = Field(
        None, min_length=1, description='How a CSV file writes letters, such as "cp1252"; UTF-8 or UTF-16 if left out.'
    )
    header: bool | None = Field(
        None,
        description="Whether a CSV file begins with the names of its columns; seen from it if left out. Without, "
        "columns are called 1, 2, 3, ...",
    )
    missing: tuple[str | int | float, ...] = Field(
        (),
        description='What else says that a value is missing, beside blanks, "?", "NA" and the like: texts or numbers.',
    )
    task: Literal["auto", "binary", "multiclass", "regression"] = Field(
        "auto", description="What kind of target it is; auto goes by the values."
    )
    validation: float = Field(
        0.2, gt=0, lt=1, description="Share of the rows that trials are compared on, and never trained on."
    )
    test: float = Field(0.2, ge=0, lt=1, description="Share of the rows that no trial ever sees; 0 keeps none back.")
    scaler: Literal["standard", "none"] = Field(
        "standard",
        description="standard brings every column to mean 0 and deviation 1 over the training rows; none leaves them.",
    )

    @property
    def known_task(self) -> Task | None:
        """What kind of target it is, as far as that is known before the table is read."""
        if self.builtin is not None:
            return BUILTIN_TASKS[self.builtin]
        return None if self.task == "auto" else self.task

    @model_validator(mode="after")
    def _leaves_training_rows(self) -> DataSettings:
        kept_back = self.validation + self.test
        if kept_back >= 1:
            raise HyperparameterError(
                f"must leave rows for training: validation and test together are {kept_back:g}, but must be below 1",
                "validation",
                "test",
            )
        return self

    @model_validator(mode="after")
    def _names_one_table(self) -> DataSettings:
        if self.builtin is None:
            if self.path is None:
                raise HyperparameterError(
                    f"is missing: name {listed([*BUILTIN_TASKS])}, or state path and target of a CSV file",
                    "builtin",
                    "path",
                )
            if self.target is None:
                raise HyperparameterError(f"is missing: name the column of {self.path} to predict", "target", "path")
            return self
        if self.path is not None:
            raise HyperparameterError(
                f'is "{self.path}", but builtin is stated too; keep one of the two', "path", "builtin"
            )
        if self.target is not None:
            raise HyperparameterError(
                f'goes with a path only: the bundled "{self.builtin}" brings its own target', "target", "builtin"
            )
        task = BUILTIN_TASKS[self.builtin]
        if self.task not in ("auto", task):
            raise HyperparameterError(
                f'is "{self.task}", but the bundled "{self.builtin}" is {task}; leave the setting out',
                "task",
                "builtin",
            )
        return self
