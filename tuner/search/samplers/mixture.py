"""TPE's mixture of product distributions, prepared once for many asks.

It follows Optuna's formulas and takes the same random numbers in the same order. What does not depend on the ask is
computed once, and the normal distribution is SciPy's, since Optuna's goes through whole numbers one by one in Python.

Source: Bergstra et al. 2011; optuna.samplers._tpe.probability_distributions.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray
from optuna.samplers._tpe.probability_distributions import (
    _BatchedCategoricalDistributions,
    _BatchedDistributions,
    _MixtureOfProductDistribution,
    _unique_inverse_2d,
)

from tuner.search.samplers.normal import Floats, ndtr, ndtri

Indices = NDArray[np.intp]

_LOG_SQRT_2_PI = math.log(math.sqrt(2 * math.pi))


class Factor(ABC):
    """What one parameter contributes to each kernel."""

    @abstractmethod
    def draw(self, kernels: Indices, shares: Floats) -> Floats:
        """A random number out of each of the kernels [points], by shares in [0, 1): float64 [points]."""

    @abstractmethod
    def add_log_density(self, points: Floats, to: Floats) -> None:
        """Add what differs between points, float64 [points], to float64 [points, kernels]."""


class Mixture:
    """A weighted mixture of kernels; each kernel is a product with one factor for each parameter."""

    def __init__(self, mixture: _MixtureOfProductDistribution) -> None:
        self._weights = mixture.weights
        self._categories: list[tuple[int, Factor]] = []
        self._curves: list[tuple[int, Factor]] = []
        self._log_kernels = np.log(mixture.weights)
        for column, factor in enumerate(mixture.distributions):
            if isinstance(factor, _BatchedCategoricalDistributions):
                self._categories.append((column, Categories(factor)))
            else:
                curve = Steps(factor) if factor.step else Bell(factor)
                self._curves.append((column, curve))
                self._log_kernels = self._log_kernels + curve.log_scale

    def draw(self, random: np.random.RandomState, count: int) -> Floats:
        """Random points: float64 [count, parameters], in Optuna's internal numbers."""
        kernels = random.choice(len(self._weights), p=self._weights, size=count)
        points = np.empty((count, len(self._categories) + len(self._curves)))
        for column, categories in self._categories:
            points[:, column] = categories.draw(kernels, random.rand(count))
        if self._curves:
            shares = random.uniform(size=(len(self._curves), count))
            for (column, curve), share in zip(self._curves, shares, strict=True):
                points[:, column] = curve.draw(kernels, share)
        return points

    def log_density(self, points: Floats) -> Floats:
        """The density's logarithm: float64 [points] of float64 [points, parameters]."""
        kernels = np.repeat(self._log_kernels[np.newaxis], len(points), axis=0)
        for column, factor in self._categories + self._curves:
            factor.add_log_density(points[:, column], kernels)
        highest = kernels.max(axis=1)
        highest[np.isneginf(highest)] = 0  # else -inf - -inf
        kernels -= highest[:, np.newaxis]
        np.exp(kernels, out=kernels)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(kernels.sum(axis=1)) + highest)


class Categories(Factor):
    """One of several names."""

    def __init__(self, factor: _BatchedCategoricalDistributions) -> None:
        self._up_to = np.cumsum(factor.weights, axis=-1)  # [kernels, choices]
        self._up_to[:, -1] = 1
        self._log_weights = np.log(factor.weights).T.copy()  # [choices, kernels]

    def draw(self, kernels: Indices, shares: Floats) -> Floats:
        return np.asarray((self._up_to[kernels] < shares[:, np.newaxis]).sum(axis=-1), dtype=np.float64)

    def add_log_density(self, points: Floats, to: Floats) -> None:
        to += self._log_weights[points.astype(np.intp)]


class Curve(Factor):
    """A normal curve that is cut off at a range's ends, between which its middle lies.

    Attributes:
        log_scale: float64 [kernels], what is the same at every point.
    """

    log_scale: Floats

    def __init__(self, factor: _BatchedDistributions) -> None:
        assert not isinstance(factor, _BatchedCategoricalDistributions)
        self._factor = factor
        self._middle, self._width = factor.mu, factor.sigma
        self._low, self._high = (
            (end - self._middle) / self._width for end in (factor.adapted_low, factor.adapted_high)
        )
        self._left_out = ndtr(self._low)
        self._mass = 1 - self._left_out - ndtr(-self._high)

    def draw(self, kernels: Indices, shares: Floats) -> Floats:
        where = ndtri(self._left_out[kernels] + shares * self._mass[kernels])
        # At the ends themselves, rounding may lead beyond them.
        where = np.minimum(np.maximum(where, self._low[kernels]), self._high[kernels])
        numbers = where * self._width[kernels] + self._middle[kernels]
        return np.asarray(np.exp(numbers) if self._factor.is_log else numbers)


class Bell(Curve):
    """Any number of a range, or of its logarithm."""

    def __init__(self, factor: _BatchedDistributions) -> None:
        super().__init__(factor)
        self.log_scale = -np.log(self._mass) - np.log(self._width) - _LOG_SQRT_2_PI

    def add_log_density(self, points: Floats, to: Floats) -> None:
        away = np.log(points) if self._factor.is_log else points
        deviations = (away[:, np.newaxis] - self._middle) / self._width
        deviations *= deviations
        deviations *= 0.5
        to -= deviations


class Steps(Curve):
    """Whole numbers, or the steps of a range."""

    def __init__(self, factor: _BatchedDistributions) -> None:
        super().__init__(factor)
        self.log_scale = -np.log(self._mass)
        # Many trials chose the same number, so that few kernels differ.
        self._middles, self._widths, self._which = _unique_inverse_2d(self._middle, self._width)
        self._known: dict[float, Floats] = {}

    def draw(self, kernels: Indices, shares: Floats) -> Floats:
        low, high, step = self._factor.low, self._factor.high, self._factor.step
        return np.clip(low + np.round((super().draw(kernels, shares) - low) / step) * step, low, high)

    def add_log_density(self, points: Floats, to: Floats) -> None:
        values, which = np.unique(points, return_inverse=True)
        if new := [value for value in values.tolist() if value not in self._known]:
            self._known.update(zip(new, self._log_masses(new), strict=True))
        table = np.array([self._known[value] for value in values.tolist()])
        to += table[np.ix_(which, self._which)]

    def _log_masses(self, values: list[float]) -> Floats:
        """How much of each different kernel falls to each value: float64 [values, different kernels]."""
        edges = np.add.outer(np.array([-0.5, 0.5]) * self._factor.step, values)
        if self._factor.is_log:
            edges = np.log(edges)
        low, high = (edges[:, :, np.newaxis] - self._middles) / self._widths
        # On the left the difference of two small numbers is exact; on the right it would be one of two ones.
        right = low > 0
        low, high = np.where(right, -high, low), np.where(right, -low, high)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(ndtr(high) - ndtr(low)))
