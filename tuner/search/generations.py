"""Generations of a study: NAME, and NAME@DATE for each time that its data had changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from optuna.storages import BaseStorage

from tuner.search.studies import DATA, DEFINITION, stored_definition, stored_names
from tuner.study.definition import StudyDefinition, fingerprint

MARK = "@"

_NAME = re.compile(rf"([A-Za-z0-9][A-Za-z0-9._-]*)(?:{MARK}[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:\.[0-9]+)?)?")


def study_of_generation(name: str) -> str | None:
    """The name of the study that a stored study's name makes it a generation of; None if it is no such name.

    >>> study_of_generation("churn@2026-11-21.2"), study_of_generation("churn"), study_of_generation("churn@best")
    ('churn', 'churn', None)
    """
    found = _NAME.fullmatch(name)
    return None if found is None else found[1]


def generations(storage: BaseStorage, name: str) -> list[str]:
    """The stored generations of a study, the newest last.

    They are in the order in which they were made.
    """
    return [each for each in stored_names(storage) if study_of_generation(each) == name]


def generation_for(
    storage: BaseStorage, definition: StudyDefinition, data: str, metric: str | Sequence[str], today: date
) -> StudyDefinition:
    """The definition under the name of the generation that has its data; that of a new one where none has.

    A stored study that means something else is none of its generations, and is left to `join_study` to refuse.

    Args:
        storage: where generations are.
        definition: the study's.
        data: fingerprint of the data.
        metric: the objective, or all of several, written out.
        today: names a new generation.
    """
    known = generations(storage, definition.name)
    if not known:
        return definition
    stated = fingerprint({**definition.meaning, "search.metric": metric})
    for name in reversed(known):
        attributes = stored_definition(storage, name)
        if DEFINITION not in attributes or fingerprint(attributes[DEFINITION]) != stated:
            return replace(definition, name=name)
        if attributes.get(DATA) == data:
            return replace(definition, name=name)
    return replace(definition, name=_fresh(f"{definition.name}{MARK}{today.isoformat()}", known))


def _fresh(name: str, known: Sequence[str]) -> str:
    """A name that no stored study has.

    >>> _fresh("churn@2026-11-21", ["churn"]), _fresh("churn@2026-11-21", ["churn", "churn@2026-11-21"])
    ('churn@2026-11-21', 'churn@2026-11-21.2')
    """
    number, fresh = 1, name
    while fresh in known:
        number += 1
        fresh = f"{name}.{number}"
    return fresh
