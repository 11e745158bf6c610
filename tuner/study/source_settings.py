"""Where a study's rows come from, and how their files are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

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


def as_tuple(value: Any) -> Any:
    """A list as the tuple that a frozen value keeps; anything else as it is."""
    return tuple(value) if isinstance(value, list) else value


Files = Annotated[str | tuple[str, ...] | None, BeforeValidator(as_tuple)]
"""A path, or several."""


def files_of(stated: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """The paths that a setting states.

    >>> files_of(None), files_of("a.csv"), files_of(("a.csv", "b.csv"))
    ((), ('a.csv',), ('a.csv', 'b.csv'))
    """
    if stated is None:
        return ()
    return (stated,) if isinstance(stated, str) else stated


class SourceSettings(Settings):
    """Where a study's rows come from, and how their files are written."""

    builtin: Builtin | None = Field(None, description="A data set that scikit-learn brings along, instead of a path.")
    path: Files = Field(
        None,
        min_length=1,
        description="A file of rows, or several of the same columns, relative to the project root: CSV (also .gz), "
        "Parquet, Feather, ARFF, NPZ or NPY.",
    )
    validation_path: Files = Field(
        None, min_length=1, description="The validation rows, in files of their own instead of a share."
    )
    test_path: Files = Field(None, min_length=1, description="The test rows, in files of their own instead of a share.")
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
    missing: Annotated[tuple[str | int | float, ...], BeforeValidator(as_tuple)] = Field(
        (), description='What else says that a value is missing, beside blanks, "?", "NA" and the like.'
    )

    @property
    def source(self) -> str:
        """The source as the person wrote it."""
        return self.builtin or ", ".join(files_of(self.path))

    def check_source(self) -> None:
        """Raises HyperparameterError unless there is one source."""
        if self.builtin is None and self.path is None:
            raise HyperparameterError(
                f"is missing: name {listed([*BUILTIN_TASKS])}, or state path and target of a file", "builtin", "path"
            )
        if self.builtin is None:
            return
        for name in ("path", "validation_path", "test_path"):
            stated = getattr(self, name)
            if stated is not None:
                raise HyperparameterError(
                    f'is "{", ".join(files_of(stated))}", but builtin is stated too; keep one of the two',
                    name,
                    "builtin",
                )
        for name in ("separator", "decimal", "encoding", "header"):
            if getattr(self, name) is not None:
                raise HyperparameterError("goes with a path only", name, "builtin")
