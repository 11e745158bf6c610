"""NumPy's files: one array, or several by name."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tuner.data.sources.columns import rows_of, wanted_columns
from tuner.data.sources.opened import in_words
from tuner.data.sources.request import Request, Rows
from tuner.errors import DataError

KINDS = "biufUMS"
"""Truth values, numbers, texts and moments, as NumPy calls them."""


def read_npy(data: bytes, name: str, request: Request) -> Rows:
    """Reads a NumPy file of one array [rows, columns]; the columns are called 1, 2, 3, ...

    Args:
        data: the file.
        name: the file as the person wrote it, for messages.
        request: what is wanted of it.
    Raises:
        DataError: if it is none, damaged, or of another shape or kind.
    """
    array = _array(io.BytesIO(data), name, "the array")
    if array.ndim != 2:
        raise DataError(
            f"{name}: is an array of shape {list(array.shape)}, but should be [rows, columns]. "
            f"Reshape it; or save x and y in one .npz file."
        )
    return _rows({str(index + 1): array[:, index] for index in range(array.shape[1])}, name, request)


def read_npz(data: bytes, name: str, request: Request) -> Rows:
    """Reads a file of NumPy's with the arrays x [rows, features] and y [rows], and maybe the names of the features.

    The columns of x are called 1, 2, 3, ..., unless an array `features` names them; y is called y, or if it is
    [rows, targets] y1, y2, ...

    Args:
        data: the file.
        name: the file as the person wrote it, for messages.
        request: what is wanted of it.
    Raises:
        DataError: if it is none, damaged, lacks x, holds more than `request.most_bytes` when unpacked, or if arrays do
            not fit each other.
    """
    arrays = _members(data, name, request.most_bytes)
    if "x" not in arrays:
        there = ", ".join(sorted(arrays)) or "none"
        raise DataError(f"{name}: has no array x; there are {there}. Save it with numpy.savez(file, x=x, y=y).")
    x = _matrix(arrays["x"], name, "x")
    names = _feature_names(arrays.get("features"), x.shape[1], name)
    columns = {each: x[:, index] for index, each in enumerate(names)}
    for column, values in _targets(arrays.get("y"), name):
        if column in columns:
            raise DataError(f'{name}: has two columns "{column}". Rename or remove one of them.')
        if len(values) != len(x):
            raise DataError(f"{name}: x has {len(x)} rows, but y has {len(values)}")
        columns[column] = values
    return _rows(columns, name, request)


def _array(file: io.BytesIO | Any, name: str, what: str) -> NDArray[Any]:
    try:
        return np.asarray(np.lib.format.read_array(file, allow_pickle=False))
    except ValueError as error:
        if "Object arrays" in str(error):
            raise DataError(
                f"{name}: {what} holds Python objects, which could run code when they are read. Save it as numbers or "
                f"texts, such as with x.astype(float)."
            ) from None
        raise DataError(f"{name}: {what} cannot be read: {error}") from None


def _members(data: bytes, name: str, most_bytes: int) -> Mapping[str, NDArray[Any]]:
    """The arrays x, y and features, as far as there are such; of others only the names."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise DataError(f"{name}: is no NPZ file, or is cut off: {error}. Copy or load it again.") from None
    with archive:
        members = {each.filename.removesuffix(".npy"): each for each in archive.infolist()}
        known = {each: members[each] for each in ("x", "y", "features") if each in members}
        size = sum(each.file_size for each in known.values())
        if size > most_bytes:
            raise DataError(
                f"{name}: unpacks to {in_words(size)}, more than the {in_words(most_bytes)} that are read at most. "
                f"Save it with fewer rows or columns."
            )
        arrays: dict[str, NDArray[Any]] = dict.fromkeys(members, np.empty(0))
        for each, member in known.items():
            with archive.open(member) as file:
                arrays[each] = _array(file, name, f"the array {each}")
        return arrays


def _matrix(array: NDArray[Any], name: str, what: str) -> NDArray[Any]:
    if array.ndim == 1:
        return array[:, np.newaxis]
    if array.ndim != 2:
        raise DataError(
            f"{name}: {what} is of shape {list(array.shape)}, but should be [rows, columns]. "
            f"Reshape it, such as with {what}.reshape(len({what}), -1)."
        )
    return array


def _feature_names(given: NDArray[Any] | None, width: int, name: str) -> list[str]:
    if given is None:
        return [str(number) for number in range(1, width + 1)]
    names = [str(each) for each in given.reshape(-1).tolist()]
    if given.dtype.kind != "U" or len(names) != width or len({*names}) != width:
        raise DataError(f"{name}: features should be {width} different texts, one for each column of x")
    return names


def _targets(y: NDArray[Any] | None, name: str) -> Iterator[tuple[str, NDArray[Any]]]:
    if y is None:
        return
    matrix = _matrix(y, name, "y")
    for index in range(matrix.shape[1]):
        yield "y" if matrix.shape[1] == 1 else f"y{index + 1}", matrix[:, index]


def _rows(columns: Mapping[str, NDArray[Any]], name: str, request: Request) -> Rows:
    names = list(columns)
    request = request.of(names)
    kept = {column: _arrow(array, name, column) for column, array in columns.items() if column not in request.drop}
    table = pa.table(kept)
    return rows_of(table.select(wanted_columns(table.schema, name, request)), names, name, request)


def _arrow(array: NDArray[Any], name: str, column: str) -> pa.Array:
    if array.dtype.kind not in KINDS:
        raise DataError(
            f'{name}: column "{column}" is of type {array.dtype}, but should hold numbers, texts, truth values or '
            f"dates. Leave it out, or save it otherwise."
        )
    if array.dtype.kind == "f":
        return pa.array(array.astype(np.float64), from_pandas=True)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    if array.dtype.kind == "M" and np.datetime_data(array.dtype)[0] not in ("s", "ms", "us", "ns"):
        array = array.astype("datetime64[s]")
    # Arrow knows numbers in this machine's order of bytes only.
    return pa.array(np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="))))
