"""A Keras model in and out of a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import BATCH, job
from tuner.training.course import Course
from tuner.training.fit import _compiled
from tuner.training.fit_state import FitState, checkpoint_of, restore

JOB = job(epochs=9, layers={"depth": 1, "width": 4, "dropout": 0.5}, optimizer={"kind": "nadam"})


def trained() -> tuple[keras.Model, FitState]:
    """After a few steps, with the best epoch's weights all 7."""
    model, course = _compiled(JOB, prepared()), Course(JOB)
    course.begin_epoch()
    model.fit(prepared().x_train, prepared().y_train, batch_size=BATCH, verbose=0)
    course.end_epoch({"loss": 1.0, "val_log_loss": 0.5})
    return model, FitState(course, [np.full_like(array, 7) for array in model.get_weights()], seconds=3.5)


def state_of(model: keras.Model) -> list[Any]:
    return [variable.numpy().tolist() for variable in (*model.variables, *model.optimizer.variables)]


@pytest.fixture(scope="module")
def reached() -> tuple[keras.Model, FitState]:
    return trained()


def test_another_model_gets_all_that_the_next_epochs_depend_on(reached: tuple[keras.Model, FitState]) -> None:
    model, state = reached
    other = _compiled(JOB, prepared())
    assert all(ours != theirs for ours, theirs in zip(state_of(model)[:5], state_of(other)[:5], strict=True))
    found = restore(other, JOB, checkpoint_of(model, JOB, state))
    assert state_of(other) == state_of(model)
    assert (found.course.state(), found.seconds) == (state.course.state(), 3.5)
    for ours, theirs in zip(found.best or (), state.best or (), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("what", ["an array less", "another shape", "another type", "another course"])
def test_a_model_stays_as_it_is_if_the_checkpoint_is_not_its_own(
    reached: tuple[keras.Model, FitState], what: str
) -> None:
    checkpoint = checkpoint_of(reached[0], JOB, reached[1])
    arrays = dict(checkpoint.arrays)
    last = arrays.pop("best_3")
    changed = {
        "an array less": {"arrays": arrays},
        "another shape": {"arrays": {**arrays, "best_3": last[:-1]}},
        "another type": {"arrays": {**arrays, "best_3": last.astype(np.float64)}},
        "another course": {"course": {}},
    }
    fresh = _compiled(JOB, prepared())
    before = state_of(fresh)
    with pytest.raises((KeyError, ValueError)):
        restore(fresh, JOB, replace(checkpoint, **changed[what]))
    assert state_of(fresh) == before
