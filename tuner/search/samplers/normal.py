"""The normal distribution, with SciPy loaded when it is first asked: a search begins without it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ndtr(points: Floats) -> Floats:
    """The share of a standard normal distribution below each point."""
    from scipy import special

    return np.asarray(special.ndtr(points))


def ndtri(shares: Floats) -> Floats:
    """The points below which these shares of a standard normal distribution lie."""
    from scipy import special

    return np.asarray(special.ndtri(shares))
