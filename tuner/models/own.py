"""Somebody's own model: built for one trial by their code, and held against what the task asks for."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.errors import ModelError, one_line
from tuner.hyperparameters.own import Chosen, OwnHyperparameters
from tuner.seeds import derive_seed
from tuner.study.metrics import Task

Builder = Callable[[Chosen, int, int], keras.Model]
"""`build(hyperparameters, inputs, outputs)` gives a new model, not compiled.

It takes float32 [rows, inputs] and gives [rows, outputs]: of a binary task the probability of the second class, of
several classes the probability of each, and of a regression each number, in scaled units.
"""

TRIED_ROWS = 8
"""Rows that a new model is tried on."""

PROBABILITY_TOLERANCE = 0.02
"""How far the probabilities of one row may be from a sum of 1; float16 needs some."""

ENDS = {
    "binary": 'keras.layers.Dense(outputs, activation="sigmoid")',
    "multiclass": 'keras.layers.Dense(outputs, activation="softmax")',
    "regression": "keras.layers.Dense(outputs)",
}
"""How a model may end, by the task."""

_log = logging.getLogger(__name__)


def build_own(
    build: Builder, chosen: OwnHyperparameters, rows: NDArray[np.float32], *, outputs: int, task: Task, seed: int
) -> keras.Model:
    """A new model by somebody's own code, all its weights made.

    While it is built, Python's and NumPy's global random numbers follow from the seed, from which Keras takes what is
    not seeded otherwise: the same arguments give the same weights. Afterwards they are as they were.

    Args:
        build: their code.
        chosen: the configuration.
        rows: float32 [rows, features]; the first few are tried.
        outputs: one per class, one per number of a regression, or 1 for a binary task.
        task: the target's kind.
        seed: from which everything random follows.
    Raises:
        ModelError: if that fails, or if it is no model for the task.
    """
    with _random_numbers_of(derive_seed(seed, "own model")):
        try:
            model = build(Chosen(chosen), rows.shape[1], outputs)
        except Exception as error:
            raise ModelError(f"build raised {one_line(error)}") from error
        _check_new(model)
        try:
            if isinstance(model, keras.Sequential) and not model.built:
                model.build((None, rows.shape[1]))  # A call would settle how many rows a batch has.
            given = model(rows[:TRIED_ROWS], training=False)
        except Exception as error:
            shape = f"float32 [rows, {rows.shape[1]}]"
            raise ModelError(f"the model that build returned cannot take {shape}: {one_line(error)}") from error
    _check_output(given, len(rows[:TRIED_ROWS]), outputs, task)
    if not model.trainable_weights:
        raise ModelError("the model that build returned has no trainable weights")
    return model


def _check_new(model: Any) -> None:
    if not isinstance(model, keras.Model):
        found = "None; is a `return` missing?" if model is None else f"a {type(model).__name__}"
        raise ModelError(f"build should return a keras.Model, but returned {found}")
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return
    if int(optimizer.iterations) > 0:
        raise ModelError(
            "build returned a model that has been trained already; it should make a new one for each trial, or load "
            "one with keras.models.load_model(path, compile=False)"
        )
    _log.warning("build returned a compiled model; it is compiled anew with the optimizer and the loss of the space")


def _check_output(given: Any, rows: int, outputs: int, task: Task) -> None:
    expected = f"[rows, {outputs}], such as by {ENDS[task]}"
    if isinstance(given, (list, tuple, dict)):
        raise ModelError(f"the model that build returned has {len(given)} outputs, but should have one, {expected}")
    shape = tuple(getattr(given, "shape", ()))
    if shape != (rows, outputs):
        found = ", ".join(["rows" if shape[:1] == (rows,) else str(shape[0]), *map(str, shape[1:])]) if shape else ""
        raise ModelError(
            f"the model that build returned gives [{found}], but for a {task} target should give {expected}"
        )
    if task == "regression":
        return
    numbers = keras.ops.convert_to_numpy(given).astype(np.float64)
    if not np.isfinite(numbers).all():
        return  # The trial has diverged before it began, which is told after its first epoch.
    least, most = numbers.min(), numbers.max()
    if least < 0 or most > 1:
        raise ModelError(
            f"the model that build returned should give probabilities, {expected}, but gives numbers from {least:.3g} "
            f"to {most:.3g}"
        )
    sums = numbers.sum(axis=1)
    if task == "multiclass" and np.abs(sums - 1).max() > PROBABILITY_TOLERANCE:
        raise ModelError(
            f"the model that build returned should give probabilities with a sum of 1, {expected}, but their sums are "
            f"from {sums.min():.3g} to {sums.max():.3g}"
        )


@contextmanager
def _random_numbers_of(seed: int) -> Iterator[None]:
    pythons, numpys = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        random.setstate(pythons)
        np.random.set_state(numpys)
