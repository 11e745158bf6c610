"""Spaces out of a few lines of TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

from tuner.hyperparameters import Hyperparameters
from tuner.space import Table, prove, read_space


def space_of(toml: str) -> Table:
    """The space of a `[hyperparameters]` table without mistakes."""
    space, mistakes, doubtful = read_space(Hyperparameters, tomllib.loads(toml), "")
    assert not mistakes
    assert not doubtful
    return space


def mistakes_of(toml: str) -> Mapping[str, str]:
    """What is wrong with a `[hyperparameters]` table, by place; each place is named once."""
    space, mistakes, doubtful = read_space(Hyperparameters, tomllib.loads(toml), "")
    mistakes = [*mistakes, *prove(space, Hyperparameters, "", doubtful)]
    by_place = {mistake.place: mistake.problem for mistake in mistakes}
    assert len(by_place) == len(mistakes)
    return by_place
