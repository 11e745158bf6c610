"""The small tables that trainers of tests are given."""

from __future__ import annotations

from functools import cache

import numpy as np

from tuner.data.prepared import Prepared
from tuner.study.metrics import Task

ROWS = 90
VALIDATION_ROWS = 30


@cache
def prepared(task: Task = "multiclass") -> Prepared:
    """Ninety training rows of four features and thirty validation rows, of a target that can be learnt in part."""
    draw = np.random.RandomState(3)
    x = draw.normal(size=(ROWS + VALIDATION_ROWS, 4)).astype(np.float32)
    score = x @ np.array([1.0, -0.5, 0.25, 0.0]) + 0.3 * draw.normal(size=len(x))
    y = {
        "regression": score.astype(np.float32),
        "binary": (score > 0).astype(np.int32),
        "multiclass": np.digitize(score, [-0.5, 0.5]).astype(np.int32),
    }[task]
    classes = {"regression": (), "binary": ("no", "yes"), "multiclass": ("low", "middle", "high")}[task]
    return Prepared(task, x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:], classes)
