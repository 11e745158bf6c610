"""Functions with a known minimum over spaces that look like tuning an MLP: logarithmic, whole, by name, conditional.

Each is a sum of terms that are 0 at best, so that a value is its own regret. Configurations are those of a study file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tuner.space import Table
from tuner.study.read import read_study

Tree = Mapping[str, Any]
"""One configuration as a plain tree."""

_LAYERS = {
    "depth": {"low": 1, "high": 3},
    "width": {"low": 16, "high": 256, "log": True},
    "activation": {"choices": ["relu", "elu", "tanh"]},
    "dropout": {"low": 0.0, "high": 0.5},
    "l1": {"low": 1e-8, "high": 1e-3, "log": True},
    "l2": {"low": 1e-8, "high": 1e-2, "log": True},
}
_RATE = {"low": 1e-4, "high": 3e-1, "log": True}
_ALL = ["sgd", "rmsprop", "adam", "nadam", "adamax", "adagrad", "adadelta", "adamw"]


@dataclass(frozen=True)
class Objective:
    """A function to be minimized.

    Attributes:
        hyperparameters: the space, as a study file states it.
        function: the regret of a configuration.
    """

    hyperparameters: Mapping[str, Any]
    function: Callable[[Tree], float]

    @cached_property
    def space(self) -> Table:
        raw = {"name": "made_up", "data": {"builtin": "digits"}, "hyperparameters": dict(self.hyperparameters)}
        return read_study(raw, source="made up").space


def _bowl(tree: Tree) -> float:
    """As studies/digits.toml: each optimizer has a best learning rate of its own, and some are better than others."""
    layers, optimizer = tree["layers"], tree["optimizer"]
    best_rate = {
        "sgd": -1.0,
        "rmsprop": -3.0,
        "adam": -2.5,
        "nadam": -2.7,
        "adamax": -2.2,
        "adagrad": -1.2,
        "adamw": -2.4,
    }
    handicap = {
        "sgd": 0.05,
        "rmsprop": 0.12,
        "adam": 0.0,
        "nadam": 0.02,
        "adamax": 0.06,
        "adagrad": 0.15,
        "adamw": 0.01,
    }
    value = 0.3
    if optimizer["kind"] != "adadelta":
        value = (
            handicap[optimizer["kind"]]
            + 0.25 * (math.log10(optimizer["learning_rate"]) - best_rate[optimizer["kind"]]) ** 2
        )
    if "momentum" in tree:
        value += 0.2 * (tree["momentum"]["start"] - 0.5) ** 2 + 20 * (tree["momentum"]["maximum"] - 0.95) ** 2
    value += 0.05 * (math.log2(layers["width"] / 128)) ** 2 * (layers["width"] < 128)
    value += {1: 0.06, 2: 0.0, 3: 0.02}[layers["depth"]] + {"relu": 0.02, "elu": 0.0, "tanh": 0.03}[
        layers["activation"]
    ]
    value += 0.6 * (layers["dropout"] - 0.15) ** 2
    value += 0.01 * (math.log10(layers["l2"]) + 4) ** 2 + 0.02 * max(0.0, math.log10(layers["l1"]) + 5) ** 2
    return value + 0.3 * (tree["schedule"]["alpha"] - 0.9) ** 2 + 0.002 * abs(tree["plateau"]["patience"] - 4)


def _valley(tree: Tree) -> float:
    """Settings that only do well together: rate with momentum and batch size, width with depth, dropout with width."""
    layers, optimizer = tree["layers"], tree["optimizer"]
    effective = math.log10(optimizer["learning_rate"]) - 0.5 * math.log10(tree["batch_size"] / 32)
    if optimizer["kind"] == "sgd":
        effective -= math.log10(1 - optimizer["momentum"])
        value = (effective + 0.7) ** 2 + (0.0 if optimizer["nesterov"] else 0.02)
    else:
        value = 0.03 + (effective + 2.3) ** 2 + 0.1 * (math.log10(1 - optimizer["beta_2"]) + 2.5) ** 2
    capacity = layers["depth"] * math.log2(layers["width"])
    value += 0.02 * (capacity - 14) ** 2
    return (
        value
        + 1.5 * (layers["dropout"] - 0.06 * (math.log2(layers["width"]) - 4)) ** 2
        + 0.01 * (math.log10(layers["l2"]) + 5) ** 2
    )


def _cliffs(tree: Tree) -> float:
    """Much diverges to one and the same bad value, and what does not has many small minima."""
    layers, optimizer = tree["layers"], tree["optimizer"]
    rate = math.log10(optimizer["learning_rate"])
    limit = {"sgd": -0.8, "adam": -2.0, "rmsprop": -2.3}[optimizer["kind"]] - 0.3 * (layers["depth"] - 1)
    if rate > limit:
        return 2.3
    value = 0.3 * (limit - 0.3 - rate) ** 2 + {"sgd": 0.03, "adam": 0.0, "rmsprop": 0.05}[optimizer["kind"]]
    value += 0.04 * (1 - math.cos(6 * (rate - limit + 0.3))) + 0.03 * (1 - math.cos(10 * (layers["dropout"] - 0.2)))
    value += 0.8 * (layers["dropout"] - 0.2) ** 2 + 0.03 * math.log2(layers["width"] / 96) ** 2
    return value + 0.05 * abs(layers["depth"] - 2) + {"relu": 0.0, "elu": 0.01, "tanh": 0.08}[layers["activation"]]


def _kinds(tree: Tree) -> float:
    """Everything hangs on the right kinds, and each kind has settings of its own."""
    optimizer, schedule = tree["optimizer"], tree["schedule"]
    rate = math.log10(optimizer["learning_rate"])
    value = {"sgd": 0.0, "adam": 0.1, "adagrad": 0.2, "adamw": 0.04}[optimizer["kind"]]
    value += 0.2 * (rate - {"sgd": -1.2, "adam": -2.6, "adagrad": -1.5, "adamw": -2.8}[optimizer["kind"]]) ** 2
    match schedule["kind"]:
        case "iir":
            value += 0.05 + 2 * (schedule["alpha"] - 0.85) ** 2
        case "exponential":
            value += 0.08 + 3 * (schedule["rate"] - 0.9) ** 2 + 0.003 * abs(schedule["every"] - 2)
        case "power":
            value += 0.04 * math.log2(schedule["scale"] / 10) ** 2 + 0.2 * (schedule["exponent"] - 1.2) ** 2
        case _:
            value += 0.15
    return value + 0.05 * math.log2(tree["layers"]["width"] / 64) ** 2 + 0.4 * (tree["layers"]["dropout"] - 0.3) ** 2


OBJECTIVES: Mapping[str, Objective] = {
    "bowl": Objective(
        {
            "layers": _LAYERS,
            "optimizer": {"kind": {"choices": _ALL}, "learning_rate": _RATE},
            "schedule": {"kind": "iir", "alpha": {"low": 0.5, "high": 1.0}, "minimum": 1e-5},
            "momentum": {
                "kind": "rise",
                "start": {"low": 0.0, "high": 0.9},
                "maximum": {"low": 0.9, "high": 0.999},
                "step": 0.01,
            },
            "plateau": {"patience": {"low": 2, "high": 10}, "factor": 0.5},
        },
        _bowl,
    ),
    "valley": Objective(
        {
            "batch_size": {"choices": [16, 32, 64, 128]},
            "layers": _LAYERS,
            "optimizer": {
                "kind": {"choices": ["sgd", "adam"]},
                "learning_rate": _RATE,
                "sgd": {"momentum": {"low": 0.0, "high": 0.99}, "nesterov": {"choices": [True, False]}},
                "adam": {"beta_2": {"low": 0.9, "high": 0.9999}},
            },
        },
        _valley,
    ),
    "cliffs": Objective(
        {
            "layers": _LAYERS,
            "optimizer": {"kind": {"choices": ["sgd", "adam", "rmsprop"]}, "learning_rate": _RATE},
        },
        _cliffs,
    ),
    "kinds": Objective(
        {
            "layers": {"width": _LAYERS["width"], "dropout": _LAYERS["dropout"]},
            "optimizer": {"kind": {"choices": ["sgd", "adam", "adagrad", "adamw"]}, "learning_rate": _RATE},
            "schedule": [
                {"kind": "constant"},
                {"kind": "iir", "alpha": {"low": 0.5, "high": 1.0}},
                {"kind": "exponential", "rate": {"low": 0.5, "high": 1.0}, "every": {"low": 1, "high": 8}},
                {
                    "kind": "power",
                    "scale": {"low": 1.0, "high": 100.0, "log": True},
                    "exponent": {"low": 0.5, "high": 3.0},
                },
            ],
        },
        _kinds,
    ),
}
"""Every objective by its name."""
