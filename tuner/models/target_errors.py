"""Errors of several targets: the mean over the targets of each one's own error, in its own unit."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import keras


class TargetErrors(keras.metrics.Metric):  # type: ignore[misc]
    """A mean over targets of an error that is a mean over rows, which may be weighted."""

    def __init__(self, scales: Sequence[float], name: str) -> None:
        """A metric of no rows.

        Args:
            scales: target units in one unit that the network is trained in, for each target.
            name: of the metric.
        """
        super().__init__(name=name)
        self._scales = tuple(scales)
        self._totals = self.add_variable((len(self._scales),), "zeros", name="totals")
        self._weight = self.add_variable((), "zeros", name="weight")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch.

        Args:
            y_true, y_pred: [rows, targets].
            sample_weight: [rows], how much each row counts; None if all count alike.
        """
        y_true, y_pred = (keras.ops.convert_to_tensor(y, self.dtype) for y in (y_true, y_pred))
        errors = self._of_rows(y_pred - y_true)
        weights = keras.ops.ones_like(errors[:, 0]) if sample_weight is None else sample_weight
        weights = keras.ops.cast(weights, self.dtype)
        self._totals.assign_add(keras.ops.sum(errors * weights[:, None], axis=0))
        self._weight.assign_add(keras.ops.sum(weights))

    def result(self) -> Any:
        """In the targets' own units; 0 as long as no row counts."""
        return keras.ops.mean(self._scales * self._of_means(keras.ops.divide_no_nan(self._totals, self._weight)))

    @abstractmethod
    def _of_rows(self, differences: Any) -> Any:
        """What is averaged over the rows, [rows, targets]."""

    @abstractmethod
    def _of_means(self, means: Any) -> Any:
        """Each target's error, [targets]."""


class RootMeanSquaredErrors(TargetErrors):
    """Mean over targets of `scale * sqrt(mean over rows of difference**2)`.

    Source:
        sklearn.metrics.root_mean_squared_error, multioutput="uniform_average".
    """

    def _of_rows(self, differences: Any) -> Any:
        return keras.ops.square(differences)

    def _of_means(self, means: Any) -> Any:
        return keras.ops.sqrt(means)


class MeanAbsoluteErrors(TargetErrors):
    """Mean over targets of `scale * mean over rows of |difference|`.

    Source:
        sklearn.metrics.mean_absolute_error, multioutput="uniform_average".
    """

    def _of_rows(self, differences: Any) -> Any:
        return keras.ops.absolute(differences)

    def _of_means(self, means: Any) -> Any:
        return means
