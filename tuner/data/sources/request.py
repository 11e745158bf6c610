"""What is wanted of a file, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tuner.data.sources.markers import Markers
from tuner.study.data_settings import DataSettings


@dataclass(frozen=True)
class Request:
    """What is wanted of a file.

    Attributes:
        settings: how the file is written, as far as that is stated.
        markers: what says that a value is missing.
        as_text: columns that stay text, in the file's own spelling, even if they look like numbers.
        drop: columns that are left out, whatever they hold.
        most_bytes: how large the contents of a packed file may become.
    """

    settings: DataSettings
    markers: Markers
    as_text: frozenset[str]
    drop: frozenset[str]
    most_bytes: int


@dataclass(frozen=True, eq=False)
class Rows:
    """What one file gives.

    Attributes:
        columns: by name, as in a `Frame`.
        count: how many rows there are.
        first_row: the number, in the file as a person counts, of the first of them.
    """

    columns: Mapping[str, pd.Series[Any]]
    count: int
    first_row: int = 1
