"""Checking a study file, without reading its data and without Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.actions.fit_only import fit_advice
from tuner.space import searched
from tuner.study.definition import StudyDefinition, plain
from tuner.study.load import load_study
from tuner.study.sampler_fit import grid_size, sampler_advice


@dataclass(frozen=True)
class Checked:
    """A study file without mistakes.

    Attributes:
        definition: what it defines.
        searched: every parameter that is searched, by its dotted place, as it stands in the file.
        grid_size: how many configurations there are; None if the sampler is no grid.
        advice: where the sampler fits the study badly, and what only one trainer has, one line each.
    """

    definition: StudyDefinition
    searched: Mapping[str, Any]
    grid_size: int | None = None
    advice: tuple[str, ...] = ()


def check(study: str, *, root: Path) -> Checked:
    """Read a study file, and build its configuration at every corner of its space.

    Raises:
        StudyError: if there is no such file.
        StudyFileError: with every mistake in it.
    """
    definition = load_study(study, root)
    return Checked(
        definition,
        {name: plain(leaf) for name, leaf in searched(definition.space).items()},
        grid_size(definition),
        (*sampler_advice(definition), *fit_advice(definition)),
    )
