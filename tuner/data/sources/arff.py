"""ARFF files, as Weka and OpenML write them."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from tuner.data.column import quoted
from tuner.data.sources.dialect import Dialect
from tuner.data.sources.encoding import as_utf8
from tuner.data.sources.names import check_names
from tuner.data.sources.request import Request, Rows
from tuner.data.sources.rows import read_rows
from tuner.data.sources.texts import understood
from tuner.errors import DataError, listed

NAME = r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{},%'"]+)"""
ATTRIBUTE = re.compile(rf"@attribute\s+{NAME}\s*(.*)", re.IGNORECASE | re.DOTALL)
COMMENTS = re.compile(rb"^[ \t]*%[^\r\n]*", re.MULTILINE)
DOUBLE_QUOTE = re.compile(rb'(?:^|,)[ \t]*"', re.MULTILINE)
QUOTED = re.compile(rb"""((?:^|,)[ \t]*)(?:'((?:[^'\\]|\\.)*)'|"(?:[^"\\]|\\.)*")""", re.MULTILINE)
SINGLE_QUOTE = re.compile(rb"(?:^|,)[ \t]*'", re.MULTILINE)
SPARSE = re.compile(rb"^[ \t]*\{", re.MULTILINE)

KINDS: Mapping[str, str] = {
    "numeric": "number",
    "real": "number",
    "integer": "number",
    "string": "text",
    "date": "date",
}
"""What an attribute's type means; values in braces are texts, too."""

DATE_PARTS: Mapping[str, str] = {
    "yyyy": "%Y", "yy": "%y", "MMM": "%b", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "SSS": "%f",
    "Z": "%z", "X": "%z", "XXX": "%z", "EEE": "%a", "hh": "%I", "a": "%p",
}  # fmt: skip
"""What Java's SimpleDateFormat calls the parts of a date, and what Python calls them."""

JAVA = re.compile(r"'([^']*)'|([A-Za-z])\2*|([^A-Za-z'])")
ISO = "yyyy-MM-dd'T'HH:mm:ss"


@dataclass(frozen=True)
class Attribute:
    """A column as the head of the file declares it.

    Attributes:
        name: without quotes.
        kind: number, text or date.
        format: how Python calls the format of a date; else empty.
    """

    name: str
    kind: str
    format: str = ""


def read_arff(data: bytes, name: str, request: Request) -> Rows:
    """Reads an ARFF file. Numbers, nominal values, strings and dates are understood; `?` is a missing value.

    Args:
        data: the file.
        name: the file as the person wrote it, for messages.
        request: what is wanted of it.
    Raises:
        DataError: if it cannot be read.
    """
    text = as_utf8(data, name, request.settings.encoding)
    attributes, line, start = _head(text, name, request)
    if SPARSE.search(text, start):
        raise DataError(
            f"{name}: has sparse rows, in braces, which are not read. Write it without (Weka: SparseToNonSparse)."
        )
    # A comment leaves a blank line, so that lines can still be counted.
    body = _quoted_alike(COMMENTS.sub(b"", text[start:]))
    if not body.strip():
        raise DataError(f"{name}: has a head, but no rows below @data")
    names = [each.name for each in attributes]
    request = request.of(names)
    check_names(names, name, request.drop)
    wanted = [index for index, column in enumerate(names) if column not in request.drop]
    dialect = Dialect(
        separator="," if b"," in body or len(names) == 1 else "\t",
        decimals=(".",),
        names=tuple(names),
        header=True,
        first_row=line + 1,
        start=0,
        numbers=tuple(each.kind == "number" for each in attributes),
        quote="'" if SINGLE_QUOTE.search(body) else '"',
        escape="\\" if b"\\" in body else None,
    )
    texts = {index for index in wanted if attributes[index].kind != "number" or names[index] in request.as_text}
    columns = read_rows(body, name, dialect, wanted, texts=texts, missing=request.markers.texts)
    series = {names[index]: _column(column, attributes[index], name, request) for index, column in columns.items()}
    return Rows(series, names, len(next(iter(columns.values()))), dialect.first_row)


def _quoted_alike(body: bytes) -> bytes:
    """The rows with one kind of quotes; Weka writes dates in double ones and texts in single ones."""
    if not (SINGLE_QUOTE.search(body) and DOUBLE_QUOTE.search(body)):
        return body
    return QUOTED.sub(
        lambda match: match[0] if match[2] is None else match[1] + b'"' + match[2].replace(b'"', b'\\"') + b'"', body
    )


def _head(data: bytes, name: str, request: Request) -> tuple[Sequence[Attribute], int, int]:
    """The declared columns, and how many lines and bytes the head has."""
    attributes: list[Attribute] = []
    size = 0
    for number, raw in enumerate(io.BytesIO(data), start=1):
        size += len(raw)
        line = raw.decode("utf-8").strip()
        word = line.split(None, 1)[0].lower() if line else "%"
        if word == "@data":
            if not attributes:
                raise DataError(f"{name}: declares no @attribute above @data")
            return attributes, number, size
        if word == "@attribute":
            attributes.append(_attribute(line, number, name, request))
        elif word != "@relation" and not word.startswith("%"):
            raise DataError(f"{name}: is no ARFF file: line {number} is neither @relation, @attribute nor @data")
    raise DataError(f"{name}: is no ARFF file, or is cut off: there is no @data")


def _attribute(line: str, number: int, name: str, request: Request) -> Attribute:
    match = ATTRIBUTE.fullmatch(line)
    if match is None:
        raise DataError(f"{name}: line {number} should be @attribute, a name and a type")
    column = _unquoted(match[1])
    if match[2].startswith("{") or column in request.drop:
        return Attribute(column, "text")
    word, *rest = match[2].split(None, 1) or [""]
    kind = KINDS.get(word.lower())
    if kind is None:
        raise DataError(
            f'{name}: line {number} declares "{column}" as "{word}", but should as {listed([*KINDS])}, or list its '
            f'values in braces. Leave it out with drop = ["{column}"].'
        )
    if kind != "date":
        return Attribute(column, kind)
    return Attribute(column, kind, _python_format(_unquoted(rest[0].strip()) if rest else ISO, number, name, column))


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return re.sub(r"\\(.)", r"\1", text).strip()


def _python_format(java: str, number: int, name: str, column: str) -> str:
    parts = []
    for match in JAVA.finditer(java):
        part = DATE_PARTS.get(match[0]) if match[2] else (match[1] if match[1] is not None else match[3])
        if part is None:
            raise DataError(
                f'{name}: line {number} declares "{column}" with the date format "{java}", of which "{match[0]}" is '
                f'not known. Leave it out with drop = ["{column}"], or write it as "yyyy-MM-dd".'
            )
        parts.append(part)
    return "".join(parts)


def _column(column: pa.ChunkedArray, attribute: Attribute, name: str, request: Request) -> pd.Series[Any]:
    if column.type == pa.float64():
        return pd.Series(request.markers.without(column.to_numpy()))
    if attribute.kind == "number" and attribute.name not in request.as_text:
        return understood(column, request.markers, decimals=(".",))
    texts = understood(column, request.markers)
    if attribute.kind != "date" or attribute.name in request.as_text:
        return texts
    written = [*texts.cat.categories]
    moments = pd.to_datetime(pd.Series(written, dtype=object), format=attribute.format, utc=True, errors="coerce")
    if moments.isna().any():
        found = written[int(moments.isna().to_numpy().argmax())]
        raise DataError(
            f'{name}: column "{attribute.name}" has {quoted(found)}, which is no date of the format that it declares'
        )
    # The code -1 leads beyond the end, to what is missing.
    known = np.append(moments.dt.tz_localize(None).to_numpy(), np.datetime64("NaT"))
    return pd.Series(known[texts.cat.codes.to_numpy()])
