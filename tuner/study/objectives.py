"""What a search goes by: a metric of the validation rows, and figures of the network beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tuner.errors import HyperparameterError, listed
from tuner.space.complaints import one_of, shown
from tuner.study.metrics import METRICS, Direction

FIGURES: Mapping[str, str] = {
    "parameters": "Trainable numbers of the network.",
    "nonzero_weights": "Weights of hidden layers and output, biases apart, that are further than 0.001 from 0.",
    "latency": "Median microseconds in which the Keras model predicts one row, on the machine that trains the trial.",
}
"""What a network can be measured by beside a metric, of the best epoch's weights; less is better of each."""


@dataclass(frozen=True)
class Objective:
    """One of the things that a search goes by.

    Attributes:
        name: of a metric or a figure.
        direction: which way is better.
    """

    name: str
    direction: Direction


def objective(name: str) -> Objective:
    """The objective of a name out of `METRICS` or `FIGURES`."""
    return Objective(name, METRICS[name].direction if name in METRICS else "minimize")


def checked_objectives(stated: Any) -> str | tuple[str, ...] | None:
    """What a study states as its metric: a name, or several of which the first is a metric and the others are figures.

    Raises:
        HyperparameterError: with the first thing that is wrong.
    """
    if stated is None:
        return None
    if isinstance(stated, str):
        if stated not in METRICS:
            raise HyperparameterError(_instead(stated))
        return stated
    if not isinstance(stated, list | tuple):
        raise HyperparameterError(f"is {shown(stated)}, but should be a text, or a list of several")
    if not stated:
        raise HyperparameterError("is an empty list, but should name a metric, and what else to go by")
    first, *others = stated
    if not isinstance(first, str) or first not in METRICS:
        raise HyperparameterError(f"begins with what {_instead(first)}")
    for other in others:
        if not isinstance(other, str) or other not in FIGURES:
            raise HyperparameterError(f"goes on with what {one_of(other, list(FIGURES))}")
    if len({*others}) < len(others):
        twice = next(name for name in others if others.count(name) > 1)
        raise HyperparameterError(f'is {shown(list(stated))}, in which "{twice}" stands twice')
    return tuple(stated) if others else first


def _instead(found: Any) -> str:
    """The complaint about what is no metric."""
    if isinstance(found, str) and found in FIGURES:
        beside = f'["val_log_loss", "{found}"]'
        return f'is "{found}", which a search can go by beside a metric only, which comes first, as in {beside}'
    return one_of(found, list(METRICS))


def names_in_words(names: Sequence[str]) -> str:
    """Objectives as a person would list them.

    >>> names_in_words(["val_log_loss", "parameters"])
    'val_log_loss and parameters'
    """
    return listed(names).replace(" or ", " and ")
