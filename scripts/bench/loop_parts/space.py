"""The study that is searched: digits, three layers of 64, and everything that lanes may have of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.bench.lanes_parts import space
from tuner.study.definition import StudyDefinition
from tuner.study.read import read_study

NAME = "loop"


def study(*, epochs: int, pruner: str, seed: int) -> StudyDefinition:
    """A study of the space of `scripts/bench/lanes`."""
    raw: Mapping[str, Any] = {
        "name": NAME,
        "seed": seed,
        "data": {"builtin": "digits"},
        "hyperparameters": {
            "epochs": epochs,
            "batch_size": 32,
            "layers": {
                "depth": 3,
                "width": 64,
                "dropout": {"low": space.DROPOUT[0], "high": space.DROPOUT[1]},
                "l1": {"low": space.L1[0], "high": space.L1[1], "log": True},
                "l2": {"low": space.L2[0], "high": space.L2[1], "log": True},
            },
            "optimizer": {
                "kind": {"choices": list(space.MOMENTUM_OF)},
                "learning_rate": {"low": space.LEARNING_RATE[0], "high": space.LEARNING_RATE[1], "log": True},
            },
            "schedule": {"kind": "iir", "alpha": {"low": 0.5, "high": 1.0}, "minimum": 1e-5},
            "plateau": {"patience": {"low": 2, "high": 10}, "factor": 0.5},
            "momentum": {
                "kind": "rise",
                "start": {"low": 0.0, "high": 0.9},
                "maximum": {"low": 0.9, "high": 0.999},
                "step": 0.01,
            },
        },
        "search": {"pruner": pruner},
    }
    return read_study(raw, source=f"{NAME}.toml")
