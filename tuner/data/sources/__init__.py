"""Files of rows: each format has a file here and a line in SOURCES."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from tuner.data.frame import Frame, Part
from tuner.data.sources.arff import read_arff
from tuner.data.sources.arrays import read_npy, read_npz
from tuner.data.sources.csv import read_csv
from tuner.data.sources.feather import read_feather
from tuner.data.sources.joined import check_same_columns, joined, of_several_kinds
from tuner.data.sources.markers import Markers
from tuner.data.sources.opened import read_bytes
from tuner.data.sources.parquet import read_parquet
from tuner.data.sources.request import Request, Rows
from tuner.data.sources.unpacked import unpacked
from tuner.errors import DataError, listed, one_line
from tuner.study.data_settings import DataSettings

# Arrow would take Ctrl-C away from whoever handles signals, and starts a thread for it that may outlive its library.
pa.enable_signal_handlers(False)

Reader = Callable[[bytes, str, Request], Rows]
"""From a file's bytes, its name for messages and what is wanted to its rows."""

SOURCES: Mapping[str, Reader] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".parquet": read_parquet,
    ".pq": read_parquet,
    ".feather": read_feather,
    ".arrow": read_feather,
    ".arff": read_arff,
    ".npz": read_npz,
    ".npy": read_npy,
}
"""Who reads a file, by how its name ends; any of them may be packed, as in .csv.gz."""

MOST_BYTES = 2**32
"""How large the contents of a packed file may become, unless something else is said: 4 GiB."""

CONTROL = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1a\x1b")
"""Bytes that stand in no text."""


def read_frame(
    settings: DataSettings,
    paths: Sequence[str],
    *,
    root: Path,
    as_text: Collection[str | int] = (),
    drop: Collection[str | int] = (),
    most_bytes: int | None = None,
) -> Frame:
    """Reads files of the same columns, one after another.

    Args:
        settings: how the files are written, as far as that is stated, and what says that a value is missing.
        paths: as the person wrote them; a relative one starts at the root.
        root: the project root.
        as_text: columns that become categories, in the file's own spelling, even if they look like numbers; by name, or
            by position in the first file: 1 is the first, -1 the last.
        drop: columns that are left out, whatever they hold.
        most_bytes: how large the contents of a packed file may become; None for MOST_BYTES.
    Raises:
        DataError: if a file cannot be read, or has other columns than the first.
    """
    if not paths:
        raise DataError("no file of rows is named")
    request = Request(
        settings,
        Markers.stated(settings.missing),
        frozenset(as_text),
        frozenset(drop),
        MOST_BYTES if most_bytes is None else most_bytes,
    )
    first = _read(paths[0], root, request)
    request = request.of(first.names)
    files = [first, *(_read(path, root, request) for path in paths[1:])]
    check_same_columns(paths, files)
    if mixed := of_several_kinds(files):
        # Texts in one file, numbers in another: the numbers' own spelling is known only to the file.
        again = replace(request, as_text=request.as_text | mixed)
        files = [_read(path, root, again) for path in paths]
    parts = [Part(path, file.count, file.first_row) for path, file in zip(paths, files, strict=True)]
    name = paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
    return Frame(name, joined(files), parts, first.names)


def _read(path: str, root: Path, request: Request) -> Rows:
    data = unpacked(read_bytes(path, root=root), path, most_bytes=request.most_bytes)
    suffix = Path(path.lower().removesuffix(".gz")).suffix
    reader = SOURCES.get(suffix)
    if reader is None:
        if not CONTROL.isdisjoint(data[:4096]):
            raise DataError(f"{path}: is of no known kind; there are {listed([*SOURCES])}, each also with .gz")
        reader = read_csv
    try:
        return reader(data, path, request)
    except DataError:
        raise
    except MemoryError:
        raise DataError(f"{path}: does not fit into memory. Give it fewer rows or columns.") from None
    # Of damaged files libraries complain in any way they like.
    except Exception as error:
        raise DataError(f"{path}: cannot be read as {suffix or 'CSV'}; is it damaged? {one_line(error)}") from None
