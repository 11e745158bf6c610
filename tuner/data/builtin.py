"""The data sets that scikit-learn brings along; nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from tuner.data.table import Feature, Table
from tuner.study.data_settings import BUILTIN_TASKS, Builtin

LOADERS: Mapping[str, Callable[[], Any]] = {
    "digits": load_digits,
    "breast_cancer": load_breast_cancer,
    "wine": load_wine,
    # By default scikit-learn hands out diabetes scaled over all 442 rows, test rows included.
    "diabetes": partial(load_diabetes, scaled=False),
}
"""How each bundled data set is read."""


def load_builtin(name: Builtin) -> Table:
    """A bundled data set, with scikit-learn's own numbering of the classes."""
    bunch = LOADERS[name]()
    task = BUILTIN_TASKS[name]
    regression = task == "regression"
    return Table(
        name=name,
        x=np.asarray(bunch.data, dtype=np.float64),
        y=np.asarray(bunch.target, dtype=np.float64 if regression else np.int32),
        features=tuple(Feature(str(name)) for name in bunch.feature_names),
        task=task,
        classes=() if regression else tuple(str(label) for label in bunch.target_names),
    )
