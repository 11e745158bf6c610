"""Reading a table that comes in kinds: one table for one or several kinds, or a list of tables, one for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.space.complaints import missing_kind, no_setting, one_of, shown
from tuner.space.findings import Findings
from tuner.space.nodes import Choices, Fixed, Kinds, Leaf, dotted
from tuner.space.read_leaf import LeafReader
from tuner.space.shape import KindsShape, LeafShape, TableShape


class KindsReader:
    """Reads tables that come in kinds."""

    def __init__(self, found: Findings, leaf: LeafReader) -> None:
        self._found = found
        self._leaf = leaf

    def read(self, shape: KindsShape, raw: Any, place: str) -> Kinds | None:
        if isinstance(raw, list):
            return self._listed_kinds(shape, raw, place)
        if not isinstance(raw, Mapping):
            self._found.mistake(place, f"{_no_kind_table(shape, raw)}, or a list of such tables")
            self._unreadable(place)
            return None
        kinds = self._chosen_kinds(shape, raw, place)
        if not kinds:
            self._check_all(shape, raw, place)
            self._unreadable(place)
            return None
        misspelt = self._misspelt_settings(shape, kinds, raw, place)
        shared_raw = {name: value for name, value in raw.items() if name != "kind" and name not in shape.kinds}
        own_raw = {kind: raw[kind] for kind in shape.kinds if kind in raw}
        for kind in own_raw:
            if kind in kinds:
                continue
            if place not in self._found.kinds_in_doubt:
                self._found.mistake(dotted(place, kind), f"is for a kind that is not chosen ({', '.join(kinds)})")
                if not isinstance(own_raw[kind], Mapping):
                    continue
            self._own(shape, kind, own_raw[kind], dotted(place, kind), place)
        own = {
            kind: self._own(shape, kind, own_raw[kind], dotted(place, kind), place) for kind in kinds if kind in own_raw
        }
        shared = self._shared(shape, kinds, shared_raw, place)
        uses = {kind: self._uses(shape.kinds[kind], own.get(kind, {}), shared, alone=len(kinds) == 1) for kind in kinds}
        for name in shared:
            if not any(name in used for used in uses.values()) and place not in self._found.kinds_in_doubt:
                self._found.mistake(dotted(place, name), f"is used by no kind that may be chosen ({', '.join(kinds)})")
        for kind in kinds:
            stated = {*uses[kind], *own.get(kind, {})}
            own_place = place if len(kinds) == 1 else dotted(place, kind)
            own.setdefault(kind, {}).update(self._missing(shape, kind, stated, misspelt, own_place, place))
        kind_leaf: Fixed | Choices = Choices(kinds) if isinstance(raw["kind"], Mapping) else Fixed(kinds[0])
        return Kinds(kind_leaf, shared, {kind: table for kind, table in own.items() if table}, uses)

    def _unreadable(self, place: str) -> None:
        """A table of which no kind could be read."""
        self._found.doubtful.add(place)
        self._found.kinds_in_doubt.add(place)

    def _chosen_kinds(self, shape: KindsShape, raw: Mapping[str, Any], place: str) -> tuple[str, ...]:
        """The kinds that may be chosen, as far as they can be read."""
        where, options = dotted(place, "kind"), list(shape.kinds)
        if "kind" not in raw:
            if "kind" not in self._found.misspelt(raw, ["kind"], place):
                self._found.mistake(where, missing_kind(options))
            return ()
        stated = raw["kind"]
        if not isinstance(stated, Mapping) or "choices" not in stated:
            if isinstance(stated, str) and stated in options:
                return (stated,)
            if isinstance(stated, (Mapping, list)):
                several = "or { choices = [...] } for several"
                self._found.mistake(where, f"is {shown(stated)}, but should be one of {', '.join(options)}, {several}")
            else:
                self._found.mistake(where, one_of(stated, options))
            return ()
        for name in stated:
            if name != "choices":
                self._found.mistake(dotted(where, name), "does not go with choices")
        kinds = stated["choices"]
        if not isinstance(kinds, list) or not kinds:
            self._found.mistake(f"{where}.choices", f"is {shown(kinds)}, but should be a list of kinds")
            return ()
        good = [kind for kind in kinds if isinstance(kind, str) and kind in options]
        for index, kind in enumerate(kinds):
            if not isinstance(kind, str) or kind not in options:
                self._found.mistake(f"{where}.choices[{index}]", one_of(kind, options))
                self._found.kinds_in_doubt.add(place)
        chosen = tuple(dict.fromkeys(good))
        if len(chosen) < len(good):
            self._found.mistake(f"{where}.choices", f"states a kind twice: {shown(kinds)}")
        return chosen

    def _check_all(self, shape: KindsShape, raw: Mapping[str, Any], place: str) -> None:
        """The mistakes of a table whose kind cannot be told: what is wrong for every kind."""
        for name, value in raw.items():
            if name in shape.kinds:
                self._own(shape, name, value, dotted(place, name), place)
            elif name != "kind":
                self._shared(shape, tuple(shape.kinds), {name: value}, place)

    def _own(self, shape: KindsShape, kind: str, raw: Any, place: str, table: str) -> dict[str, Leaf]:
        """The settings of one kind's own table.

        Args:
            shape: the kinds there are.
            kind: the kind whose table it is.
            raw: the table as the file states it.
            place: where the file states it, such as `optimizer.sgd`.
            table: where a configuration has it, such as `optimizer`.
        """
        if not isinstance(raw, Mapping):
            self._found.mistake(place, f"is {shown(raw)}, but should be a table with settings of {kind}")
            self._found.doubtful.add(table)
            return {}
        self._misspelt_settings(shape, (kind,), raw, table)
        own: dict[str, Leaf] = {}
        for name, value in raw.items():
            leaf = self._setting(shape, kind, name)
            if leaf is None:
                self._found.mistake(dotted(place, name), no_setting(shape, (kind,), name))
            else:
                own[name] = self._leaf.read(leaf, value, dotted(place, name), dotted(table, name))
        return own

    def _shared(self, shape: KindsShape, kinds: tuple[str, ...], raw: Mapping[str, Any], place: str) -> dict[str, Leaf]:
        """The settings that a table states for all of its kinds at once."""
        shared: dict[str, Leaf] = {}
        for name, value in raw.items():
            leaf = next((leaf for kind in kinds if (leaf := self._setting(shape, kind, name))), None)
            others = shape.kinds_with(name)
            if leaf is not None:
                shared[name] = self._leaf.read(leaf, value, dotted(place, name))
            elif others and place in self._found.kinds_in_doubt:
                self._shared(shape, others, {name: value}, place)
            else:
                self._found.mistake(dotted(place, name), no_setting(shape, kinds, name))
        return shared

    def _uses(
        self, table: TableShape, own: Mapping[str, Leaf], shared: Mapping[str, Leaf], *, alone: bool
    ) -> tuple[str, ...]:
        return tuple(
            name
            for name, field in table.fields.items()
            if name in shared and name not in own and (alone or not field.own_table_only)
        )

    def _missing(
        self, shape: KindsShape, kind: str, stated: set[str], misspelt: set[str], place: str, table: str
    ) -> dict[str, Leaf]:
        """Stand-ins for what must be stated and is not, or is misspelt."""
        stand_ins: dict[str, Leaf] = {}
        for name, field in shape.kinds[kind].fields.items():
            if field.required and name not in stated and isinstance(field.shape, LeafShape):
                if name not in misspelt:
                    self._found.mistake(dotted(place, name), f"is missing, but {kind} needs it. {field.description}")
                self._found.doubtful.add(dotted(table, name))
                stand_ins[name] = Fixed(field.shape.stand_in())
        return stand_ins

    def _listed_kinds(self, shape: KindsShape, raw: list[Any], place: str) -> Kinds | None:
        own: dict[str, dict[str, Leaf]] = {}
        for index, item in enumerate(raw):
            where = f"{place}[{index}]"
            if not isinstance(item, Mapping):
                self._found.mistake(where, _no_kind_table(shape, item))
                self._found.kinds_in_doubt.add(place)
                continue
            kind = item.get("kind")
            settings = {name: value for name, value in item.items() if name != "kind"}
            if not isinstance(kind, str) or kind not in shape.kinds:
                options = list(shape.kinds)
                self._found.mistake(f"{where}.kind", one_of(kind, options) if "kind" in item else missing_kind(options))
                self._found.kinds_in_doubt.add(place)
                self._check_all(shape, settings, where)
                continue
            leaves = self._own(shape, kind, settings, where, place)
            misspelt = self._misspelt_settings(shape, (kind,), settings, place)
            leaves.update(self._missing(shape, kind, set(leaves), misspelt, where, place))
            if kind in own:
                self._found.mistake(f"{where}.kind", f'is "{kind}" for the second time; one table for each kind')
            else:
                own[kind] = leaves
        if not raw:
            self._found.mistake(place, "is an empty list, but should hold at least one table with a kind")
        if not own:
            self._unreadable(place)
            return None
        return Kinds(Choices(tuple(own)), {}, {kind: table for kind, table in own.items() if table}, {})

    def _misspelt_settings(
        self, shape: KindsShape, kinds: tuple[str, ...], raw: Mapping[str, Any], place: str
    ) -> set[str]:
        """The same for a table of some kinds; another kind's setting is not misspelt."""
        known = ["kind", *shape.kinds, *self._settings(shape, kinds)]
        return self._found.misspelt([name for name in raw if name in known or not shape.kinds_with(name)], known, place)

    def _setting(self, shape: KindsShape, kind: str, name: str) -> LeafShape | None:
        field = shape.kinds[kind].fields.get(name)
        return field.shape if field is not None and isinstance(field.shape, LeafShape) else None

    def _settings(self, shape: KindsShape, kinds: tuple[str, ...]) -> list[str]:
        return list(dict.fromkeys(name for kind in kinds for name in shape.kinds[kind].fields))


def _no_kind_table(shape: KindsShape, found: Any) -> str:
    kind = found if isinstance(found, str) and found in shape.kinds else next(iter(shape.kinds))
    return f'is {shown(found)}, but should be a table such as {{ kind = "{kind}" }}'
