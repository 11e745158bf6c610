"""The cells of a column as a look needs them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def is_text(cells: pd.Series[Any]) -> bool:
    """Whether a column of a `Frame` is of texts."""
    return isinstance(cells.dtype, pd.CategoricalDtype)


def is_date(cells: pd.Series[Any]) -> bool:
    """Whether a column of a `Frame` is of dates."""
    return bool(pd.api.types.is_datetime64_any_dtype(cells.dtype))


def is_number(cells: pd.Series[Any]) -> bool:
    """Whether a column of a `Frame` is of numbers."""
    return not is_text(cells) and not is_date(cells)


def numbers_of(cells: pd.Series[Any]) -> FloatArray:
    """A column's numbers that are there, float64."""
    values = cells.to_numpy(dtype=np.float64)
    there: FloatArray = values[~np.isnan(values)]
    return there


@dataclass(frozen=True, eq=False)
class Levels:
    """The different texts of a column.

    Attributes:
        texts: each once.
        counts: int64 [texts], how many rows have each.
    """

    texts: tuple[str, ...]
    counts: NDArray[np.int64]

    @property
    def rows(self) -> int:
        """How many rows have a value."""
        return int(self.counts.sum())


def levels_of(cells: pd.Series[Any]) -> Levels:
    """The different texts of a column of texts."""
    codes = cells.cat.codes.to_numpy()
    texts = tuple(str(text) for text in cells.cat.categories)
    return Levels(texts, np.bincount(codes[codes >= 0], minlength=len(texts)).astype(np.int64))


def whole(values: FloatArray) -> bool:
    """Whether all numbers are whole and finite."""
    return bool(np.isfinite(values).all() and (values % 1 == 0).all())


def contents(cells: pd.Series[Any]) -> tuple[str, bytes]:
    """What two columns have in common if they have the same values in every row, and else not."""
    if is_text(cells):
        texts = [str(text) for text in cells.cat.categories]
        order = np.argsort(np.array(texts, dtype=object), kind="stable") if texts else np.empty(0, np.int64)
        rank = np.empty(len(texts) + 1, np.int64)
        rank[order] = np.arange(len(texts))
        rank[-1] = -1
        digest = hashlib.blake2b(rank[cells.cat.codes.to_numpy()].tobytes())
        digest.update("\0".join(sorted(texts)).encode("utf-8", "surrogatepass"))
        return "texts", digest.digest()
    if is_date(cells):
        moments = cells.astype("datetime64[us]").to_numpy().astype(np.int64)
        return "dates", hashlib.blake2b(moments.tobytes()).digest()
    values = cells.to_numpy(dtype=np.float64)
    # NaN has many spellings, and 0 has two.
    plain = np.where(np.isnan(values), np.nan, values) + 0.0
    return "numbers", hashlib.blake2b(plain.tobytes()).digest()
