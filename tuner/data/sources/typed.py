"""A column whose type the file itself knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tuner.data.sources.markers import Markers
from tuner.data.sources.texts import understood
from tuner.errors import DataError

types = pa.types

MOST_EXACT = 2.0**53
"""Up to here every whole number is a float64."""


def check_type(kind: pa.DataType, name: str, column: str) -> None:
    """Raises DataError unless a column of this type can be one of a `Frame`."""
    inner = _inner(kind)
    if not (
        _is_text(inner)
        or types.is_boolean(inner)
        or types.is_null(inner)
        or types.is_timestamp(inner)
        or types.is_date(inner)
        or _is_number(inner)
    ):
        raise DataError(
            f'{name}: column "{column}" is of type {kind}, but should hold numbers, texts, truth values or dates. '
            f'Leave it out with drop = ["{column}"], or write it otherwise.'
        )


def typed(column: pa.ChunkedArray, markers: Markers, *, as_text: bool) -> pd.Series[Any]:
    """A column of a `Frame`.

    Args:
        column: of a type that `check_type` lets pass.
        markers: what says that a value is missing, beside null.
        as_text: whether numbers and dates become categories, too.
    """
    column = _decoded(column)
    kind = column.type
    if types.is_boolean(kind):
        column = pc.if_else(column, "true", "false")
    elif types.is_timestamp(kind) or types.is_date(kind):
        if not as_text:
            return pd.Series(_moments(column))
        column = pc.cast(column, pa.string())
    elif not _is_text(kind):
        if not as_text:
            return pd.Series(markers.without(_numbers(column)))
        column = _spelled(column)
    return understood(pc.cast(column, pa.large_string()).dictionary_encode(), markers)


def _inner(kind: pa.DataType) -> pa.DataType:
    """The type of the values themselves, however they are packed."""
    while True:
        if isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        elif types.is_dictionary(kind) or types.is_run_end_encoded(kind):
            kind = kind.value_type
        else:
            return kind


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    while True:
        kind = column.type
        if isinstance(kind, pa.BaseExtensionType):
            column = pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
        elif types.is_dictionary(kind):
            column = pc.cast(column, kind.value_type)
        elif types.is_run_end_encoded(kind):
            column = pa.chunked_array([pc.run_end_decode(chunk) for chunk in column.chunks], kind.value_type)
        else:
            return column


def _is_text(kind: pa.DataType) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    if types.is_decimal(column.type):
        # By way of its digits, which Arrow rounds to the nearest float64; the cast itself may miss it by one bit.
        column = pc.cast(column, pa.string())
    elif types.is_integer(column.type):
        # Beyond 2**53 the nearest float64 will do.
        return np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=np.float64)


def _moments(column: pa.ChunkedArray) -> NDArray[Any]:
    """In UTC, if there is a zone."""
    kind = column.type
    unit = "s" if types.is_date32(kind) else "ms" if types.is_date64(kind) else kind.unit
    return np.asarray(pc.cast(column, pa.timestamp(unit)).to_numpy())


def _spelled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as texts: whole ones without a point, others as Python spells them, and NaN as missing."""
    if not types.is_floating(column.type):
        return pc.cast(column, pa.string())
    values = np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=np.float64)
    different, codes = np.unique(values, return_inverse=True)
    texts = [
        None if np.isnan(each) else str(int(each)) if each.is_integer() and abs(each) < MOST_EXACT else repr(each)
        for each in different.tolist()
    ]
    return pa.chunked_array([pa.array(texts, pa.string()).take(pa.array(codes.reshape(-1)))])
