"""Reading a sweep out of plain tables, and naming every mistake in them at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tuner.errors import Mistake, StudyFileError, TunerError
from tuner.space.complaints import meant, shown, unknown
from tuner.study.definition import StudyDefinition
from tuner.study.read import read_study
from tuner.study.section import read_section
from tuner.study.sweeps.definition import SweepDefinition, Swept
from tuner.study.sweeps.settings import NAME, SweepBudget, SweepSettings, SweptStudies, TrainerName

TABLES = ("budget", "studies")

_WHOLE = frozenset({"low", "high", "choices"})


@dataclass(frozen=True)
class BaseStudy:
    """A study file that a sweep names.

    Attributes:
        file: where it lies.
        tables: what it says.
        definition: the study that it defines.
    """

    file: Path
    tables: Mapping[str, Any]
    definition: StudyDefinition


@dataclass(frozen=True)
class _Variant:
    """One combination of what a sweep states otherwise."""

    suffix: str
    seed: int | None
    path: str | None
    trainer: TrainerName | None


def read_sweep(
    raw: Mapping[str, Any], *, source: str, stem: str, base_study: Callable[[str], BaseStudy]
) -> SweepDefinition:
    """A sweep out of plain tables.

    Args:
        raw: the tables, as TOML holds them.
        source: what to call them in errors.
        stem: the sweep's name, as the file is called.
        base_study: finds a study by its name or its file's path.
    Raises:
        StudyFileError: with every mistake.
    """
    reader = _SweepReader(raw, source, base_study)
    settings = reader.settings(stem)
    budget = reader.budget()
    studies = reader.studies(settings)
    reader.shares(budget, studies)
    if reader.mistakes:
        raise StudyFileError(source, reader.mistakes)
    return SweepDefinition(stem, source, settings, budget, tuple(_with_shares(budget, studies)))


class _SweepReader:
    def __init__(self, raw: Mapping[str, Any], source: str, base_study: Callable[[str], BaseStudy]) -> None:
        self.mistakes: list[Mistake] = []
        self._raw = raw
        self._source = source
        self._base_study = base_study

    def settings(self, stem: str) -> SweepSettings:
        known = [*SweepSettings.model_fields, *TABLES]
        stated = {name: value for name, value in self._raw.items() if name in SweepSettings.model_fields}
        self.mistakes += [Mistake(name, unknown(name, known)) for name in self._raw if name not in known]
        settings, mistakes = read_section(SweepSettings, stated, "")
        self.mistakes += [Mistake(each.place.lstrip("."), each.problem) for each in mistakes]
        if not NAME.fullmatch(stem):
            self.mistakes.append(
                Mistake("", "has a name that is none for a sweep: letters, digits, dots, dashes and underscores")
            )
        elif settings is not None and settings.name not in (None, stem):
            self.mistakes.append(
                Mistake("name", f'is "{settings.name}", but should be "{stem}", as the file is called')
            )
        return settings or SweepSettings()

    def budget(self) -> SweepBudget:
        budget, mistakes = read_section(SweepBudget, self._raw.get("budget", {}), "budget")
        self.mistakes += mistakes
        return budget or SweepBudget()

    def studies(self, settings: SweepSettings) -> list[Swept]:
        stated = self._raw.get("studies")
        if stated is None:
            if "studies" not in meant(self._raw, [*SweepSettings.model_fields, *TABLES]):
                self.mistakes.append(
                    Mistake("studies", 'is missing; name one in a table [[studies]]: study = "digits"')
                )
            return []
        if not isinstance(stated, list) or not stated or not all(isinstance(each, Mapping) for each in stated):
            self.mistakes.append(Mistake("studies", f"is {shown(stated)}, but should be one table [[studies]] or more"))
            return []
        found: list[Swept] = []
        places: dict[str, str] = {}
        for index, raw in enumerate(stated):
            place = f"studies[{index}]"
            for swept in self._entry(raw, place, settings):
                if swept.name in places:
                    where = "itself" if places[swept.name] == place else places[swept.name]
                    self.mistakes.append(
                        Mistake(place, f'comes to the study "{swept.name}", as does {where}; state another `name`')
                    )
                    continue
                places[swept.name] = place
                found.append(swept)
        return found

    def shares(self, budget: SweepBudget, studies: list[Swept]) -> None:
        """Complain about a total that does not go round."""
        sharing = [swept for swept in studies if swept.trials is None]
        left = _left(budget, studies)
        if sharing and left is not None and left < len(sharing):
            self.mistakes.append(
                Mistake("budget.trials", f"leaves {max(0, left)} trials for {len(sharing)} studies, which is too few")
            )

    def _entry(self, raw: Mapping[str, Any], place: str, settings: SweepSettings) -> Iterator[Swept]:
        entry, mistakes = read_section(SweptStudies, raw, place)
        self.mistakes += mistakes
        if entry is None or mistakes:
            return
        try:
            base = self._base_study(entry.study)
        except TunerError as error:
            told = str(error).replace("\n", "\n  ")
            self.mistakes.append(Mistake(f"{place}.study", f'is "{entry.study}", which cannot be used:\n  {told}'))
            return
        if entry.data and "path" not in base.tables.get("data", {}):
            self.mistakes.append(Mistake(f"{place}.data", f"names tables, but {base.file} has no data.path"))
            return
        for variant in _variants(entry):
            swept = self._swept(entry, base, variant, place)
            if swept is not None:
                yield replace(swept, workers=entry.workers or settings.workers)

    def _swept(self, entry: SweptStudies, base: BaseStudy, variant: _Variant, place: str) -> Swept | None:
        name = f"{entry.name or base.definition.name}{variant.suffix}"
        tables = _merged(base.tables, {**entry.override, "name": name})
        if variant.seed is not None:
            tables["seed"] = variant.seed
        if variant.path is not None:
            tables["data"]["path"] = variant.path
        # A run after the data have changed is one of its own, unless somebody wants it otherwise.
        tables["data"].setdefault("on_data_change", "new_study")
        definition = self._definition(entry, base, tables, name, place)
        if definition is None:
            return None
        if name == base.definition.name and definition.meaning != base.definition.meaning:
            self.mistakes.append(
                Mistake(f"{place}.override", f'changes what the study "{name}" means; state a `name` for it beside')
            )
            return None
        return Swept(name, base.file, tables, definition, trainer=variant.trainer, trials=entry.trials, then=entry.then)

    def _definition(
        self, entry: SweptStudies, base: BaseStudy, tables: dict[str, Any], name: str, place: str
    ) -> StudyDefinition | None:
        if not entry.override:
            # Proving a large space again would take seconds for each.
            changed = {"on_data_change": tables["data"]["on_data_change"]}
            if entry.data:
                changed["path"] = tables["data"]["path"]
            data = base.definition.data.model_copy(update=changed)
            return replace(base.definition, name=name, seed=tables.get("seed", 0), data=data)
        try:
            return read_study(tables, source=self._source, stem=name)
        except StudyFileError as error:
            self.mistakes += [Mistake(f"{place}.override.{each.place}", each.problem) for each in error.mistakes]
            return None


def _variants(entry: SweptStudies) -> Iterator[_Variant]:
    """Every combination that an entry states, with what stands behind the study's name."""
    trainers = entry.trainers or (None,)
    for path in entry.data or (None,):
        for seed in entry.seeds or (None,):
            for trainer in trainers:
                suffix = f"-{_stem(path)}" if path is not None else ""
                suffix += f"-seed{seed}" if seed is not None else ""
                suffix += f"-{trainer}" if len(trainers) > 1 else ""
                yield _Variant(suffix, seed, path, trainer)


def _stem(path: str) -> str:
    """A table's name as it may stand in a study's.

    >>> _stem("tables/New York.csv.gz")
    'New-York'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", Path(path).name.partition(".")[0]).strip("-") or "data"


def _merged(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Tables in which what the other ones state stands instead; where both have a table, setting by setting.

    A range and choices stand for one setting.

    >>> _merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    >>> _merged({"a": {"low": 1, "high": 2}}, {"a": {"choices": [1, 4]}})
    {'a': {'choices': [1, 4]}}
    """
    merged = deepcopy(dict(base))
    for name, value in other.items():
        here = merged.get(name)
        if isinstance(here, Mapping) and isinstance(value, Mapping) and _WHOLE.isdisjoint(value):
            merged[name] = _merged(here, value)
        else:
            merged[name] = deepcopy(value)
    return merged


def _left(budget: SweepBudget, studies: list[Swept]) -> int | None:
    """What the studies that state no trials themselves have together."""
    return None if budget.trials is None else budget.trials - sum(swept.trials or 0 for swept in studies)


def _with_shares(budget: SweepBudget, studies: list[Swept]) -> Iterator[Swept]:
    """The studies, each with its part of the total."""
    left = _left(budget, studies)
    sharing = sum(swept.trials is None for swept in studies)
    number = 0
    for swept in studies:
        if left is None or swept.trials is not None:
            yield swept
        else:
            yield replace(swept, trials=left // sharing + (number < left % sharing))
            number += 1
