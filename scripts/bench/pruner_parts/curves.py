"""How the validation metric of many networks went, epoch by epoch, in a file of this repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("curves.npz")


@dataclass(frozen=True)
class Curves:
    """What became of networks drawn at random from one study's space.

    Attributes:
        values: float64 [networks, epochs], the objective metric after each epoch, lower being better; from the epoch on
            in which a network diverged there are only NaN.
    """

    values: NDArray[np.float64]

    @property
    def epochs(self) -> int:
        return self.values.shape[1]

    @cached_property
    def results(self) -> NDArray[np.float64]:
        """float64 [networks], the metric at the best epoch, as a trial's value; infinite for one that diverged."""
        return np.where(np.isnan(self.values).any(axis=1), np.inf, self.values.min(axis=1))

    def regret(self, result: float) -> float:
        """How much worse a result is than the best of all networks, in the metric's unit."""
        return float(result - self.results.min())

    def rank(self, result: float) -> int:
        """How many networks are better than a result."""
        return int((self.results < result).sum())


def write(sets: Mapping[str, Sequence[Sequence[float]]], file: Path) -> None:
    """Keep the curves of each study; a curve that ended early is filled up with NaN.

    Half precision: a rounding of 0.05 %, which is less than another seed would change.
    """
    arrays = {}
    for name, curves in sets.items():
        values = np.full((len(curves), max(map(len, curves))), np.nan)
        for number, curve in enumerate(curves):
            values[number, : len(curve)] = curve
        with np.errstate(over="ignore"):  # infinite, then
            arrays[name] = values.astype(np.float16)
    np.savez_compressed(file, **arrays)


def read(file: Path = FILE) -> dict[str, Curves]:
    """The curves of each study, by the study's name."""
    with np.load(file) as arrays:
        return {name: Curves(arrays[name].astype(np.float64)) for name in arrays.files}
