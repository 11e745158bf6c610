"""Arrays that somebody has at hand already, split and scaled, as training gets to see them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.data.prepared import Prepared
from tuner.data.target import MOST_NUMBERED_CLASSES
from tuner.errors import DataError
from tuner.study.metrics import Task

Array = NDArray[Any]


def prepared_of(
    x_train: Any, y_train: Any, x_validation: Any, y_validation: Any, *, task: Task | Literal["auto"] = "auto"
) -> Prepared:
    """Training and validation rows out of arrays.

    Inputs are used as they are. Classes are numbered in the order of their sorted labels; a regression's targets are
    scaled to mean 0 and deviation 1 over the training rows, and its metrics are in the targets' own units.

    Args:
        x_train, x_validation: numbers [rows, columns].
        y_train, y_validation: [rows], or [rows, targets] for a regression of several targets.
        task: what kind of target it is. As in a study file, `auto` takes numbers for quantities if any has a fraction
            or if they are many, and everything else for classes.
    Raises:
        DataError: if the arrays cannot be used.
    """
    x = {"x_train": _inputs("x_train", x_train), "x_validation": _inputs("x_validation", x_validation)}
    y = {"y_train": np.asarray(y_train), "y_validation": np.asarray(y_validation)}
    for name, array in y.items():
        if array.ndim == 2 and array.shape[1] == 1:
            y[name] = array[:, 0]
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DataError(f"{name} holds numbers that are not finite")
    digest = _fingerprint(task, {**x, **y})
    if task == "regression" or (task == "auto" and _are_quantities(y["y_train"])):
        targets, mean, scale = _scaled(y)
        return Prepared("regression", *_in_order(x, targets), target_mean=mean, target_scale=scale, fingerprint=digest)
    classes = {name: _labels(name, array) for name, array in y.items()}
    labels = np.unique(np.concatenate(list(classes.values())))
    found: Task = task if task != "auto" else "binary" if len(labels) == 2 else "multiclass"
    if len(labels) < 2 or (found == "binary" and len(labels) > 2):
        wanted = "there should be two or more" if len(labels) < 2 else "the task is binary"
        raise DataError(f"y has {len(labels)} classes, but {wanted}")
    numbers = {name: np.searchsorted(labels, array).astype(np.int32) for name, array in classes.items()}
    return Prepared(
        found, *_in_order(x, numbers), classes=tuple(str(label) for label in labels.tolist()), fingerprint=digest
    )


def _in_order(
    x: Mapping[str, NDArray[np.float32]], y: Mapping[str, Array]
) -> tuple[NDArray[np.float32], Array, NDArray[np.float32], Array]:
    """The arrays of a `Prepared` in the order of its fields."""
    return x["x_train"], y["y_train"], x["x_validation"], y["y_validation"]


def _inputs(name: str, array: Any) -> NDArray[np.float32]:
    inputs = np.asarray(array)
    if inputs.ndim != 2:
        raise DataError(
            f"{name} is of shape {list(inputs.shape)}, but should be [rows, columns]. Flatten each row, such as with "
            f"{name}.reshape(len({name}), -1), and let the model begin with keras.layers.Reshape."
        )
    if inputs.dtype.kind not in "biuf":
        raise DataError(f"{name} is of type {inputs.dtype}, but should hold numbers")
    if not np.isfinite(inputs).all():
        raise DataError(f"{name} holds numbers that are not finite")
    return inputs.astype(np.float32)


def _are_quantities(y: Array) -> bool:
    if y.ndim == 2:
        return True
    different = np.unique(y)
    return y.dtype.kind in "iuf" and bool(len(different) > MOST_NUMBERED_CLASSES or (different % 1 != 0).any())


def _labels(name: str, y: Array) -> Array:
    if y.ndim != 1:
        raise DataError(f"{name} is of shape {list(y.shape)}, but classes should be [rows], one label for each row")
    return y.astype(str) if y.dtype.kind == "O" else y


def _scaled(
    y: Mapping[str, Array],
) -> tuple[Mapping[str, Array], float | tuple[float, ...], float | tuple[float, ...]]:
    for name, array in y.items():
        if array.dtype.kind not in "iuf":
            raise DataError(f"{name} is of type {array.dtype}, but a regression needs numbers")
    train = y["y_train"].astype(np.float64)
    mean, scale = train.mean(axis=0), train.std(axis=0)
    if not np.all(scale > 0):
        raise DataError("y_train is the same in all rows, so there is nothing to learn")
    scaled = {name: ((array - mean) / scale).astype(np.float32) for name, array in y.items()}
    if train.ndim == 1:
        return scaled, float(mean), float(scale)
    return scaled, tuple(map(float, mean)), tuple(map(float, scale))


def _fingerprint(task: str, arrays: Mapping[str, Array]) -> str:
    digest = blake2b(digest_size=32)
    for name, array in arrays.items():
        words = array.astype(str) if array.dtype.kind == "O" else array
        digest.update(json.dumps([task, name, words.shape, words.dtype.str]).encode())
        digest.update(np.ascontiguousarray(words).tobytes())
    return digest.hexdigest()
