"""Codes of digits, such as "00345": their zeros are lost where they are read as numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tuner.data.column import quoted
from tuner.data.frame import Frame
from tuner.data.kinds import SHARE_OF_TEXT
from tuner.data.look.cells import is_text, levels_of
from tuner.data.look.findings import Dropped, Typed

ZERO_FIRST = re.compile(r"0\d+")


def spelled_with_zeros(frame: Frame, columns: Sequence[str]) -> Iterator[Typed | Dropped]:
    """Columns in which whole numbers begin with zeros.

    Args:
        frame: with the columns as texts, in the file's own spelling.
        columns: of whole numbers.
    """
    for name in columns:
        cells = frame.columns[name]
        if not is_text(cells):
            continue
        levels = levels_of(cells)
        zeros = [text for text in levels.texts if ZERO_FIRST.fullmatch(text)]
        if not zeros:
            continue
        reason = f"codes such as {quoted(zeros[0])}, which begin with 0 as no number does"
        if len(levels.texts) > SHARE_OF_TEXT * levels.rows:
            yield Dropped(
                name, f"{reason}; {len(levels.texts):,} different in {levels.rows:,} rows tell rows apart only"
            )
        else:
            yield Typed(name, "category", reason)
