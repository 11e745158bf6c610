"""The parameters that every trial of a study has: what samplers can draw jointly that know no conditions."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FixedTrial

from tuner.search.suggest import TrialSuggest, choice_name
from tuner.space import Choices, Table, choose
from tuner.space.branches import branches, conditional

Joint = dict[str, BaseDistribution]
"""Parameters that a sampler draws jointly, by name."""


def in_every_trial(space: Table) -> Joint:
    """The searched parameters that every configuration of a space has, as a trial would suggest them."""
    some = set(conditional(space))
    branch = next(branches(space))
    chosen = {
        name: choice_name(among.values[0]) if isinstance(among, Choices) else among.low
        for name, among in branch.items()
    }
    trial = FixedTrial(chosen)
    choose(space, TrialSuggest(trial))
    return {name: one for name, one in trial.distributions.items() if name not in some and not one.single()}


def numbers_only(joint: Joint) -> Joint:
    """The same without choices."""
    return {name: one for name, one in joint.items() if not isinstance(one, CategoricalDistribution)}
