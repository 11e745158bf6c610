"""From a study's data settings to what training gets to see."""

from __future__ import annotations

from pathlib import Path

from tuner.data.fitted import fit_table
from tuner.data.load import load_table
from tuner.data.prepared import Prepared
from tuner.data.table import Table
from tuner.study.data_settings import DataSettings


def prepare(settings: DataSettings, *, seed: int, root: Path) -> Prepared:
    """Reads, splits and scales a study's table.

    Args:
        settings: which table, and how.
        seed: the study's; the split's is derived from it.
        root: the project root, from which a relative path starts.
    Raises:
        DataError: if the table cannot be used as it is.
    """
    return prepare_table(load_table(settings, root=root), settings, seed=seed)


def prepare_table(table: Table, settings: DataSettings, *, seed: int) -> Prepared:
    """Splits and scales a table that was read already. Its test rows are touched by nothing but the fingerprint.

    Args:
        table: every row.
        settings: the shares of the parts, and the scaler.
        seed: the study's; the split's is derived from it.
    Raises:
        DataError: if the table cannot be split or scaled.
    """
    fitted = fit_table(table, settings, seed=seed)
    x_train, y_train = fitted.preprocessing.transform(table, fitted.split.train, "training")
    x_validation, y_validation = fitted.preprocessing.transform(table, fitted.split.validation, "validation")
    return Prepared(
        task=table.task,
        x_train=x_train,
        y_train=y_train,
        x_validation=x_validation,
        y_validation=y_validation,
        classes=table.classes,
        target_mean=fitted.preprocessing.target_mean,
        target_scale=fitted.preprocessing.target_scale,
        fingerprint=fitted.fingerprint,
    )
