"""How files say that a value is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.column import number_of

MISSING = ("", "?", "NA", "N/A", "#N/A", "<NA>", "n/a", "NaN", "nan", "NAN", "-nan", "NULL", "null", "None")
"""What says so in every file."""


@dataclass(frozen=True)
class Markers:
    """What says that a value is missing.

    Attributes:
        texts: without blanks around them.
        numbers: each stands for all its spellings: -999 is "-999.0" too.
    """

    texts: tuple[str, ...] = MISSING
    numbers: tuple[float, ...] = ()

    @classmethod
    def stated(cls, more: Sequence[str | int | float]) -> Markers:
        """The usual ones, and those that a person states.

        >>> Markers.stated(["unknown", -999, "-1"]).texts[-2:], Markers.stated(["unknown", -999, "-1"]).numbers
        (('unknown', '-1'), (-999.0, -1.0))
        """
        texts = dict.fromkeys([*MISSING, *(each.strip() for each in more if isinstance(each, str))])
        # A text that reads as a number counts as one: a Parquet file has no spellings to compare it with.
        numbers = [number_of(each) for each in more]
        return cls(tuple(texts), tuple(dict.fromkeys(number for number in numbers if number is not None)))

    def without(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values, with NaN where one is a marker."""
        if not self.numbers:
            return values
        return np.where(np.isin(values, self.numbers), np.nan, values)
