"""A column of texts, understood: numbers, dates or categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tuner.data.sources.markers import Markers

TEXTS = pa.dictionary(pa.int32(), pa.string())
"""What Arrow is asked to read texts as: each different text once, and a number per row."""

SPELLINGS = {
    mark: rf"^[+-]?(\d+{point}?\d*|{point}\d+)([eE][+-]?\d+)?$|^[+-]?((?i)inf|infinity|nan)$"
    for mark, point in ((".", r"\."), (",", ","))
}
"""What a number looks like, by what separates whole from part. `1_000` and `0x10` are texts."""

DATE = r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?"
ZONE = r"(Z|[+-]\d\d(:?\d\d)?)"

SECONDS_AND_PARTS = ("s", "ms", "us", "ns")


def understood(
    texts: pa.ChunkedArray, markers: Markers, *, decimals: Sequence[str] = (), dates: bool = False
) -> pd.Series[Any]:
    """A column of a `Frame` out of texts; blanks around them do not count.

    Args:
        texts: of the type TEXTS, or one like it with wider indices or texts; a null is a missing value.
        markers: what else says that a value is missing.
        decimals: what may separate whole from part in numbers, the likeliest first; without any, numbers stay texts.
        dates: whether texts that are all ISO dates are dates.
    Returns:
        float64 or datetime64, if every value that is not missing is such a one; else categorical.
    """
    column = texts.unify_dictionaries().combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    distinct = column.dictionary
    stripped = pc.utf8_trim_whitespace(distinct)
    if not stripped.equals(distinct):
        # Texts that differ in blanks only are one. A last -1 in the list leads "no text" to itself.
        encoded = stripped.dictionary_encode()
        codes = np.append(encoded.indices.to_numpy(), -1)[codes]
        distinct = encoded.dictionary
    there = _mask(pc.invert(pc.is_in(distinct, value_set=pa.array(markers.texts, distinct.type))))
    there &= ~_marked(distinct, markers)
    values = distinct.filter(pa.array(there))
    # A column without any value is one of numbers: nothing speaks for categories.
    for mark in decimals:
        if pc.all(pc.match_substring_regex(values, SPELLINGS[mark]), min_count=0).as_py():
            return pd.Series(_spread(_numbers(values, mark), there, codes, np.nan))
    moments = _moments(values) if dates and len(values) else None
    if moments is not None:
        return pd.Series(_spread(moments, there, codes, np.datetime64("NaT")))
    return _categories(values, there, codes)


def _mask(array: pa.Array) -> NDArray[np.bool_]:
    return np.array(array.to_numpy(zero_copy_only=False), dtype=bool)


def _numbers(texts: pa.Array, mark: str) -> NDArray[np.float64]:
    """Texts that are spelled as numbers, each as the nearest float64."""
    if mark != ".":
        texts = pc.replace_substring(texts, mark, ".")
    return np.asarray(pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _marked(distinct: pa.Array, markers: Markers) -> NDArray[np.bool_]:
    """Which texts are NaN or a number that says that a value is missing."""
    marked = np.zeros(len(distinct), dtype=bool)
    for mark, spelling in SPELLINGS.items():
        numbers = _mask(pc.match_substring_regex(distinct, spelling))
        marked[numbers] |= np.isnan(markers.without(_numbers(distinct.filter(pa.array(numbers)), mark)))
    return marked


def _moments(texts: pa.Array) -> NDArray[Any] | None:
    """Texts as moments, those with a zone in UTC; None if one is none, or if some have a zone and others not."""
    for zone, spelling in ((None, f"{DATE}$"), ("UTC", f"{DATE}{ZONE}$")):
        if not pc.all(pc.match_substring_regex(texts, spelling)).as_py():
            continue
        for unit in SECONDS_AND_PARTS:
            try:
                moments = pc.cast(texts, pa.timestamp(unit, zone))
            except pa.ArrowInvalid:
                continue
            return np.asarray(moments.cast(pa.timestamp(unit)).to_numpy(zero_copy_only=False))
    return None


def _spread(values: NDArray[Any], there: NDArray[np.bool_], codes: NDArray[Any], missing: Any) -> NDArray[Any]:
    """For each row its value. The last of the list is for the code -1."""
    every = np.full(len(there) + 1, missing, dtype=values.dtype)
    every[:-1][there] = values
    spread: NDArray[Any] = every[codes]
    return spread


def _categories(values: pa.Array, there: NDArray[np.bool_], codes: NDArray[Any]) -> pd.Series[Any]:
    """For each row its category; categories that no row has are left out."""
    renumbered = _spread(np.arange(len(values), dtype=np.int64), there, codes, -1)
    used = np.zeros(len(values) + 1, dtype=bool)
    used[renumbered] = True
    used = used[:-1]
    if not used.all():
        renumbered = np.append(np.cumsum(used) - 1, -1)[renumbered]
        values = values.filter(pa.array(used))
    return pd.Series(pd.Categorical.from_codes(renumbered, categories=pd.Index(values.to_pylist(), dtype=_TEXT)))


_TEXT: Any = pd.Index(["a text"]).dtype
"""What pandas, in the version at hand, keeps texts as."""
