"""The eight optimizers, held against Keras' own."""

from __future__ import annotations

from typing import Any

import pytest

from tuner.hyperparameters import OPTIMIZERS, OPTIMIZERS_WITH_MOMENTUM

KERAS_CLASSES = {
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "nadam": "Nadam",
    "adamax": "Adamax",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "adamw": "AdamW",
}
UNLIKE_KERAS = {("adadelta", "learning_rate"): 1.0}
"""Adadelta needs no rate: the paper has none, which is a rate of 1, where Keras puts 0.001."""

KERAS_NAMES = {"initial_accumulator": "initial_accumulator_value"}


def defaults_of_keras(kind: str) -> dict[str, Any]:
    import keras

    config: dict[str, Any] = getattr(keras.optimizers, KERAS_CLASSES[kind])().get_config()
    return config


def test_every_optimizer_has_its_counterpart_in_keras() -> None:
    assert set(OPTIMIZERS) == set(KERAS_CLASSES)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_an_optimizers_settings_and_defaults_are_those_of_keras(kind: str) -> None:
    ours, theirs = OPTIMIZERS[kind](), defaults_of_keras(kind)

    for name, value in ours:
        if name == "kind":
            continue
        used = ours.default_momentum if name == ours.momentum_setting else value
        expected = UNLIKE_KERAS.get((kind, name), theirs[KERAS_NAMES.get(name, name)])
        assert used == pytest.approx(expected, rel=1e-6), name


def test_momentum_means_momentum_for_sgd_and_rmsprop_beta_1_for_the_adam_family_and_nothing_else() -> None:
    driven = {kind: settings.momentum_setting for kind, settings in OPTIMIZERS.items()}

    assert driven == {
        "sgd": "momentum",
        "rmsprop": "momentum",
        "adam": "beta_1",
        "nadam": "beta_1",
        "adamax": "beta_1",
        "adamw": "beta_1",
        "adagrad": None,
        "adadelta": None,
    }
    assert set(OPTIMIZERS_WITH_MOMENTUM) == {kind for kind, setting in driven.items() if setting}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_every_setting_of_an_optimizer_is_described(kind: str) -> None:
    described = {name: field.description or "" for name, field in OPTIMIZERS[kind].model_fields.items()}
    del described["kind"]

    assert [name for name, text in described.items() if not text.endswith(".")] == []
