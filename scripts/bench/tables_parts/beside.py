"""Who else predicts: one answer for all rows, and scikit-learn's MLP as it comes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from scripts.bench.tables_parts.rows import Rows


def constant(rows: Rows) -> Any:
    """The most frequent class, or the mean of the targets, for every test row."""
    _, targets = rows.known
    if rows.seen.classes:
        return np.full(len(rows.held.x), np.bincount(targets).argmax())
    return np.full(len(rows.held.x), rows.own_unit(targets).mean())


def mlp(rows: Rows, seed: int) -> Any:
    """What scikit-learn's MLP predicts, with its default settings, learned from training and validation rows."""
    x, targets = rows.known
    model = MLPClassifier(random_state=seed) if rows.seen.classes else MLPRegressor(random_state=seed)
    with warnings.catch_warnings():
        # By default it ends after 200 epochs, converged or not, and says so.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x, targets)
    predicted = model.predict(rows.held.x)
    return predicted if rows.seen.classes else rows.own_unit(predicted)
