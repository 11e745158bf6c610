"""From a study's data settings to what training gets to see."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tuner.data.cache import cached
from tuner.data.prepared_data import PreparedData
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.study.data_settings import DataSettings
from tuner.study.forms import MAIN

DEFAULT_FORMS: Mapping[str, Preprocessing] = {MAIN: Preprocessing()}


def prepare(
    settings: DataSettings,
    *,
    seed: int,
    root: Path,
    forms: Mapping[str, Preprocessing] = DEFAULT_FORMS,
    most_bytes: int | None = None,
    cache: Path | None = None,
) -> PreparedData:
    """Reads, splits and preprocesses a study's table.

    Args:
        settings: which table, and how it is split.
        seed: the study's; the split's is derived from it.
        root: the project root, from which a relative path starts.
        forms: the ways of preprocessing that trials may want, by key.
        most_bytes: memory that the data may take; None for no limit.
        cache: a folder where prepared data are kept and found again; None for none.
    Raises:
        DataError: if the table cannot be used as it is.
    """

    def make() -> PreparedData:
        # Only now: pandas and scikit-learn take two seconds to import, and data that are found need neither.
        from tuner.data.load import load_table
        from tuner.data.prepare_table import prepare_table

        table = load_table(settings, root=root, most_bytes=most_bytes)
        return prepare_table(table, settings, seed=seed, root=root, forms=forms, most_bytes=most_bytes)

    return cached(settings, seed=seed, root=root, forms=forms, folder=cache, make=make)
