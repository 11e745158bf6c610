"""Which pruners contend, with which settings, as a study file would state them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from tuner.hyperparameters.base import Settings
from tuner.study.pruner_settings import Pruner

WARMUPS = {"none": 0.0, "1/8": 1 / 8, "1/4": 1 / 4, "1/2": 1 / 2}
"""Shares of the epochs in which no trial is ended."""


COMPARED: tuple[str, ...] = (
    "none",
    "median, warm-up none",
    "median, warm-up 1/8",
    "median, warm-up 1/4",
    "median, warm-up 1/2",
    "percentile 25, warm-up 1/4",
    "percentile 75, warm-up 1/4",
    "successive halving, 4 epochs, 1 in 4",
    "hyperband, 4 epochs, 1 in 3",
    "patient 5, alone",
    "patient 5, median, warm-up 1/4",
)
"""The choice that docs/pruners.md shows."""


def contenders(epochs: int) -> Mapping[str, Settings]:
    """Every pruner by its name in the table.

    Args:
        epochs: of every trial; warm-ups are shares of it.
    """
    warmups = {name: int(share * epochs) for name, share in WARMUPS.items()}
    stated: dict[str, dict[str, Any]] = {"none": {"kind": "none"}}
    for name, warmup in warmups.items():
        stated[f"median, warm-up {name}"] = {"kind": "median", "warmup_epochs": warmup}
    for startup in (1, 20):
        stated[f"median, warm-up 1/4, {startup} at first"] = {"kind": "median", "startup_trials": startup}
    for keep in (25, 50, 75):
        for name in ("none", "1/8", "1/4", "1/2") if keep != 50 else ():
            stated[f"percentile {keep}, warm-up {name}"] = {
                "kind": "percentile",
                "keep": keep,
                "warmup_epochs": warmups[name],
            }
    for kind in ("successive_halving", "hyperband"):
        for minimum in (1, 2, 4, 8):
            for factor in (2, 3, 4):
                name = f"{kind.replace('_', ' ')}, {minimum} epochs, 1 in {factor}"
                stated[name] = {"kind": kind, "minimum_epochs": minimum, "reduction_factor": factor}
    for patience in (3, 5, 8):
        stated[f"patient {patience}, alone"] = {"kind": "patient", "patience": patience, "pruner": "none"}
        for name in ("none", "1/4"):
            stated[f"patient {patience}, median, warm-up {name}"] = {
                "kind": "patient",
                "patience": patience,
                "pruner": {"kind": "median", "warmup_epochs": warmups[name]},
            }
    adapter: TypeAdapter[Any] = TypeAdapter(Pruner)
    return {name: adapter.validate_python(table) for name, table in stated.items()}
