"""A table with its split and its preprocessing: what the search's rows and the test rows have in common."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.data.fingerprint import data_fingerprint
from tuner.data.preprocess import Preprocessing, fit_preprocessing
from tuner.data.split import Split, split_rows
from tuner.data.table import Table
from tuner.seeds import derive_seed
from tuner.study.data_settings import DataSettings


@dataclass(frozen=True, eq=False)
class Fitted:
    """A table with its split and its preprocessing.

    Attributes:
        table: every row, as read.
        split: which rows are for what.
        preprocessing: fitted on the training rows.
        fingerprint: of the three.
    """

    table: Table
    split: Split
    preprocessing: Preprocessing
    fingerprint: str


def fit_table(table: Table, settings: DataSettings, *, seed: int) -> Fitted:
    """Splits a table and fits the preprocessing on its training rows.

    Args:
        table: every row.
        settings: the shares of the parts, and the scaler.
        seed: the study's.
    Raises:
        DataError: if the table cannot be split or scaled.
    """
    split = split_rows(table, validation=settings.validation, test=settings.test, seed=derive_seed(seed, "split"))
    preprocessing = fit_preprocessing(table, split.train, settings.scaler)
    return Fitted(table, split, preprocessing, data_fingerprint(table, split, settings.scaler))
