"""From a table to what training gets to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tuner.data.fingerprint import data_fingerprint
from tuner.data.parts import Parts, parts_of
from tuner.data.prepare import DEFAULT_FORMS
from tuner.data.prepared import FloatArray, Prepared
from tuner.data.prepared_data import PreparedData
from tuner.data.preprocess import Fitted, fit_preprocessing
from tuner.data.split import RowIndexes, Split
from tuner.data.table import Table
from tuner.errors import DataError
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.study.data_settings import DataSettings


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
    table, copies = parts.table, forms * sum(len(repeat) for repeat in parts.splits)
    fitted: list[list[tuple[Fitted, FloatArray]]] = []
    for repeat in parts.splits:
        fitted.append([])
        for split in repeat:
            fitted[-1].append(fit_preprocessing(table, split.train, form))
            # Before the next copy is made.
            _check_memory(table, len(fitted[-1][-1][0].inputs), copies, most_bytes)
    width = max(len(each.inputs) for row in fitted for each, _ in row)
    return [
        [_prepared(table, split, *each, fingerprint, width) for split, each in zip(repeat, fitted_repeat, strict=True)]
        for repeat, fitted_repeat in zip(parts.splits, fitted, strict=True)
    ]


def _prepared(
    table: Table, split: Split, fitted: Fitted, training: FloatArray, fingerprint: str, width: int
) -> Prepared:
    mean, scale = fitted.target_mean, fitted.target_scale
    return Prepared(
        task=table.task,
        x_train=widened(training, width),
        y_train=fitted.targets_of(table, split.train, "training"),
        x_validation=widened(fitted.inputs_of(table, split.validation, "validation"), width),
        y_validation=fitted.targets_of(table, split.validation, "validation"),
        classes=table.classes,
        target_mean=mean[0] if len(mean) == 1 else mean,
        target_scale=scale[0] if len(scale) == 1 else scale,
        weights_train=_weights(table, split.train, split.train),
        weights_validation=_weights(table, split.validation, split.train),
        fingerprint=fingerprint,
    )


def widened(x: FloatArray, width: int) -> FloatArray:
    """The same inputs with columns of zeros after them: folds that know fewer levels have networks like the others."""
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
