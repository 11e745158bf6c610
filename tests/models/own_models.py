"""Models of one's own, as somebody would write them."""

from __future__ import annotations

from typing import Any

import keras

ENDS = {"binary": "sigmoid", "multiclass": "softmax", "regression": "linear"}


def two_branches(task: str = "multiclass") -> Any:
    """A builder of a wide and a deep branch beside each other, with dropout."""

    def build(hyperparameters: Any, inputs: int, outputs: int) -> keras.Model:
        rows = keras.Input((inputs,))
        deep = keras.layers.Dense(hyperparameters.units, activation="relu")(rows)
        deep = keras.layers.Dropout(0.2)(keras.layers.BatchNormalization()(deep))
        both = keras.layers.Concatenate()([keras.layers.Dense(4, activation="tanh")(rows), deep])
        return keras.Model(rows, keras.layers.Dense(outputs, activation=ENDS[task])(both))

    return build


class Subclassed(keras.Model):  # type: ignore[misc]
    """A network whose layers are made in `__init__` and called in `call`."""

    def __init__(self, units: int, outputs: int) -> None:
        super().__init__()
        self.hidden = keras.layers.Dense(units, activation="relu")
        self.dropout = keras.layers.Dropout(0.2)
        self.out = keras.layers.Dense(outputs, activation="softmax")

    def call(self, rows: Any, training: bool = False) -> Any:
        return self.out(self.dropout(self.hidden(rows), training=training))


def subclassed(hyperparameters: Any, inputs: int, outputs: int) -> keras.Model:
    """A builder of a subclassed model."""
    return Subclassed(hyperparameters["own.units"], outputs)


def stacked(hyperparameters: Any, inputs: int, outputs: int) -> keras.Model:
    """A builder of a `Sequential` model that does not state its inputs."""
    layers = [keras.layers.Dense(hyperparameters.units), keras.layers.Dense(outputs, activation="softmax")]
    return keras.Sequential(layers)
