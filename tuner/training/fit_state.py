"""What a Keras training goes on from: its course, and every variable that its next epochs depend on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from numpy.typing import NDArray

from tuner.training.checkpoint import Checkpoint
from tuner.training.course import Course
from tuner.training.job import Job

Weights = Sequence[NDArray[Any]]
"""As `keras.Model.get_weights` gives them."""


@dataclass(frozen=True)
class FitState:
    """A training before its next epoch, apart from its model.

    Attributes:
        course: how far it is.
        best: the best epoch's weights; None before there is one.
        seconds: how long it has taken.
    """

    course: Course
    best: Weights | None = None
    seconds: float = 0.0


def checkpoint_of(model: keras.Model, job: Job, state: FitState) -> Checkpoint:
    """What a training can go on from.

    Args:
        model: compiled, its optimizer built.
        job: what it trains.
        state: the rest.
    """
    present = {name: variable.numpy() for name, variable in _variables(model).items()}
    return Checkpoint(job.order, state.seconds, state.course.state(), present | _named("best", state.best or ()))


def restore(model: keras.Model, job: Job, checkpoint: Checkpoint) -> FitState:
    """Put a model into the state of a checkpoint; it stays as it is if the checkpoint is of another model.

    Args:
        model: compiled, its optimizer built.
        job: what it trains.
        checkpoint: from `checkpoint_of`.
    Raises:
        KeyError, TypeError, ValueError: if the checkpoint is of another job or another model.
    """
    course = Course.resumed(job, checkpoint.course)
    variables, arrays = _variables(model), checkpoint.arrays
    own = {name: variable.numpy() for name, variable in variables.items()} | _named("best", model.get_weights())
    _check_alike(arrays, own)
    for name, variable in variables.items():
        variable.assign(arrays[name])
    best = [arrays[name] for name in _named("best", model.weights)]
    return FitState(course, best, checkpoint.seconds)


def _check_alike(arrays: Mapping[str, NDArray[Any]], own: Mapping[str, NDArray[Any]]) -> None:
    if arrays.keys() != own.keys():
        raise ValueError(f"the arrays should be {sorted(own)}, but are {sorted(arrays)}")
    for name, array in own.items():
        found = arrays[name]
        if (found.shape, found.dtype) != (array.shape, array.dtype):
            expected = f"{array.dtype} {list(array.shape)}"
            raise ValueError(f"{name} should be {expected}, but is {found.dtype} {list(found.shape)}")


def _variables(model: keras.Model) -> dict[str, keras.Variable]:
    """The network's variables, of which dropout's random states are some, and the optimizer's."""
    return _named("network", model.variables) | _named("optimizer", model.optimizer.variables)


def _named(what: str, values: Sequence[Any]) -> dict[str, Any]:
    return {f"{what}_{index}": value for index, value in enumerate(values)}
