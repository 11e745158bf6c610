from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.api.types import is_datetime64_any_dtype

from tuner.data.frame import Frame, Part
from tuner.data.table import Feature, Table


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(text: str | bytes, name: str = "train.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture(scope="session")
def make_table() -> Callable[..., Table]:
    def make(counts: tuple[int, ...] = (), *, rows: int = 50, features: int = 3, seed: int = 0) -> Table:
        """Random features; classes with these counts in mixed order, or a regression with so many rows."""
        random = np.random.default_rng(seed)
        if counts:
            y = random.permutation(np.repeat(np.arange(len(counts), dtype=np.int32), counts))
        else:
            y = random.normal(300.0, 40.0, size=rows)
        return Table(
            name="table",
            x=random.normal(5.0, 3.0, size=(len(y), features)),
            y=y,
            features=tuple(Feature(f"f{number}") for number in range(features)),
            task="regression" if not counts else "binary" if len(counts) == 2 else "multiclass",
            classes=tuple(f"c{number}" for number in range(len(counts))),
        )

    return make


@pytest.fixture(scope="session")
def make_frame() -> Callable[..., Frame]:
    def make(**columns: list[object]) -> Frame:
        """A source with these columns: texts and truth values as categories, the rest as pandas sees it."""
        series = {}
        for name, cells in columns.items():
            as_read = pd.Series(cells)
            if isinstance(as_read.dtype, pd.CategoricalDtype) or is_datetime64_any_dtype(as_read.dtype):
                series[name] = as_read
            elif any(isinstance(cell, str | bool) for cell in cells):
                texts = [None if cell is None else str(cell) for cell in cells]
                series[name] = pd.Series(pd.Categorical(texts))
            else:
                series[name] = as_read.astype("float64")
        rows = len(next(iter(series.values())))
        return Frame("t.csv", series, [Part("t.csv", rows, first_row=2)])

    return make
