"""A study as its file defines it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tuner.hyperparameters import Hyperparameters
from tuner.space import Choices, Fixed, Range, Table
from tuner.space.defaults import completed
from tuner.space.nodes import leaves
from tuner.study.cluster_settings import ClusterSettings
from tuner.study.data_settings import DataSettings
from tuner.study.forms import Forms, forms_of
from tuner.study.metrics import DEFAULT_METRICS, METRICS, Direction, Task
from tuner.study.objectives import Objective, objective
from tuner.study.search_settings import BudgetSettings, RunSettings, SearchSettings

NO_MEANING = ("on_data_change",)
"""Settings of `[data]` that change nothing about what is searched."""

Meaning = Mapping[str, Any]
"""What a study means, by dotted place: plain values that can be stored and compared."""


@dataclass(frozen=True)
class StudyDefinition:
    """A study as its file defines it: checked, frozen, and proved at the corners of its space.

    Attributes:
        name: the study's name in the storage; the file's name without `.toml`.
        source: the file, as the person named it.
        seed: from which every random number of the study follows.
        model: what one of its configurations is checked by; another one for somebody's own network, which only Python
            can ask for.
        data, search, budget, run, cluster: the tables of the same names.
        space: the table `[hyperparameters]`.
        files: hexadecimal digests of files beside the data on which its values depend, by path; known once it is run.
    """

    name: str
    data: DataSettings
    space: Table
    search: SearchSettings = field(default_factory=SearchSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    run: RunSettings = field(default_factory=RunSettings)
    cluster: ClusterSettings = field(default_factory=ClusterSettings)
    seed: int = 0
    source: str = ""
    model: type[Hyperparameters] = Hyperparameters
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_own_model(self) -> bool:
        """Whether its networks are built by somebody else's code, which no other process knows."""
        return self.model is not Hyperparameters

    def metric(self, task: Task) -> str:
        """The objective metric for a task; of several objectives the first, by which trials are trained."""
        return self.search.first_metric or DEFAULT_METRICS[task]

    def direction(self, task: Task) -> Direction:
        """Which way the objective metric is better."""
        return METRICS[self.metric(task)].direction

    def objectives(self, task: Task) -> tuple[Objective, ...]:
        """Everything that a search goes by; the metric comes first, and is the only one as a rule."""
        return tuple(objective(name) for name in (self.metric(task), *self.search.figures))

    def meaning_for(self, task: Task) -> Meaning:
        """The meaning with its objective written out, so that a default and the same metric by name mean the same."""
        names = [each.name for each in self.objectives(task)]
        return {**self.meaning, "search.metric": names if self.search.figures else names[0]}

    @cached_property
    def forms(self) -> Forms:
        """The forms of the data that its trials may want."""
        return forms_of(self.space)

    @property
    def meaning(self) -> Meaning:
        """What the study's values mean: data, split, hyperparameters and metric.

        What the file leaves out stands here with its default. Budget, sampler, pruner and storage may change from run
        to run and are not part of it.
        """
        stated = self.search.metric
        return {
            "seed": self.seed,
            **{
                f"data.{name}": value
                for name, value in self.data.model_dump(mode="json").items()
                if name not in NO_MEANING
            },
            "search.metric": list(stated) if isinstance(stated, tuple) else stated,
            **{f"hyperparameters.{name}": plain(leaf) for name, leaf in completed(self.space, self.model).items()},
            **{f"files.{path}": content for path, content in self.files.items()},
        }

    def states(self, place: str) -> bool:
        """Whether the study file itself says what stands at a place of its meaning; else that is a default."""
        table, _, name = place.partition(".")
        if table == "hyperparameters":
            return name in leaves(self.space)
        return table != "data" or name in self.data.model_fields_set

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digest of the study's meaning."""
        return fingerprint(self.meaning)


def plain(leaf: Fixed | Range | Choices) -> Any:
    """A leaf as it would stand in a study file."""
    if isinstance(leaf, Fixed):
        return list(leaf.value) if isinstance(leaf.value, tuple) else leaf.value
    if isinstance(leaf, Choices):
        return {"choices": [list(value) if isinstance(value, tuple) else value for value in leaf.values]}
    stated = {"low": leaf.low, "high": leaf.high}
    if leaf.step is not None:
        stated["step"] = leaf.step
    return {**stated, "log": True} if leaf.log else stated


def fingerprint(meaning: Meaning) -> str:
    """Hexadecimal digest of a meaning; independent of the order of its places."""
    return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()[:16]


def differences(stored: Meaning, current: Meaning) -> list[str]:
    """What has changed between two meanings, one line for each place."""
    lines = []
    for place in sorted({*stored, *current}):
        if place not in stored:
            lines.append(f"{place}: new, {json.dumps(current[place])}")
        elif place not in current:
            lines.append(f"{place}: was {json.dumps(stored[place])}, now absent")
        elif stored[place] != current[place]:
            lines.append(f"{place}: was {json.dumps(stored[place])}, now {json.dumps(current[place])}")
    return lines
