"""Proving a space: every corner of it must be a configuration that can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Any

from pydantic import BaseModel, ValidationError

from tuner.errors import HyperparameterError, Mistake
from tuner.space.choose import choose
from tuner.space.complaints import shown
from tuner.space.nodes import Choices, Fixed, Kinds, Leaf, Range, Table, Value, deciding, dotted, searched

_MOST_COMBINATIONS = 128
"""Above this, kinds are combined two tables at a time instead of all tables with all."""


class _Corner:
    """Decides by a few stated names and puts all others at their lower or upper end."""

    def __init__(self, stated: Mapping[str, Value], *, high: bool) -> None:
        self.stated = stated
        self.high = high
        self.met: dict[str, Range | Choices] = {}
        self.decided: dict[str, Value] = {}

    def number(self, name: str, among: Range) -> int | float:
        value = self._decide(name, among)
        assert isinstance(value, (int, float))
        return value

    def choice(self, name: str, among: Choices) -> Value:
        return self._decide(name, among)

    def _decide(self, name: str, among: Range | Choices) -> Value:
        self.met[name] = among
        self.decided[name] = self.stated.get(name, ends(among)[-1 if self.high else 0])
        return self.decided[name]


def ends(among: Leaf) -> tuple[Value, ...]:
    """The values at which a parameter is tried: both ends of a range, every choice from the least to the greatest."""
    if isinstance(among, Fixed):
        return (among.value,)
    if isinstance(among, Range):
        return (among.low, among.high)
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in among.values)
    return tuple(sorted(among.values)) if numbers else among.values


def corners(space: Table) -> Iterator[tuple[dict[str, Any], Mapping[str, Value]]]:
    """Configurations at the space's corners, and what was decided in each.

    For each combination of kinds: everything at its lower end, everything at its upper end, and each single parameter
    moved away from either. That meets every pair of ends of every two parameters, which is what settings that do not go
    together need to be found. Where there are too many combinations, two tables at a time are combined, and the
    parameters of other tables with kinds stay where they are: they are moved beside their own. No corner comes twice.
    """
    seen: set[frozenset[tuple[str, Value]]] = set()
    for kinds, left in _kind_combinations(space):
        for high in (False, True):
            base = _Corner(kinds, high=high)
            trees = [(choose(space, base), base.decided)]
            for name, among in base.met.items():
                if name in kinds or name.startswith(left):
                    continue
                for value in ends(among):
                    if value != base.decided[name]:
                        moved = _Corner({**kinds, name: value}, high=high)
                        trees.append((choose(space, moved), moved.decided))
            for tree, decided in trees:
                corner = frozenset(decided.items())
                if corner not in seen:
                    seen.add(corner)
                    yield tree, decided


def _kind_combinations(space: Table) -> list[tuple[dict[str, Value], tuple[str, ...]]]:
    """Combinations of kinds, and how the names of those parameters begin that need not be moved beside them."""
    turnings = deciding(space)
    options = {
        name: among.values for name, among in searched(space).items() if isinstance(among, Choices) and name in turnings
    }
    every = _combined(options)
    if len(every) <= _MOST_COMBINATIONS:
        return [(kinds, ()) for kinds in every]
    tables = {name: name.rpartition(".")[0] for name in options if name.endswith(".kind")}
    base = {name: values[0] for name, values in options.items()}
    return [
        ({**base, **pair}, tuple(f"{table}." for name, table in tables.items() if name not in (one, other)))
        for one, other in combinations(options, 2)
        for pair in _combined({one: options[one], other: options[other]})
    ]


def _combined(options: Mapping[str, tuple[Value, ...]]) -> list[dict[str, Value]]:
    return [dict(zip(options, values, strict=True)) for values in product(*options.values())]


def prove(space: Table, model: type[BaseModel], place: str, doubtful: set[str]) -> list[Mistake]:
    """The settings of a space that do not go together at some corner.

    Args:
        space: as read, with stand-ins where a mistake was.
        model: what a configuration is checked by.
        place: where the space stands in the file.
        doubtful: settings that are mistakes already; what they are involved in is not complained about again.
    Returns:
        One mistake for each place, with the corner at which it shows.
    """
    found: dict[str, Mistake] = {}
    for tree, decided in corners(space):
        for cause in _conflicts(tree, model):
            where = dotted(place, _stated(cause.settings[0], space, tree))
            if where not in found and not any(_touches(dotted(place, name), doubtful) for name in cause.settings):
                found[where] = Mistake(where, cause.problem + _at(cause.settings, decided))
    return list(found.values())


def _conflicts(tree: Mapping[str, Any], model: type[BaseModel]) -> Iterator[HyperparameterError]:
    """The settings of one configuration that do not go together.

    The table that is to blame is left out and the rest checked again, so that one conflict hides no other.
    """
    left_out: set[str] = set()
    while True:
        try:
            model.model_validate({name: part for name, part in tree.items() if name not in left_out})
            return
        except ValidationError as error:
            (detail,) = error.errors(include_url=False)
        cause = detail.get("ctx", {}).get("error")
        if not isinstance(cause, HyperparameterError):
            raise AssertionError(f"a space holds a value that cannot be: {detail}")
        tables = [name.partition(".")[0] for name in cause.settings]
        if left_out.isdisjoint(tables):
            yield cause
        to_blame = next((table for table in tables if table in tree and table not in left_out), None)
        if to_blame is None:
            return
        left_out.add(to_blame)


def _stated(setting: str, space: Table, tree: Mapping[str, Any]) -> str:
    """The place of a setting in the file, which may state it in a kind's own table."""
    table, _, name = setting.partition(".")
    node = space.entries.get(table)
    if isinstance(node, Kinds) and name in node.own.get(tree[table]["kind"], {}):
        return dotted(table, tree[table]["kind"], name)
    return setting


def _touches(setting: str, doubtful: set[str]) -> bool:
    return any(
        place == setting or place.startswith(setting + ".") or setting.startswith(place + ".") for place in doubtful
    )


def _at(settings: tuple[str, ...], decided: Mapping[str, Value]) -> str:
    """Where in the space it happens, told by the searched settings that take part."""
    taking_part = [setting.split(".") for setting in settings]
    parts = [
        f"{name} = {shown(value)}"
        for name, value in decided.items()
        for table, *setting in taking_part
        if name.partition(".")[0] == table and (not setting or name.rpartition(".")[2] in (*setting, "kind"))
    ]
    return f" (at {', '.join(dict.fromkeys(parts))})" if parts else ""
