"""Reading a study out of plain tables, and naming every mistake in them at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tuner.errors import HyperparameterError, Mistake, StudyFileError
from tuner.hyperparameters import Hyperparameters
from tuner.space import Choices, Fixed, Table, leaves, prove, read_space
from tuner.space.complaints import meant, shown, unknown
from tuner.space.corners import ends
from tuner.space.nodes import Leaf, Value
from tuner.study.cluster_settings import ClusterSettings
from tuner.study.data_settings import DataSettings
from tuner.study.definition import StudyDefinition
from tuner.study.forms import forms_of
from tuner.study.losses import FOR_CLASSES, LOSSES
from tuner.study.metrics import METRICS, Task, metrics_of
from tuner.study.sampler_fit import sampler_mistakes, several_objectives_mistakes
from tuner.study.search_settings import SECTIONS, BudgetSettings, RunSettings, SearchSettings
from tuner.study.section import Section, read_section

TOP_LEVEL = ("name", "seed", *SECTIONS)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LARGEST = 2**63 - 1
_TOO_LARGE = f"is beyond 64 bits; a whole number goes from -{_LARGEST} to {_LARGEST}"


def read_study(raw: Mapping[str, Any], *, source: str, stem: str | None = None) -> StudyDefinition:
    """A study out of plain tables.

    Args:
        raw: the tables, as TOML or JSON holds them.
        source: what to call the tables in errors.
        stem: the name that the file's own name calls for; None for tables that come from no file.
    Raises:
        StudyFileError: with every mistake.
    """
    too_large = [Mistake(place, _TOO_LARGE) for place in _too_large(raw)]
    if too_large:
        raise StudyFileError(source, too_large)
    reader = _StudyReader(raw)
    name = reader.name(stem)
    seed = reader.seed()
    data = reader.section("data", DataSettings)
    search = reader.section("search", SearchSettings)
    budget = reader.section("budget", BudgetSettings)
    run = reader.section("run", RunSettings)
    cluster = reader.section("cluster", ClusterSettings)
    space = reader.space()
    reader.names()
    if data is not None and data.known_task is not None:
        reader.mistakes += task_mistakes(data.known_task, search.first_metric if search else None, space)
    if search is not None:
        reader.mistakes += sampler_mistakes(search.sampler, space)
        reader.mistakes += several_objectives_mistakes(search)
    if reader.mistakes or data is None or search is None or budget is None or run is None or cluster is None:
        raise StudyFileError(source, reader.in_order())
    return StudyDefinition(name, data, space, search, budget, run, cluster, seed, source)


class _StudyReader:
    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.mistakes: list[Mistake] = []

    def mistake(self, place: str, problem: str) -> None:
        self.mistakes.append(Mistake(place, problem))

    def in_order(self) -> list[Mistake]:
        """The mistakes in the order of the file's tables."""
        tables = list(TOP_LEVEL)

        def position(mistake: Mistake) -> int:
            table = mistake.place.partition(".")[0]
            return tables.index(table) if table in tables else -1

        return sorted(self.mistakes, key=position)

    def names(self) -> None:
        for name in self.raw:
            if name not in TOP_LEVEL:
                self.mistake(name, unknown(name, list(TOP_LEVEL), "table or setting"))

    def name(self, stem: str | None) -> str:
        name = self.raw.get("name", stem)
        expected = "of letters, digits, dots, dashes and underscores"
        if name is None:
            self.mistake("name", f"is missing; it should be {expected}")
        elif not isinstance(name, str) or not _NAME.fullmatch(name):
            self.mistake("name", f"is {shown(name)}, but should be {expected}")
        elif stem is not None and name != stem:
            self.mistake("name", f'is "{name}", but should be "{stem}", as the file is called')
        return str(name)

    def seed(self) -> int:
        seed = self.raw.get("seed", 0)
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            self.mistake("seed", f"is {shown(seed)}, but should be a whole number, at least 0")
            return 0
        return seed

    def section(self, name: str, model: type[Section]) -> Section | None:
        if name == "data" and name not in self.raw:
            self.missing(name, "state a builtin data set, or a path and its target")
            return None
        section, mistakes = read_section(model, self.raw.get(name, {}), name)
        self.mistakes += mistakes
        return section

    def missing(self, name: str, what_to_do: str) -> None:
        """Complain about a table that must be there, unless it is there under a misspelt name."""
        if name not in meant(self.raw, TOP_LEVEL):
            self.mistake(name, f"is missing; {what_to_do}")

    def space(self) -> Table:
        place = "hyperparameters"
        if place not in self.raw:
            self.missing(place, "state at least one range or choices to search")
            return Table({})
        space, mistakes, doubtful = read_space(Hyperparameters, self.raw[place], place)
        self.mistakes += mistakes
        self.mistakes += prove(space, Hyperparameters, place, doubtful)
        self.forms(space)
        return space

    def forms(self, space: Table) -> None:
        """Complain about more ways of preprocessing than there may be."""
        try:
            forms_of(space).check()
        except HyperparameterError as error:
            self.mistake("hyperparameters.preprocessing", error.problem)


def task_mistakes(task: Task, metric: str | None, space: Table) -> list[Mistake]:
    """What does not go with a target: a metric, a loss, or a setting beside it, that is for another task.

    It is asked when the file is read if the file tells the task, and again when the data do.
    """
    mistakes: list[Mistake] = []
    if metric is not None and task not in METRICS[metric].tasks:
        fitting = f"but the target is {task}, for which there are {', '.join(metrics_of(task))}"
        mistakes.append(Mistake("search.metric", f'is "{metric}", {fitting}'))
    stated = leaves(space)
    for place, value in _stated(stated.get("loss"), "hyperparameters.loss"):
        if value not in LOSSES[task]:
            known = ", ".join(LOSSES[task])
            mistakes.append(Mistake(place, f'is "{value}", but the target is {task}, for which there are {known}'))
    for name in FOR_CLASSES if task == "regression" else ():
        if name in stated and any(value not in (0, "none") for value in ends(stated[name])):
            mistakes.append(Mistake(f"hyperparameters.{name}", f"is for classes, but the target is {task}"))
    return mistakes


def _stated(leaf: Leaf | None, place: str) -> list[tuple[str, Value]]:
    """The values that a leaf states, each with its place in the file."""
    if isinstance(leaf, Choices):
        return [(f"{place}.choices[{index}]", value) for index, value in enumerate(leaf.values)]
    return [(place, leaf.value)] if isinstance(leaf, Fixed) else []


def _too_large(raw: Mapping[str, Any]) -> list[str]:
    """The places of whole numbers that no TOML reader need hold: those beyond 64 bits."""
    places: list[str] = []
    waiting: list[tuple[str, Any]] = [(name, value) for name, value in raw.items()]
    while waiting:
        place, value = waiting.pop(0)
        if isinstance(value, Mapping):
            waiting += [(f"{place}.{name}", inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{place}[{index}]", inner) for index, inner in enumerate(value)]
        elif isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
            places.append(place)
    return places
