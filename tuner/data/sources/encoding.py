"""The letters of a text file: whatever they are written in, UTF-8 comes out."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

from tuner.errors import DataError, one_line

MARKS: Mapping[bytes, str] = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""How files begin that say how they are written; UTF-32 first, as its mark begins with that of UTF-16."""

OTHER_FORMATS: Mapping[bytes, str] = {
    b"PAR1": "a Parquet file. Call it .parquet",
    b"ARROW1": "a Feather file. Call it .feather",
    b"\x93NUMPY": "a NumPy file. Call it .npy",
    b"PK\x03\x04": "a ZIP archive, which NPZ files and Excel workbooks are too. Call it .npz if it is one, "
    "or unpack or save its table as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook. Save its table as CSV",
    b"SQLite format 3": "a SQLite database. Export the table as CSV",
    b"\x1f\x8b": "a gzip file within a gzip file. Unpack it",
    b"BZh": "a bzip2 file. Unpack it",
    b"\xfd7zXZ": "an xz file. Unpack it",
    b"\x28\xb5\x2f\xfd": "a zstd file. Unpack it",
    b"\x89HDF": "an HDF5 file. Save its table as Parquet or CSV",
}
"""How files begin that are no text, and what each is."""

PIECE = 2**24
"""How many bytes are checked at a time."""


def as_utf8(data: bytes, name: str, encoding: str | None) -> bytes:
    """A text file's contents in UTF-8, without a byte order mark.

    Args:
        data: the file.
        name: the file as the person wrote it, for messages.
        encoding: how it is written; None to go by its byte order mark, and without one by UTF-8.
    Raises:
        DataError: if it is no text, or written otherwise.
    """
    other = next((what for mark, what in OTHER_FORMATS.items() if data.startswith(mark)), None)
    if other:
        raise DataError(f"{name}: is no text, but {other}.")
    marked = next((each for mark, each in MARKS.items() if data.startswith(mark)), None)
    known = encoding or marked or "utf-8"
    try:
        utf8 = codecs.lookup(known).name == "utf-8" or known == "utf-8-sig"
        if utf8:
            text = data.removeprefix(codecs.BOM_UTF8)
            _check_utf8(text)
        else:
            text = data.decode(known).removeprefix("\ufeff").encode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(_problem(data, name, known, error, stated=encoding is not None)) from None
    except (LookupError, UnicodeError, ValueError) as error:
        raise DataError(
            f'{name}: cannot be read with encoding = "{known}": {error}. Python knows "utf-8", "cp1252", "latin-1", '
            f'"utf-16" and many more.'
        ) from None
    # Whatever a codec of somebody's own may raise.
    except Exception as error:
        raise DataError(f'{name}: cannot be read with encoding = "{known}": {one_line(error)}') from None
    place = text.find(b"\0")
    if place >= 0:
        raise DataError(
            f"{name}: is no text: there is a zero at byte {place}. If it is a CSV file in UTF-16, state "
            f'encoding = "utf-16-le".'
        )
    return text


def _check_utf8(data: bytes) -> None:
    """Raises UnicodeDecodeError, with the place in the whole, unless the bytes are UTF-8."""
    if data.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), PIECE):
        try:
            decoder.decode(data[start : start + PIECE], final=start + PIECE >= len(data))
        except UnicodeDecodeError:
            # Only the whole tells the place in the whole.
            data.decode("utf-8")


def _problem(data: bytes, name: str, encoding: str, error: UnicodeDecodeError, *, stated: bool) -> str:
    # The byte order mark was cut off before.
    place = error.start + len(data) - len(error.object)
    line = data.count(b"\n", 0, place) + 1
    found = f"byte {place}, in line {line}, is 0x{data[place]:02x}" if place < len(data) else "its end is missing"
    if stated:
        return f'{name}: is not written in encoding = "{encoding}": {found}'
    kind = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8"}.get(encoding, encoding.upper())
    return (
        f"{name}: is not {kind} text: {found}. If it is a text of another encoding, state it, such as "
        f'encoding = "cp1252"; or save the file as UTF-8.'
    )
