"""Columns that alone predict the target: often the target in disguise, or known only after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tuner.data.look.findings import Leak
from tuner.data.table import Table

SUSPICIOUS = 0.999
"""No honest column alone predicts so well."""

MOST_ROWS = 3000
MOST_ROWS_OF_WIDE_TABLES = 800
WIDE = 200
FEWEST_ROWS = 30
FEWEST_OF_A_CLASS = 5
FEWEST_DIFFERENT = 20
FOLDS = 3
HOPELESS = 0.95
"""After a fold that is predicted no better, the others need not be looked at."""

FloatArray = NDArray[np.float64]
Fold = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Training rows and other rows."""


def suspected_leaks(table: Table, rows: NDArray[np.int64]) -> Iterator[Leak]:
    """Columns that alone predict the target, by cross-validation of a decision tree of that column.

    Args:
        table: with one target.
        rows: those to go by; of many a sample is taken.
    """
    most = MOST_ROWS if len(table.features) <= WIDE else MOST_ROWS_OF_WIDE_TABLES
    random = np.random.RandomState(0)
    rows = random.permutation(rows)[:most]
    y = table.y[rows]
    if table.classes:
        frequent = np.flatnonzero(np.bincount(y, minlength=len(table.classes)) >= FEWEST_OF_A_CLASS)
        rows, y = rows[np.isin(y, frequent)], y[np.isin(y, frequent)]
        enough = len(rows) >= FEWEST_ROWS and len(frequent) > 1
    else:
        # No square of a number so small is beyond float64.
        y = y / max(np.abs(y).max(initial=0.0), 1e-300)
        enough = len(rows) >= FEWEST_ROWS and len(np.unique(y)) > FEWEST_DIFFERENT
    if not enough:
        return
    split = StratifiedKFold if table.classes else KFold
    folds = list(split(FOLDS, shuffle=True, random_state=0).split(rows, y))
    for index, feature in enumerate(table.features):
        x = _filled(table.x[rows, index])
        ordered = feature.kind != "category"
        measure, figure = _classes(x, y, folds) if table.classes else _numbers(x, y, folds, ordered=ordered)
        if figure >= SUSPICIOUS:
            yield Leak(feature.name, measure, figure, len(rows))


def _filled(x: FloatArray) -> FloatArray:
    """A column in 0 to 1, or at -1 where a value is missing: that it is may tell all."""
    there = x[~np.isnan(x)]
    if not len(there):
        return np.zeros_like(x)
    # Halves, as the whole may be beyond float64.
    low, high = there.min() / 2, there.max() / 2
    filled: FloatArray = np.where(np.isnan(x), -1.0, (x / 2 - low) / max(high - low, 1e-300))
    return filled


def _classes(x: FloatArray, y: NDArray[np.int32], folds: Sequence[Fold]) -> tuple[str, float]:
    """How well a column tells classes apart: the area under the curve of two, the balanced accuracy of more."""
    classes = np.unique(y)
    measure = "area under the ROC curve" if len(classes) == 2 else "balanced accuracy"
    shares = np.zeros((len(y), len(classes)))

    def figure(rows: Any) -> float:
        if len(classes) == 2:
            return float(roc_auc_score(y[rows] == classes[1], shares[rows, 1]))
        return float(balanced_accuracy_score(y[rows], classes[shares[rows].argmax(axis=1)]))

    for train, other in folds:
        tree = DecisionTreeClassifier(random_state=0).fit(x[train, None], y[train])
        shares[other] = tree.predict_proba(x[other, None])
        if (so_far := figure(other)) < HOPELESS:
            return measure, so_far
    return measure, figure(slice(None))


def _numbers(x: FloatArray, y: FloatArray, folds: Sequence[Fold], *, ordered: bool) -> tuple[str, float]:
    """R2 of a tree; of a column in order also of a straight line, and of one from neighbour to neighbour."""
    guesses = np.full((3 if ordered else 1, len(y)), y.mean())
    for train, other in folds:
        tree = DecisionTreeRegressor(random_state=0).fit(x[train, None], y[train])
        guesses[0, other] = tree.predict(x[other, None])
        if ordered:
            guesses[1, other] = _straight(x[train], y[train], x[other])
            guesses[2, other] = _from_neighbour_to_neighbour(x[train], y[train], x[other])
        if (so_far := max(float(r2_score(y[other], guess[other])) for guess in guesses)) < HOPELESS:
            return "R2", so_far
    return "R2", max(float(r2_score(y, guess)) for guess in guesses)


def _straight(x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    spread = x.var()
    slope = ((x - x.mean()) * (y - y.mean())).mean() / spread if spread > 0 else 0.0
    line: FloatArray = y.mean() + slope * (at - x.mean())
    return line


def _from_neighbour_to_neighbour(x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    values, inverse = np.unique(x, return_inverse=True)
    means = np.bincount(inverse, weights=y) / np.bincount(inverse)
    line: FloatArray = np.interp(at, values, means)
    return line
