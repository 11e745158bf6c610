"""A look at a table of which nobody has said anything yet, so that a study can be proposed for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tuner.data.frame import Frame
from tuner.data.load import fixed_parts, load_frame
from tuner.data.look.cells import is_number, is_text, numbers_of, whole
from tuner.data.look.columns import inputs_of, seen, tailed
from tuner.data.look.findings import Dropped, Look, Marker, Typed
from tuner.data.look.goal import class_counts, find_target, goal_of
from tuner.data.look.kinds import stated_kinds, unreadable
from tuner.data.look.leaks import suspected_leaks
from tuner.data.look.markers import WORDS, number_markers, text_markers
from tuner.data.look.reading import how_written, read_first
from tuner.data.look.roles import suggestions
from tuner.data.look.useless import useless_columns
from tuner.data.look.words import count
from tuner.data.look.zeros import spelled_with_zeros
from tuner.data.table import TRAIN, Table
from tuner.data.understand import table_of
from tuner.errors import DataError
from tuner.study.data_settings import DataSettings
from tuner.study.metrics import Task

__all__ = ["Look", "look_at"]

MOST_SPELLED = 5_000_000
"""Of so many cells at most it is looked at how they are spelled."""


@dataclass(frozen=True, eq=False)
class _Cleared:
    """A table as it reads once what stands for missing values is known."""

    frame: Frame
    settings: DataSettings
    markers: Sequence[Marker]
    cautions: Sequence[str]


def look_at(
    paths: Sequence[str],
    *,
    root: Path,
    target: str | None = None,
    task: Task | None = None,
    test: Sequence[str] = (),
) -> tuple[Look, Table]:
    """Reads a table, and finds what a study has to say of it so that it can be learned from.

    Args:
        paths: its files, as a study names them.
        root: the project root.
        target: the column to predict, by name or position.
        task: what kind of target it is; None to go by its values.
        test: files of test rows.
    Returns:
        What was found, and the table as a study of just that would read it.
    Raises:
        DataError: if a file cannot be read, the target cannot be learned, or nothing is left to learn from.
    """
    first = DataSettings(path=tuple(paths), test_path=tuple(test) or None, target=1)
    frame, encoding = read_first(first, root)
    goal = goal_of(frame, find_target(frame, target), task)
    settings = first.model_copy(update={"target": goal.column, "task": goal.task, "encoding": encoding})
    features = [name for name in frame.columns if name != goal.column]
    cleared = _without_markers(frame, settings, features, root)
    drop = [*useless_columns(cleared.frame, features)]
    zeros = [*_with_zeros(cleared, _left(features, drop), root)]
    drop += [each for each in zeros if isinstance(each, Dropped)]
    coded = {each.column for each in zeros}
    kinds = [*zeros, *stated_kinds(cleared.frame, [name for name in _left(features, drop) if name not in coded])]
    types = [each for each in kinds if isinstance(each, Typed)]
    drop += [each for each in kinds if isinstance(each, Dropped) and each not in drop]
    stated = {each.column: each.kind for each in types}
    settings = cleared.settings.model_copy(update={"types": stated})
    frame = load_frame(settings, root=root)
    drop += unreadable(frame, _left(features, drop), stated)
    types = [each for each in types if each.column in _left(features, drop)]
    _check_any_left(frame, features, drop)
    settings = settings.model_copy(update={"drop": tuple(each.column for each in drop), "types": _stated(types)})
    table = table_of(frame, settings, fixed_parts(settings, frame))
    training = np.flatnonzero(table.fixed == TRAIN) if table.fixed is not None else np.arange(table.rows)
    look = Look(
        name=frame.name,
        rows=len(training),
        inputs=inputs_of(table),
        goal=replace(goal, counts=class_counts(table, training)),
        columns=tuple(seen(table)),
        reading=tuple(how_written(settings, root)),
        encoding=encoding,
        missing=tuple(cleared.markers),
        types=tuple(types),
        drop=tuple(sorted(drop, key=lambda each: features.index(each.column))),
        leaks=tuple(suspected_leaks(table, training)),
        suggestions=tuple(suggestions(frame, features, {each.name: each.kind for each in table.features})),
        cautions=tuple(cleared.cautions),
        tailed=tuple(tailed(table)),
    )
    return look, table


def _left(features: Sequence[str], drop: Sequence[Dropped]) -> list[str]:
    gone = {each.column for each in drop}
    return [name for name in features if name not in gone]


def _stated(types: Sequence[Typed]) -> Mapping[str, str]:
    return {each.column: each.kind for each in types}


def _with_zeros(cleared: _Cleared, columns: Sequence[str], root: Path) -> Iterator[Typed | Dropped]:
    """Codes such as "007", which only the file's own spelling tells from numbers."""
    numbers = [name for name in columns if is_number(cells := cleared.frame.columns[name]) and whole(numbers_of(cells))]
    if numbers and cleared.frame.rows * len(numbers) <= MOST_SPELLED:
        # A column whose kind is stated is read as it is spelled.
        as_texts = cleared.settings.model_copy(update={"types": dict.fromkeys(numbers, "category")})
        yield from spelled_with_zeros(load_frame(as_texts, root=root), numbers)


def _check_any_left(frame: Frame, features: Sequence[str], drop: Sequence[Dropped]) -> None:
    if len(drop) == len(features):
        reasons = "; ".join(f'"{each.column}" is {each.reason}' for each in drop[:5])
        raise DataError(f"{frame.name}: has no column to learn from beside the target: {reasons or 'there is none'}")


def _without_markers(frame: Frame, settings: DataSettings, features: Sequence[str], root: Path) -> _Cleared:
    """Reads once more what stands for missing values, so that numbers are numbers."""
    target = settings.targets[0]
    texts, cautions = _texts(frame, features, str(target))
    if texts:
        settings = settings.model_copy(update={"missing": tuple(each.value for each in texts)})
        frame = load_frame(settings, root=root)
    numbers, more = number_markers(frame, features, [str(target)])
    if numbers:
        settings = settings.model_copy(update={"missing": tuple(each.value for each in [*texts, *numbers])})
        frame = load_frame(settings, root=root)
    return _Cleared(frame, settings, [*texts, *numbers], [*cautions, *more])


def _texts(frame: Frame, features: Sequence[str], target: str) -> tuple[list[Marker], list[str]]:
    """Texts that stand for missing values, each once; those that mean something elsewhere are cautions."""
    found: dict[str, list[tuple[str, Marker]]] = {}
    for name, marker in text_markers(frame, features):
        found.setdefault(str(marker.value), []).append((name, marker))
    markers, cautions = [], []
    for text, places in found.items():
        reason = places[0][1].reason
        if len(places) > 1:
            reason += f"; and in {count(len(places) - 1, 'more column')}"
        others = {target} if text.lower() in WORDS else {target, *features} - {name for name, _ in places}
        ordinary = [name for name in frame.columns if name in others and _has(frame, name, text)]
        if ordinary:
            cautions.append(f'"{text}" stands in {reason}, but is a value of "{ordinary[0]}" too')
        else:
            markers.append(Marker(text, reason))
    return markers, cautions


def _has(frame: Frame, name: str, text: str) -> bool:
    cells = frame.columns[name]
    return is_text(cells) and text in set(cells.cat.categories)
