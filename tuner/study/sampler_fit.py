"""Where a sampler does not fit a study's space, its pruner or its budget: said before a search is spent on it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tuner.errors import Mistake
from tuner.hyperparameters.base import Settings
from tuner.space import Choices, Range, Table, searched
from tuner.space.branches import conditional
from tuner.space.grid import MOST_POINTS, Grid, point_count
from tuner.study.definition import StudyDefinition
from tuner.study.objectives import names_in_words
from tuner.study.pruner_settings import NoPruner
from tuner.study.sampler_settings import CmaesSampler, GpSampler, GridSampler, Nsga2Sampler, QmcSampler, TpeSampler
from tuner.study.search_settings import SearchSettings

_JOINT_ONLY = (CmaesSampler, GpSampler, Nsga2Sampler, QmcSampler)
"""These go by parameters that every trial has; what only some trials have they draw at random."""

_COMPLETE_ONLY = (CmaesSampler, GpSampler, Nsga2Sampler)
"""These learn nothing from a trial that a pruner has ended."""

_OFFERED = 5
"""Values that an error offers in the place of a range."""


def sampler_mistakes(sampler: Settings, space: Table) -> list[Mistake]:
    """What keeps a sampler from searching a space at all: ranges that a grid cannot try one by one."""
    if not isinstance(sampler, GridSampler):
        return []
    return [
        Mistake(
            f"hyperparameters.{name}",
            f"is a range of {_extent(among)}, which a grid cannot try one by one; {_way_out(among)}",
        )
        for name, among in searched(space).items()
        if isinstance(among, Range) and (point_count(among) or math.inf) > MOST_POINTS
    ]


def several_objectives_mistakes(search: SearchSettings) -> list[Mistake]:
    """What keeps a sampler from searching by several objectives, which CMA-ES cannot."""
    if not search.figures or not isinstance(search.sampler, CmaesSampler):
        return []
    problem = 'is "cmaes", which goes by one objective, but search.metric states {}; tpe, nsga2 and gp go by several'
    return [Mistake("search.sampler", problem.format(names_in_words(search.metric or ())))]


def _extent(among: Range) -> str:
    count = point_count(among)
    if count is not None:
        return f"{count:,} numbers"
    logarithm = " in the logarithm" if among.log else ""
    return f"{'whole' if among.integer else 'all'} numbers from {among.low:g} to {among.high:g}{logarithm}"


def _way_out(among: Range) -> str:
    """What to write instead.

    >>> _way_out(Range(0.0, 0.5))
    'give it a step, such as step = 0.125, or choices = [0.0, 0.125, 0.25, 0.375, 0.5]'
    >>> _way_out(Range(16, 256, log=True))
    'give it choices = [16, 32, 64, 128, 256]'
    """
    inner = [_between(among, number / (_OFFERED - 1)) for number in range(1, _OFFERED - 1)]
    offered = [among.low, *(number for number in dict.fromkeys(inner) if among.low < number < among.high), among.high]
    choices = f"choices = [{', '.join(map(str, offered))}]"
    if among.log:
        return f"give it {choices}"
    step = (among.high - among.low) / (_OFFERED - 1)
    return f"give it a step, such as step = {round(step) if among.integer else f'{step:.4g}'}, or {choices}"


def _between(among: Range, share: float) -> int | float:
    """A number on the way from one end of a range to the other, of few digits."""
    if among.log:
        number = among.low * (among.high / among.low) ** share
    else:
        number = among.low + (among.high - among.low) * share
    return round(number) if among.integer else float(f"{number:.2g}" if among.log else f"{number:.4g}")


def grid_size(definition: StudyDefinition) -> int | None:
    """How many configurations a study's grid has; None if its sampler is no grid."""
    return Grid(definition.space).size if isinstance(definition.search.sampler, GridSampler) else None


def sampler_advice(definition: StudyDefinition) -> list[str]:
    """What a person should know who searches with this sampler; each line begins with a place in the file."""
    found = [f"search.sampler: {line}" for line in _advice(definition)]
    return found if not pruner_is_off(definition) else [*found, f"search.pruner: {pruner_is_off(definition)}"]


def pruner_is_off(definition: StudyDefinition) -> str:
    """What a person should know who stated a pruner beside several objectives; empty for anybody else."""
    search = definition.search
    if not search.figures or "pruner" not in search.model_fields_set or isinstance(search.pruner, NoPruner):
        return ""
    names = names_in_words([search.first_metric or "", *search.figures])
    return f"with several objectives ({names}) no trial is pruned, and the {search.pruner.kind} pruner is off"


def _advice(definition: StudyDefinition) -> Iterator[str]:
    sampler, pruner = definition.search.sampler, definition.search.pruner
    parameters, trials = searched(definition.space), definition.budget.trials
    at_random = conditional(definition.space) if isinstance(sampler, _JOINT_ONLY) else ()
    if at_random:
        yield f"{sampler.kind} draws at random what only some trials have: {', '.join(at_random)}; tpe does not"
    if isinstance(sampler, CmaesSampler):
        names = [name for name, among in parameters.items() if isinstance(among, Choices) and name not in at_random]
        if names:
            yield f"cmaes draws choices at random: {', '.join(names)}; tpe does not"
        if len(names) + len(at_random) == len(parameters):
            yield "cmaes finds no number that every trial has, and so draws everything at random; take another sampler"
    if isinstance(sampler, TpeSampler) and definition.search.figures:
        idle = [name for name in ("history", "asks_per_fit") if name in sampler.model_fields_set]
        if idle:
            yield f"with several objectives each ask fits all trials, and nothing goes by {' and '.join(idle)}"
    if isinstance(sampler, _COMPLETE_ONLY) and not isinstance(pruner, NoPruner) and not definition.search.figures:
        yield (
            f"{sampler.kind} learns from complete trials alone, and the {pruner.kind} pruner ends many before; "
            'set pruner = "none", or take tpe, which learns from both'
        )
    if isinstance(sampler, Nsga2Sampler) and trials is not None and trials < 2 * sampler.population_size:
        yield (
            f"nsga2 draws its first {sampler.population_size} complete trials at random, and the budget is "
            f"{trials} trials; give it some generations, or a smaller population_size"
        )
    size = grid_size(definition)
    if size is not None and trials is not None and trials < size:
        yield f"the grid has {size:,} points, and the budget of {trials} trials ends before all have been tried"
