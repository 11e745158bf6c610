"""What only the trainer `fit` can train, found in a study's space before the first trial."""

from __future__ import annotations

from tuner.errors import Mistake, StudyFileError
from tuner.hyperparameters import Hyperparameters
from tuner.space.corners import ends
from tuner.space.defaults import completed
from tuner.space.nodes import Leaf
from tuner.study.definition import StudyDefinition

IN_USE_ABOVE_ZERO = ("transfer.layers", "pretraining.epochs")
"""Settings whose table is for `fit` alone wherever they are above 0."""


def for_fit_alone(definition: StudyDefinition) -> list[str]:
    """The tables of a study that some trial uses, and that no trainer but `fit` has; places in the study file."""
    space = completed(definition.space, Hyperparameters)
    used = [place for place in IN_USE_ABOVE_ZERO if place in space and most(space[place]) > 0]
    return [f"hyperparameters.{place.partition('.')[0]}" for place in used]


def most(leaf: Leaf) -> int:
    """The most that a whole number can be."""
    return max(int(value) for value in ends(leaf) if isinstance(value, int))


def refuse_lanes(definition: StudyDefinition) -> None:
    """Raises StudyFileError if a study cannot be trained in lanes."""
    places = for_fit_alone(definition)
    if places:
        problem = "is for Keras' own fit, and lanes have no such thing; search with --trainer fit"
        raise StudyFileError(definition.source, [Mistake(place, problem) for place in places])


def fit_advice(definition: StudyDefinition) -> list[str]:
    """What somebody who checks a study should know of its trainer, one line for each table."""
    return [f"{place} is for Keras' own fit: search with --trainer fit" for place in for_fit_alone(definition)]
