"""A sweep as its file defines it: studies that are searched together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.study.definition import StudyDefinition
from tuner.study.sweeps.settings import SweepBudget, SweepSettings, TrainerName


@dataclass(frozen=True)
class Swept:
    """One study of a sweep.

    Attributes:
        name: what it is called in the storage, generations apart.
        file: the study file that it comes from.
        tables: what its own file would say: that file, with what the sweep states otherwise.
        definition: the study that these tables define.
        trainer: what trains; the usual trainer if None.
        trials: its total of finished trials; what its file says if None.
        workers: how many; if None, those of its `[cluster]`, or 1.
        then: commands that are run when it is over, as the sweep file has them.
    """

    name: str
    file: Path
    tables: Mapping[str, Any]
    definition: StudyDefinition
    trainer: TrainerName | None = None
    trials: int | None = None
    workers: int | None = None
    then: tuple[str, ...] = ()


@dataclass(frozen=True)
class SweepDefinition:
    """A sweep: checked, with every study that it comes to.

    Attributes:
        name: the sweep's name.
        source: its file, as a person names it.
        settings: what stands at the top of the file.
        budget: what all studies together may cost.
        studies: them, in the order of the file; no two have one name.
    """

    name: str
    source: str
    settings: SweepSettings
    budget: SweepBudget
    studies: tuple[Swept, ...]
