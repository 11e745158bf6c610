"""What a network gets of a date: how late it is, and where in the year, the week and the day."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

DAYS_A_YEAR = 365.2425
THURSDAY = 3
"""The weekday of 1 January 1970, counted from Monday."""


class DateParts(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns each column of days since 1970 into some columns, of which a missing date has zeros.

    The days themselves, to mean 0 and deviation 1 over what it was fitted on; sine and cosine of the share of the year
    and of the week that has passed; those of the day if any date it was fitted on had a time; and 1 where a date is
    missing, if any was missing there.
    """

    def fit(self, x: NDArray[np.float64], y: Any = None) -> DateParts:
        """Args: x: float64 [rows, dates], days since 1970 began, NaN where missing."""
        known = [column[~np.isnan(column)] for column in x.T]
        self.mean_ = np.array([dates.mean() if len(dates) else 0.0 for dates in known])
        self.scale_ = np.array([dates.std() if len(dates) else 0.0 for dates in known])
        self.scale_[self.scale_ == 0] = 1.0
        self.hours_ = np.array([bool((dates % 1 != 0).any()) for dates in known])
        self.gaps_ = np.array([len(dates) < len(x) for dates in known])
        return self

    def transform(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns: float64 [rows, parts]."""
        parts: list[NDArray[np.float64]] = []
        for index, column in enumerate(x.T):
            missing = np.isnan(column)
            own = [(column - self.mean_[index]) / self.scale_[index]]
            own += _turn(column / DAYS_A_YEAR)
            own += _turn((np.floor(column) + THURSDAY) / 7)
            if self.hours_[index]:
                own += _turn(column)
            parts += [np.where(missing, 0.0, part) for part in own]
            if self.gaps_[index]:
                parts.append(missing.astype(np.float64))
        return np.column_stack(parts)

    def get_feature_names_out(self, names: Any) -> NDArray[Any]:
        """The names of the parts, from those of the dates."""
        told: list[str] = []
        for index, name in enumerate(names):
            kinds = ["days", "year sine", "year cosine", "week sine", "week cosine"]
            kinds += ["day sine", "day cosine"] if self.hours_[index] else []
            kinds += ["missing"] if self.gaps_[index] else []
            told += [f"{name} ({kind})" for kind in kinds]
        return np.array(told, dtype=object)


def _turn(share: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Sine and cosine of a share of a cycle."""
    angle = 2 * np.pi * (share % 1)
    return [np.sin(angle), np.cos(angle)]
