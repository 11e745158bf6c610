"""The test rows, for the one look at the very end. Nothing in a search imports this module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tuner.data.fingerprint import data_fingerprint
from tuner.data.load import load_table
from tuner.data.parts import Parts, parts_of
from tuner.data.prepare_table import widened
from tuner.data.prepared import FloatArray
from tuner.data.preprocess import Fitted, fit_preprocessing
from tuner.data.table import Table
from tuner.errors import DataError
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.study.data_settings import DataSettings


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The test rows, transformed by what was fitted on the training rows.

    Attributes:
        x: float32 [rows, features].
        y: int32 [rows] of class numbers, or float32 [rows] or [rows, targets] of targets in the units of
            `Prepared.y_train`.
        fingerprint: equals that of the `PreparedData` these rows belong to.
    """

    x: FloatArray
    y: NDArray[Any]
    fingerprint: str


def held_out(settings: DataSettings, *, seed: int, root: Path, form: Preprocessing | None = None) -> HeldOut:
    """The test rows that `prepare` with the same arguments keeps back.

    Args:
        settings: which table, and how.
        seed: the study's.
        root: the project root, from which a relative path starts.
        form: how to preprocess; as by default if left out.
    Raises:
        DataError: if the table cannot be used as it is, or if no test rows were kept back.
    """
    return held_out_table(load_table(settings, root=root), settings, seed=seed, root=root, form=form)


def held_out_table(
    table: Table, settings: DataSettings, *, seed: int, root: Path = Path(), form: Preprocessing | None = None
) -> HeldOut:
    """The test rows that `prepare_table` with the same arguments keeps back.

    With folds the preprocessing is fitted on all rows that are not for the test.

    Raises:
        DataError: if no test rows were kept back.
    """
    parts = _parts(table, settings, seed, root)
    fitted, _ = fit_preprocessing(table, parts.split.train, form or Preprocessing())
    return _held_out(parts, fitted, len(fitted.inputs))


def held_out_of_members(
    settings: DataSettings, *, seed: int, root: Path, form: Preprocessing | None = None
) -> Sequence[Sequence[HeldOut]]:
    """The test rows as each network of a trial would have to see them, after what its own training rows taught.

    Args:
        settings: which table, and how.
        seed: the study's.
        root: the project root, from which a relative path starts.
        form: how to preprocess; as by default if left out.
    Returns:
        Repetition by repetition, and fold by fold in each, as in `PreparedData.forms`: the same rows every time.
    Raises:
        DataError: if the table cannot be used as it is, or if no test rows were kept back.
    """
    table = load_table(settings, root=root)
    parts = _parts(table, settings, seed, root)
    fitted = [
        [fit_preprocessing(table, split.train, form or Preprocessing())[0] for split in repeat]
        for repeat in parts.splits
    ]
    width = max(len(each.inputs) for repeat in fitted for each in repeat)
    return [[_held_out(parts, each, width) for each in repeat] for repeat in fitted]


def _parts(table: Table, settings: DataSettings, seed: int, root: Path) -> Parts:
    if not settings.keeps_test_rows:
        raise DataError(f"{table.name}: test is 0, so no test rows were kept back. State a share of the rows.")
    return parts_of(table, settings, seed=seed, root=root)


def _held_out(parts: Parts, fitted: Fitted, width: int) -> HeldOut:
    table, rows = parts.table, parts.split.test
    return HeldOut(
        widened(fitted.inputs_of(table, rows, "test"), width),
        fitted.targets_of(table, rows, "test"),
        data_fingerprint(table, [split for repeat in parts.splits for split in repeat]),
    )
