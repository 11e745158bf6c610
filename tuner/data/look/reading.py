"""Reading a table for a look: how its files are written, and letters that are no UTF-8."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tuner.data.frame import Frame
from tuner.data.load import load_frame
from tuner.data.sources import MOST_BYTES
from tuner.data.sources.dialect import SEPARATORS, sniff
from tuner.data.sources.encoding import MARKS, as_utf8
from tuner.data.sources.markers import Markers
from tuner.data.sources.opened import read_bytes
from tuner.data.sources.unpacked import unpacked
from tuner.errors import DataError
from tuner.study.data_settings import DataSettings, files_of

WINDOWS = "cp1252"
"""What most files are written in that are no UTF-8."""

TEXT_FILES = (".csv", ".tsv", ".txt", ".data", "")


def read_first(settings: DataSettings, root: Path) -> tuple[Frame, str | None]:
    """The columns of all files, and the encoding that has to be stated for it.

    Raises:
        DataError: if a file cannot be read.
    """
    try:
        return load_frame(settings, root=root), None
    except DataError as error:
        try:
            frame = load_frame(settings.model_copy(update={"encoding": WINDOWS}), root=root)
        except DataError:
            raise error from None
        if any(name.startswith("\u00ef\u00bb\u00bf") for name in frame.columns):
            raise  # a UTF-8 file that is damaged
        return frame, WINDOWS


def how_written(settings: DataSettings, root: Path) -> Iterator[str]:
    """How the first file is written, in words, where that is not plain CSV."""
    path = files_of(settings.path)[0]
    if Path(path.lower().removesuffix(".gz")).suffix not in TEXT_FILES:
        return
    data = unpacked(read_bytes(path, root=root), path, most_bytes=MOST_BYTES)
    marked = next((name for mark, name in MARKS.items() if data.startswith(mark)), None)
    if marked and marked != "utf-8-sig":
        yield f"letters in {marked.upper()}"
    dialect = sniff(as_utf8(data, path, settings.encoding), path, settings, Markers.stated(settings.missing))
    if dialect.separator != ",":
        yield f"{SEPARATORS.get(dialect.separator, repr(dialect.separator))} between columns"
    if dialect.decimals[0] == ",":
        yield "a comma in decimals"
    if not dialect.header:
        yield "no header, so that columns are called 1, 2, 3, ..."
