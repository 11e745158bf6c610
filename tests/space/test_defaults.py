from __future__ import annotations

from typing import Any

import pytest

from tuner.hyperparameters import Hyperparameters
from tuner.space import Fixed, Range, read_space
from tuner.space.defaults import completed


def meaning(raw: dict[str, Any]):
    space, mistakes, _ = read_space(Hyperparameters, raw, "hyperparameters")
    assert not mistakes
    return completed(space, Hyperparameters)


@pytest.mark.parametrize(
    "stated",
    [
        {"batch_size": 32},
        {"layers": {}},
        {"layers": {"activation": "relu"}},
        {"optimizer": {"kind": "adam"}},
        {"optimizer": {"kind": "adam", "learning_rate": 0.001, "beta_2": 0.999}},
        {"schedule": {"kind": "constant"}},
    ],
)
def test_a_default_means_the_same_stated_or_not(stated):
    assert meaning(stated) == meaning({})


@pytest.mark.parametrize("stated", [{"batch_size": 64}, {"plateau": {}}, {"optimizer": {"kind": "sgd"}}])
def test_anything_else_means_something_else(stated):
    assert meaning(stated) != meaning({})


def test_each_kind_that_may_be_chosen_has_its_own_defaults():
    means = meaning(
        {"optimizer": {"kind": {"choices": ["adam", "adadelta"]}, "learning_rate": {"low": 0.1, "high": 1}}}
    )
    assert means["optimizer.learning_rate"] == Range(0.1, 1.0)
    assert means["optimizer.adadelta.learning_rate"] == Fixed(1.0)
    assert means["optimizer.adam.epsilon"] == Fixed(1e-7)
    assert "optimizer.adam.learning_rate" not in means


def test_what_is_off_by_default_is_not_there():
    assert not [place for place in meaning({}) if place.startswith(("plateau", "momentum", "early_stopping"))]
