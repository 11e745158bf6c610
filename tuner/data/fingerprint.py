"""What tells one prepared table from another."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.split import Split
from tuner.data.table import Table

FORM = 2
"""Counts up when the same table is to get another fingerprint."""


def data_fingerprint(table: Table, splits: Iterable[Split]) -> str:
    """A fingerprint of the rows and their splits: 64 hexadecimal digits.

    It depends on the values and the names of columns, levels and classes, not on the file's name, its line endings or
    the platform's byte order. Preprocessing follows from what the study's definition says of it.
    """
    digest = blake2b(digest_size=32)
    words = {
        "form": FORM,
        "task": table.task,
        "features": [[feature.name, feature.kind, feature.levels] for feature in table.features],
        "classes": table.classes,
        "targets": table.targets,
    }
    digest.update(json.dumps(words, sort_keys=True).encode())
    for array, kind in (
        (table.x, "<f8"),
        (table.y, "<i4" if table.classes else "<f8"),
        (table.weights, "<f8"),
    ):
        if array is not None:
            _add(digest, array, kind)
    for split in splits:
        for rows in (split.train, split.validation, split.test):
            _add(digest, rows, "<i8")
    return digest.hexdigest()


def _add(digest: blake2b, array: NDArray[Any], kind: str) -> None:
    digest.update(json.dumps([kind, array.shape]).encode())
    # Column by column, as tables lie in memory.
    digest.update(np.ascontiguousarray(array.T, dtype=kind).data)
