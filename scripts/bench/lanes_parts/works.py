"""The works: a table, a network, and how long it is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from sklearn.datasets import load_digits, make_classification

from tuner.data.prepared import Prepared


@dataclass(frozen=True)
class Work:
    """What every contender has to do.

    Attributes:
        title: in a few words.
        table: makes x float32 [rows, features] and y int32 [rows], class numbers from 0.
        classes: two make a binary target with one output.
        depth, width: hidden layers, and units in each.
        batch_size: rows in a training step.
        epochs: of every trial.
        trials: that the lanes train; of the others a sample is measured.
        lane_epochs: how many of these epochs the lanes are measured for, where all of them would take minutes.
    """

    title: str
    table: Callable[[], tuple[np.ndarray, np.ndarray]]
    classes: int
    depth: int
    width: int
    batch_size: int
    epochs: int
    trials: int
    lane_epochs: int | None = None

    def prepared(self) -> Prepared:
        """Four rows in five to train on, the fifth to validate on."""
        x, y = self.table()
        x, y = x.astype(np.float32), y.astype(np.int32)
        order = np.random.default_rng(0).permutation(len(x))
        train, validation = np.split(order, [len(x) * 4 // 5])
        names = tuple(str(number) for number in range(self.classes))
        task = "binary" if self.classes == 2 else "multiclass"
        return Prepared(task, x[train], y[train], x[validation], y[validation], names)

    def operations(self, data: Prepared) -> int:
        """Floating-point operations of one trial's matrix products: 6 * in * out for each layer, row and epoch.

        Two for the layer itself, two for its weights' gradients, two for its inputs'.
        """
        sizes = [data.features, *[self.width] * self.depth, data.outputs]
        weights = sum(columns * units for columns, units in pairwise(sizes))
        return 6 * weights * len(data.x_train) * self.epochs


def _digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_digits(return_X_y=True)
    return x / 16, y


def _table(rows: int, features: int, classes: int) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    return lambda: make_classification(
        rows, features, n_informative=features // 2, n_classes=classes, n_clusters_per_class=1, random_state=0
    )


WORKS: Mapping[int, Work] = {
    0: Work("120 x 6 (a toy for the tests)", _table(120, 6, 3), 3, 2, 8, 16, epochs=3, trials=4),
    1: Work("digits, 1,797 x 64", _digits, 10, 2, 64, 32, epochs=20, trials=256),
    2: Work("table, 8,000 x 20", _table(8_000, 20, 2), 2, 2, 128, 32, epochs=20, trials=64),
    3: Work("table, 10,000 x 784", _table(10_000, 784, 10), 10, 2, 256, 128, epochs=10, trials=32, lane_epochs=4),
}
"""Every work by its number on the command line."""
