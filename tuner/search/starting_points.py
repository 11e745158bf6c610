"""Starting points: known-good configurations that are tried before the sampler suggests any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import optuna

from tuner.hyperparameters.layers import WITH_A_WIDTH, width_name
from tuner.search.portfolio import PORTFOLIO
from tuner.search.suggest import choice_name
from tuner.space import Table
from tuner.space.nodes import Scalar
from tuner.space.project import Point, project
from tuner.study.definition import StudyDefinition

STARTING_POINT = "starting_point"
"""The user attribute that names the starting point that a trial has its parameters of."""

QUEUED = "tuner:starting_points"
"""The study's attribute that says that its starting points have been queued."""


def starting_points(
    space: Table, portfolio: Mapping[str, Point] = PORTFOLIO
) -> Iterator[tuple[str, dict[str, Scalar]]]:
    """The names of starting points and the parameters that each fixes in a space.

    One that fixes nothing, or just what an earlier one does, is left out.
    """
    met: list[Mapping[str, Scalar]] = []
    for name, point in portfolio.items():
        projected = project(_of_one_width(point), space)
        params = {parameter: choice_name(value) for parameter, value in projected.items()}
        if params and params not in met:
            met.append(params)
            yield name, params


def _of_one_width(point: Point) -> Point:
    """The same point, for spaces whose layers have widths of their own, too."""
    layers = point.get("layers", {})
    if "width" not in layers:
        return point
    return {**point, "layers": {**{width_name(layer): layers["width"] for layer in WITH_A_WIDTH}, **layers}}


def queue_starting_points(study: optuna.Study, definition: StudyDefinition) -> None:
    """Let a new study's first trials be its starting points; one that goes on has had them.

    Nobody else may make the study meanwhile. If this is broken off, the next call does the rest. A grid has none:
    it says itself what is to be tried.

    Args:
        study: as stored.
        definition: what its file says.
    """
    if not definition.search.starting_points or definition.search.sampler.kind == "grid":
        return
    attributes: Mapping[str, Any] = study.user_attrs
    trials = study.get_trials(deepcopy=False)
    if QUEUED in attributes or not all(STARTING_POINT in trial.user_attrs for trial in trials):
        return
    there = {trial.user_attrs[STARTING_POINT] for trial in trials}
    for name, params in starting_points(definition.space):
        if name not in there:
            study.enqueue_trial(params, user_attrs={STARTING_POINT: name})
    study.set_user_attr(QUEUED, True)
