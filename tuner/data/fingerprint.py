"""What tells one prepared table from another."""

from __future__ import annotations

import json
from hashlib import sha256

import numpy as np

from tuner.data.preprocess import Scaler
from tuner.data.split import Split
from tuner.data.table import Table

FORM = 1
"""Counts up when the same table is to get another fingerprint."""


def data_fingerprint(table: Table, split: Split, scaler: Scaler) -> str:
    """A fingerprint of the rows, the split and the preprocessing: 64 hexadecimal digits.

    It depends on the numbers and the names of columns and classes, not on the file's name, its line endings or the
    platform's byte order.
    """
    arrays = {
        "x": table.x.astype("<f8"),
        "y": table.y.astype("<i4" if table.classes else "<f8"),
        "train": split.train.astype("<i8"),
        "validation": split.validation.astype("<i8"),
        "test": split.test.astype("<i8"),
    }
    words = {
        "form": FORM,
        "task": table.task,
        "features": table.features,
        "classes": table.classes,
        "scaler": scaler,
        "shapes": {name: array.shape for name, array in arrays.items()},
    }
    digest = sha256(json.dumps(words, sort_keys=True).encode())
    for array in arrays.values():
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
