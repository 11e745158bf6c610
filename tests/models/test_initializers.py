from __future__ import annotations

import typing

import keras
import pytest

from tuner.hyperparameters import Layers
from tuner.hyperparameters.layers import Activation, Initializer
from tuner.models import initializer_of
from tuner.models.initializers import MATCHING


def test_every_activation_has_a_matching_initializer() -> None:
    assert set(MATCHING) == set(typing.get_args(Activation))
    assert all(keras.initializers.get(name) for name in MATCHING.values())


@pytest.mark.parametrize(
    ("activation", "name"),
    [("relu", "he_normal"), ("elu", "he_normal"), ("selu", "lecun_normal"), ("tanh", "glorot_uniform")],
)
def test_auto_matches_the_activation(activation: Activation, name: str) -> None:
    assert initializer_of(Layers(activation=activation)) == name


@pytest.mark.parametrize("stated", [name for name in typing.get_args(Initializer) if name != "auto"])
def test_a_stated_initializer_is_taken(stated: Initializer) -> None:
    assert initializer_of(Layers(activation="selu", initializer=stated)) == stated
