"""Which techniques a configuration uses: a program has only what some lane of it may need, and is the faster for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tuner.hyperparameters import Hyperparameters
from tuner.hyperparameters.layers import ELU_ALPHA, LEAKY_SLOPE


def _positive(value: Any) -> bool:
    return isinstance(value, (int, float)) and value > 0


@dataclass(frozen=True)
class Technique:
    """How to see a technique in a configuration.

    Attributes:
        places: the dotted places of the settings that can bring it.
        brings: whether a value of these does.
    """

    places: tuple[str, ...]
    brings: Callable[[Any], bool] = _positive


def _is(kind: str) -> Callable[[Any], bool]:
    return lambda value: bool(value == kind)


TECHNIQUES: Mapping[str, Technique] = {
    "dropout": Technique(("layers.dropout",)),
    "alpha_dropout": Technique(("layers.dropout_kind",), _is("alpha")),
    "penalties": Technique(("layers.l1", "layers.l2")),
    "label_smoothing": Technique(("label_smoothing",)),
    "class_weights": Technique(("class_weights",), _is("balanced")),
    "normalization_before": Technique(("normalization.kind",), _is("before")),
    "normalization_after": Technique(("normalization.kind",), _is("after")),
    "input_normalization": Technique(("inputs.normalization",), bool),
    "input_noise": Technique(("inputs.noise",)),
    "mixup": Technique(("inputs.mixup",)),
    "activation_noise": Technique(("activation_noise.kind",), bool),
    "gradient_noise": Technique(("gradient_noise.kind",), bool),
    "leaky_slope": Technique(("layers.leaky_slope",), lambda value: bool(value != LEAKY_SLOPE)),
    "elu_alpha": Technique(("layers.elu_alpha",), lambda value: bool(value != ELU_ALPHA)),
    "clipping_by_value": Technique(("clipping.kind",), _is("value")),
    "clipping_by_norm": Technique(("clipping.kind",), _is("norm")),
    "clipping_by_global_norm": Technique(("clipping.kind",), _is("global_norm")),
}
"""Every technique that costs something inside of a training step, even for lanes that do without it."""


def techniques_in(values: Callable[[str], Iterable[Any]]) -> frozenset[str]:
    """The techniques that some values can bring.

    Args:
        values: those that a setting can have, by its dotted place; nothing for a table that is not there.
    """
    return frozenset(
        name
        for name, technique in TECHNIQUES.items()
        if any(technique.brings(value) for place in technique.places for value in values(place))
    )


def techniques_of(chosen: Hyperparameters) -> frozenset[str]:
    """The techniques of one configuration.

    >>> sorted(techniques_of(Hyperparameters.model_validate({"layers": {"dropout": 0.1, "l1": 0.01}})))
    ['dropout', 'penalties']
    """

    def values(place: str) -> tuple[Any, ...]:
        value: Any = chosen
        for name in place.split("."):
            value = getattr(value, name, None)
        return () if value is None else (value,)

    return techniques_in(values)
