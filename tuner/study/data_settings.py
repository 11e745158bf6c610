"""Which table a study learns from, and how its rows are split."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from tuner.errors import HyperparameterError
from tuner.study.column_settings import ColumnSettings
from tuner.study.source_settings import BUILTIN_TASKS, Builtin, files_of

__all__ = ["BUILTIN_TASKS", "Builtin", "DataChange", "DataSettings", "files_of"]

DataChange = Literal["refuse", "new_study", "continue"]


class DataSettings(ColumnSettings):
    """Which table a study learns from, and how its rows are split.

    Raises:
        pydantic.ValidationError: if a value cannot be, or if values do not go together.
    """

    validation: float = Field(
        0.2, gt=0, lt=1, description="Share of the rows that trials are compared on, and never trained on."
    )
    test: float = Field(0.2, ge=0, lt=1, description="Share of the rows that no trial ever sees; 0 keeps none back.")
    validation_rows: str | None = Field(
        None,
        min_length=1,
        description="A file of row numbers, one a line or NPY, instead of a share; row 0 is the first below the "
        "header.",
    )
    test_rows: str | None = Field(None, min_length=1, description="The same for the test rows.")
    folds: int | None = Field(
        None,
        ge=2,
        le=100,
        description="Cross-validation: every trial is trained so many times, each time with another part of the rows "
        "for validation, and its value is the mean.",
    )
    repeats: int = Field(
        1,
        ge=1,
        le=100,
        description="How often every trial is trained with another seed (and other folds); its value is the mean.",
    )
    on_data_change: DataChange = Field(
        "refuse",
        description="What a search does if the data have changed since the study's first trial: refuse, begin a "
        "new_study called NAME@DATE, or continue with trials that do not quite compare.",
    )

    @property
    def validation_share(self) -> float:
        """Share of the rows for validation; 0 where they come from elsewhere."""
        return 0.0 if self.validation_path or self.validation_rows or self.folds else self.validation

    @property
    def test_share(self) -> float:
        """Share of the rows for the test; 0 where they come from elsewhere, or not at all."""
        return 0.0 if self.test_path or self.test_rows else self.test

    @property
    def keeps_test_rows(self) -> bool:
        """Whether there are test rows."""
        return bool(self.test_share or self.test_path or self.test_rows)

    @model_validator(mode="after")
    def _settings_go_together(self) -> DataSettings:
        # What needs no source first: where there is none, nothing else is heard.
        self._check_shares()
        self._check_parts()
        self.check_source()
        self.check_columns()
        return self

    def _check_shares(self) -> None:
        kept_back = self.validation_share + self.test_share
        if kept_back >= 1:
            raise HyperparameterError(
                f"must leave rows for training: validation and test together are {kept_back:g}, but must be below 1",
                "validation",
                "test",
            )

    def _check_parts(self) -> None:
        for part in ("validation", "test"):
            stated = [name for name in (part, f"{part}_path", f"{part}_rows") if self._is_stated(name)]
            if len(stated) > 1:
                raise HyperparameterError(
                    f"and {stated[1]} both say which rows are for {part}; keep one", stated[0], stated[1]
                )
        if self.folds is None:
            return
        for name in ("validation", "validation_path", "validation_rows"):
            if self._is_stated(name):
                raise HyperparameterError("goes without folds, which take turns as validation rows", name, "folds")

    def _is_stated(self, name: str) -> bool:
        return name in self.model_fields_set and getattr(self, name) is not None
