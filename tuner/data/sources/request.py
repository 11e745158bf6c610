"""What is wanted of a file, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from tuner.data.frame import name_of
from tuner.data.sources.markers import Markers
from tuner.study.data_settings import DataSettings


@dataclass(frozen=True)
class Request:
    """What is wanted of a file.

    Attributes:
        settings: how the file is written, as far as that is stated.
        markers: what says that a value is missing.
        as_text: columns that stay text, in the file's own spelling, even if they look like numbers; by name, or by
            position: 1 is the first, -1 the last.
        drop: columns that are left out, whatever they hold.
        most_bytes: how large the contents of a packed file may become.
    """

    settings: DataSettings
    markers: Markers
    as_text: frozenset[str | int]
    drop: frozenset[str | int]
    most_bytes: int

    def of(self, names: Sequence[str]) -> Request:
        """The same, with names in place of positions.

        Args:
            names: of all columns of the file.
        """

        def named(columns: frozenset[str | int]) -> frozenset[str | int]:
            return frozenset(name_of(column, names) for column in columns)

        return replace(self, as_text=named(self.as_text), drop=named(self.drop))


@dataclass(frozen=True, eq=False)
class Rows:
    """What one file gives.

    Attributes:
        columns: by name, as in a `Frame`.
        names: of all columns of the file, those that are dropped too.
        count: how many rows there are.
        first_row: the number, in the file as a person counts, of the first of them.
    """

    columns: Mapping[str, pd.Series[Any]]
    names: Sequence[str]
    count: int
    first_row: int = 1
