"""From a study's data settings to what training gets to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tuner.data.fingerprint import data_fingerprint
from tuner.data.load import load_table
from tuner.data.parts import Parts, parts_of
from tuner.data.prepared import FloatArray, Prepared
from tuner.data.preprocess import Fitted, fit_preprocessing
from tuner.data.split import RowIndexes, Split
from tuner.data.table import Table
from tuner.errors import DataError
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.study.data_settings import DataSettings
from tuner.study.forms import MAIN
from tuner.study.metrics import Task

DEFAULT_FORMS: Mapping[str, Preprocessing] = {MAIN: Preprocessing()}

SHARE_OF_MEMORY = 2
"""The table itself and what is made of it meanwhile take about as much again."""


@dataclass(frozen=True, eq=False)
class PreparedData:
    """A study's data in every form that a trial may want. The test rows are not in here, on purpose.

    Attributes:
        forms: for each way of preprocessing, by its key, what each training of a trial sees: repetition by repetition,
            and fold by fold in each. All have the same number of features.
        fingerprint: of the rows and the splits.
        notes: what a person should know of how the rows were split.
    """

    forms: Mapping[str, Sequence[Sequence[Prepared]]]
    fingerprint: str
    notes: Sequence[str] = ()

    @property
    def first(self) -> Prepared:
        """One of them: the task, the classes and the outputs are those of all."""
        return next(iter(self.forms.values()))[0][0]

    @property
    def task(self) -> Task:
        """What kind of target it is."""
        return self.first.task

    @property
    def largest(self) -> Prepared:
        """The one with the most features."""
        return max((repeats[0][0] for repeats in self.forms.values()), key=lambda each: each.features)


def prepare(
    settings: DataSettings,
    *,
    seed: int,
    root: Path,
    forms: Mapping[str, Preprocessing] = DEFAULT_FORMS,
    most_bytes: int | None = None,
) -> PreparedData:
    """Reads, splits and preprocesses a study's table.

    Args:
        settings: which table, and how it is split.
        seed: the study's; the split's is derived from it.
        root: the project root, from which a relative path starts.
        forms: the ways of preprocessing that trials may want, by key.
        most_bytes: memory that the data may take; None for no limit.
    Raises:
        DataError: if the table cannot be used as it is.
    """
    table = load_table(settings, root=root, most_bytes=most_bytes)
    return prepare_table(table, settings, seed=seed, root=root, forms=forms, most_bytes=most_bytes)


def prepare_table(
    table: Table,
    settings: DataSettings,
    *,
    seed: int,
    root: Path = Path(),
    forms: Mapping[str, Preprocessing] = DEFAULT_FORMS,
    most_bytes: int | None = None,
) -> PreparedData:
    """Splits and preprocesses a table that was read already. Its test rows are touched by nothing but the fingerprint.

    Raises:
        DataError: if the table cannot be split or preprocessed.
    """
    parts = parts_of(table, settings, seed=seed, root=root)
    every = [split for repeat in parts.splits for split in repeat]
    fingerprint = data_fingerprint(table, every)
    prepared = {key: _form(parts, form, fingerprint, len(forms), most_bytes) for key, form in forms.items()}
    return PreparedData(prepared, fingerprint, parts.split.notes)


def _form(
    parts: Parts, form: Preprocessing, fingerprint: str, forms: int, most_bytes: int | None
) -> Sequence[Sequence[Prepared]]:
    """What every training sees under one way of preprocessing."""
    table = parts.table
    fitted = [[fit_preprocessing(table, split.train, form) for split in repeat] for repeat in parts.splits]
    width = max(len(each.inputs) for repeat in fitted for each in repeat)
    copies = forms * sum(len(repeat) for repeat in parts.splits)
    _check_memory(table, width, copies, most_bytes)
    return [
        [_prepared(table, split, each, fingerprint, width) for split, each in zip(repeat, fitted_repeat, strict=True)]
        for repeat, fitted_repeat in zip(parts.splits, fitted, strict=True)
    ]


def _prepared(table: Table, split: Split, fitted: Fitted, fingerprint: str, width: int) -> Prepared:
    mean, scale = fitted.target_mean, fitted.target_scale
    return Prepared(
        task=table.task,
        x_train=_widened(fitted.inputs_of(table, split.train, "training"), width),
        y_train=fitted.targets_of(table, split.train, "training"),
        x_validation=_widened(fitted.inputs_of(table, split.validation, "validation"), width),
        y_validation=fitted.targets_of(table, split.validation, "validation"),
        classes=table.classes,
        target_mean=mean[0] if len(mean) == 1 else mean,
        target_scale=scale[0] if len(scale) == 1 else scale,
        weights_train=_weights(table, split.train, split.train),
        weights_validation=_weights(table, split.validation, split.train),
        fingerprint=fingerprint,
    )


def _widened(x: FloatArray, width: int) -> FloatArray:
    """The same inputs with columns of zeros after them: a fold that knows fewer levels has a network like the others."""
    return x if x.shape[1] == width else np.pad(x, [(0, 0), (0, width - x.shape[1])])


def _weights(table: Table, rows: RowIndexes, train: RowIndexes) -> Any:
    """How much some rows count: 1 on average over the training rows."""
    if table.weights is None:
        return None
    mean = table.weights[train].mean()
    if not mean or not table.weights[rows].any():
        raise DataError(f"{table.name}: all rows of one part have the weight 0, so that none of them counts")
    return (table.weights[rows] / mean).astype(np.float32)


def _check_memory(table: Table, width: int, copies: int, most_bytes: int | None) -> None:
    """Raises DataError if what is prepared would not fit into memory."""
    needed = table.rows * (width * 4 * copies + table.x.shape[1] * 8)
    if most_bytes is None or needed <= most_bytes:
        return
    kinds = f", {copies} times for folds and searched preprocessing" if copies > 1 else ""
    raise DataError(
        f"{table.name}: {table.rows} rows of {width} inputs{kinds} need {needed / 2**30:.1f} GiB, but there are "
        f"{most_bytes / 2**30:.1f} GiB. Leave out rows or columns, lower preprocessing.most_levels, or search fewer "
        f"folds and forms; or use a machine with more memory."
    )
