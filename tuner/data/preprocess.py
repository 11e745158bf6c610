"""Preprocessing, fitted on training rows only: what turns a table's columns into the inputs of a network."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from tuner.data.date_parts import DateParts
from tuner.data.prepared import FloatArray
from tuner.data.split import RowIndexes
from tuner.data.table import Table
from tuner.errors import DataError
from tuner.hyperparameters.preprocessing import Preprocessing

MOST_QUANTILES = 1000

LARGEST = 1e150
"""The square of a larger number is none, so that no deviation could be told."""

SCALERS: Mapping[str, Callable[[int], Any]] = {
    "standard": lambda rows: StandardScaler(),
    "robust": lambda rows: RobustScaler(),
    "quantile": lambda rows: QuantileTransformer(
        n_quantiles=min(rows, MOST_QUANTILES), output_distribution="normal", subsample=100_000, random_state=0
    ),
    "minmax": lambda rows: MinMaxScaler(clip=True),
    "none": lambda rows: FunctionTransformer(feature_names_out="one-to-one"),
}
"""scikit-learn's scalers by name, each for a number of training rows; all of them leave a missing value missing."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """What to do with any row, as learned from the training rows.

    Attributes:
        columns: scikit-learn's, fitted; from float64 [rows, features] as in `Table.x` to [rows, inputs].
        inputs: the names of what comes out.
        target_mean, target_scale: a regression's target in its own unit, one number for each target; 0 and 1 for a
            classification.
    """

    columns: ColumnTransformer
    inputs: tuple[str, ...]
    target_mean: tuple[float, ...]
    target_scale: tuple[float, ...]

    def inputs_of(self, table: Table, rows: RowIndexes, part: str) -> FloatArray:
        """Some of a table's rows, ready for a network: float32 [rows, inputs].

        Args:
            table: the table that this was fitted on, or one with the same columns.
            rows: which rows.
            part: what they are called in an error, such as "validation".
        Raises:
            DataError: if a number is beyond float32.
        """
        x = table.x[rows]
        _refuse_huge(table, rows, part, x)
        with np.errstate(over="ignore", invalid="ignore"), warnings.catch_warnings():
            # scikit-learn warns of levels that it has not been fitted on, which are what `rare` is for.
            warnings.filterwarnings("ignore", message="Found unknown categories", category=UserWarning)
            return self._checked(self.columns.transform(x), table, rows, part)

    def targets_of(self, table: Table, rows: RowIndexes, part: str) -> NDArray[Any]:
        """The targets of some rows: int32 [rows] of class numbers, or float32 [rows] or [rows, targets], scaled.

        Raises:
            DataError: if a number is beyond float32.
        """
        if table.classes:
            classes: NDArray[Any] = table.y[rows].astype(np.int32)
            return classes
        mean, scale = np.squeeze(self.target_mean), np.squeeze(self.target_scale)
        with np.errstate(over="ignore", invalid="ignore"):
            targets: NDArray[Any] = ((table.y[rows] - mean) / scale).astype(np.float32)
        if not np.isfinite(targets).all():
            raise _too_large(table, "the target", part)
        return targets

    def _checked(self, transformed: NDArray[Any], table: Table, rows: RowIndexes, part: str) -> FloatArray:
        """Inputs as float32 [rows, inputs].

        Raises:
            DataError: if one is not finite, with the column and the row that it comes from.
        """
        inputs = np.ascontiguousarray(transformed, dtype=np.float32)
        if np.isfinite(inputs).all():
            return inputs
        row, column = np.argwhere(~np.isfinite(inputs))[0]
        place = table.place(int(rows[row]))
        raise _too_large(table, f'column "{self.inputs[column]}"', part, place)


def fit_preprocessing(table: Table, train: RowIndexes, settings: Preprocessing) -> tuple[Fitted, FloatArray]:
    """Learns from the training rows, and from no others.

    A column that is constant over the training rows is shifted, and not stretched.

    Args:
        table: every row.
        train: which rows are for training.
        settings: how.
    Returns:
        What was learned, and the inputs of the training rows, as `inputs_of` has them.
    Raises:
        DataError: if the target is constant over the training rows, or if numbers are too large to be scaled.
    """
    mean, scale = _fit_target(table, train)
    x = table.x[train]
    _refuse_huge(table, train, "training", x)
    columns = _columns(table, x, settings)
    with np.errstate(over="ignore", invalid="ignore"), warnings.catch_warnings():
        # A column that has no value in these rows: its statistics are NaN, and its inputs 0.
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        warnings.filterwarnings("ignore", message="Skipping features without any observed values")
        transformed = columns.fit_transform(x)
        names = tuple(str(name) for name in columns.get_feature_names_out([each.name for each in table.features]))
        fitted = Fitted(columns, names, mean, scale)
        return fitted, fitted._checked(transformed, table, train, "training")


def _columns(table: Table, x: NDArray[np.float64], settings: Preprocessing) -> ColumnTransformer:
    """What is to be fitted: numbers are scaled and then filled in, so that 0 is a typical value of each."""
    numbers = table.columns_of("number", "ordinal")
    gaps = [column for column in numbers if np.isnan(x[:, column]).any()]
    whole = [column for column in numbers if column not in set(gaps)]
    scaler, rows = SCALERS[settings.scaler], len(x)
    parts: list[tuple[str, Any, Any]] = []
    if whole:
        # Nothing is missing in training; where something is in other rows, it becomes what is typical: 0 once scaled.
        parts.append(("whole", Pipeline([("scale", scaler(rows)), ("fill", _constant(settings))]), _together(whole)))
    if gaps:
        fill = SimpleImputer(strategy=settings.imputer, keep_empty_features=True)
        parts.append(("gaps", Pipeline([("scale", scaler(rows)), ("fill", fill)]), gaps))
        parts.append(("missing", MissingIndicator(features="all", error_on_new=False), gaps))
    if dates := table.columns_of("date"):
        parts.append(("dates", DateParts(), dates))
    if categories := table.columns_of("category"):
        parts.append(("categories", _encoder(table, categories, settings, rows), categories))
    return ColumnTransformer(parts, verbose_feature_names_out=False, sparse_threshold=0)


def _together(columns: list[int]) -> list[int] | slice:
    """Neighbours as a slice, of which no copy is made."""
    first, last = columns[0], columns[-1]
    return slice(first, last + 1) if columns == list(range(first, last + 1)) else columns


def _constant(settings: Preprocessing) -> SimpleImputer:
    """Fills a gap in a column that had none in training."""
    if settings.scaler == "none":
        return SimpleImputer(strategy=settings.imputer)
    return SimpleImputer(strategy="constant", fill_value=0.5 if settings.scaler == "minmax" else 0.0)


def _encoder(table: Table, columns: list[int], settings: Preprocessing, rows: int) -> Any:
    """What makes numbers of levels; levels that are rare or were never seen are one level."""
    few = {"min_frequency": min(settings.rare, rows), "max_categories": settings.most_levels}
    if settings.categories == "ordinal":
        ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1, **few)
        return Pipeline([("encode", ordinal), ("scale", StandardScaler())])
    levels = {table.features[column].name: table.features[column].levels for column in columns}
    return OneHotEncoder(
        handle_unknown="infrequent_if_exist", sparse_output=False, feature_name_combiner=_Namer(levels), **few
    )


@dataclass(frozen=True)
class _Namer:
    """Names the input of a level, such as `colour = red`.

    Attributes:
        levels: of each column, by its name.
    """

    levels: Mapping[str, tuple[str, ...]]

    def __call__(self, name: str, level: Any) -> str:
        if isinstance(level, str):
            return f"{name} = (rare)"
        return f"{name} = {self.levels[name][int(level)]}" if np.isfinite(level) else f"{name} = (missing)"


def _fit_target(table: Table, train: RowIndexes) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of each target over the training rows; 0 and 1 for classes."""
    if table.classes:
        return (0.0,), (1.0,)
    targets = table.y[train].reshape(len(train), -1)
    with np.errstate(over="ignore", invalid="ignore"):
        means, scales = targets.mean(axis=0), targets.std(axis=0)
    for name, values, mean, scale in zip(table.targets, targets.T, means, scales, strict=True):
        which = "the target" if len(table.targets) == 1 else f'the target "{name}"'
        if not np.isfinite([mean, scale]).all():
            raise _too_large(table, which, "training")
        if values.min() == values.max() or scale == 0:
            raise DataError(
                f"{table.name}: {which} is {values[0]:g} in every training row, so there is nothing to learn. "
                f"Add rows, or keep more of them for training."
            )
    return tuple(map(float, means)), tuple(map(float, scales))


def _refuse_huge(table: Table, rows: RowIndexes, part: str, x: NDArray[np.float64]) -> None:
    """Raises DataError at a number that nothing can be computed with, of which x are the rows."""
    if np.nanmax(x, initial=0.0) <= LARGEST and np.nanmin(x, initial=0.0) >= -LARGEST:
        return
    row, column = np.argwhere(np.abs(x) > LARGEST)[0]
    raise _too_large(table, f'column "{table.features[column].name}"', part, table.place(int(rows[row])))


def _too_large(table: Table, what: str, part: str, place: str | None = None) -> DataError:
    where = "" if place is None else f", the first in {place}"
    return DataError(
        f"{table.name}: {what} has numbers in the {part} rows that are too large for float32, "
        f"in which networks compute{where}. Give it a larger unit, or mend the numbers."
    )
