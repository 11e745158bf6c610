"""A search space: the tree of `Hyperparameters` with ranges or choices where values would stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...]
"""What a leaf of the tree can hold."""


@dataclass(frozen=True)
class Fixed:
    """A value that is not searched."""

    value: Value


@dataclass(frozen=True)
class Range:
    """Every number between two bounds, both included.

    Attributes:
        low, high: the bounds; both integers, or both floats.
        log: whether to search evenly in the logarithm.
        step: distance between neighbouring values; None for all floats, or for integers one apart.
    """

    low: int | float
    high: int | float
    log: bool = False
    step: int | float | None = None

    @property
    def integer(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int)


@dataclass(frozen=True)
class Choices:
    """One of a few values, in the order of the study file."""

    values: tuple[Value, ...]


Leaf = Fixed | Range | Choices


@dataclass(frozen=True)
class AppliesTo:
    """What applies only beside certain kinds of another table, or certain values of another setting.

    Attributes:
        table: the other table or setting, such as `optimizer` or `loss`.
        kinds: the kinds or values beside which it applies.
        default: the other's kind or value where the study states none.
    """

    table: str
    kinds: frozenset[str]
    default: str

    def beside(self, value: Value) -> bool:
        """Whether it applies beside a kind or a value."""
        return value in self.kinds


@dataclass(frozen=True)
class AppliesFrom:
    """What applies only from a certain size of another setting on, such as the width of a third layer.

    Attributes:
        table: the other setting, such as `depth`; a whole number.
        least: from which value on it applies.
        default: the other's value where the study states none.
    """

    table: str
    least: int
    default: int

    def beside(self, value: Value) -> bool:
        """Whether it applies beside a value."""
        return isinstance(value, int) and value >= self.least


Condition = AppliesTo | AppliesFrom


@dataclass(frozen=True)
class Kinds:
    """A table that comes in kinds with settings of their own, such as the optimizer.

    Attributes:
        kind: which kinds may be chosen.
        shared: settings stated once for all kinds; each is one parameter.
        own: settings stated for one kind; their parameters carry the kind's name.
        uses: which of the shared settings apply to each kind.
    """

    kind: Fixed | Choices
    shared: Mapping[str, Leaf]
    own: Mapping[str, Mapping[str, Leaf]]
    uses: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The kinds that may be chosen."""
        values = (self.kind.value,) if isinstance(self.kind, Fixed) else self.kind.values
        return tuple(str(value) for value in values)


@dataclass(frozen=True)
class Table:
    """A table of settings; what a study leaves out keeps its default.

    Attributes:
        entries: the settings that the study states, in the order of the configuration.
        applies: for entries that depend on the kind or the value of another entry, on which.
    """

    entries: Mapping[str, Node]
    applies: Mapping[str, Condition] = field(default_factory=dict)


Node = Fixed | Range | Choices | Kinds | Table


def dotted(*names: str) -> str:
    """A place in the tree, and the name of its parameter in the storage.

    >>> dotted("", "layers", "depth")
    'layers.depth'
    """
    return ".".join(name for name in names if name)


def leaves(node: Node, place: str = "") -> Mapping[str, Leaf]:
    """Every leaf of a space by its dotted place, which is also its parameter's name in the storage."""
    if isinstance(node, Table):
        return {
            name: leaf
            for key, child in node.entries.items()
            for name, leaf in leaves(child, dotted(place, key)).items()
        }
    if isinstance(node, Kinds):
        shared = {dotted(place, name): leaf for name, leaf in node.shared.items()}
        own = {dotted(place, kind, name): leaf for kind, table in node.own.items() for name, leaf in table.items()}
        return {dotted(place, "kind"): node.kind, **shared, **own}
    return {place: node}


def deciding(node: Node, place: str = "") -> frozenset[str]:
    """The searched choices by which it is decided what else there is: kinds, and settings that others go by."""
    if isinstance(node, Kinds):
        return frozenset([dotted(place, "kind")]) if isinstance(node.kind, Choices) else frozenset()
    if not isinstance(node, Table):
        return frozenset()
    others = {condition.table for condition in node.applies.values()}
    settings = {dotted(place, name) for name in others if isinstance(node.entries.get(name), Choices)}
    return frozenset(settings).union(*(deciding(child, dotted(place, key)) for key, child in node.entries.items()))


def thresholds(node: Node, place: str = "") -> Mapping[str, list[int]]:
    """The ranges by whose value it is decided what else there is, and the values from which on there is more."""
    if not isinstance(node, Table):
        return {}
    found: dict[str, list[int]] = {}
    for condition in node.applies.values():
        if isinstance(condition, AppliesFrom) and isinstance(node.entries.get(condition.table), Range):
            found.setdefault(dotted(place, condition.table), []).append(condition.least)
    for key, child in node.entries.items():
        found |= thresholds(child, dotted(place, key))
    return {name: sorted(set(values)) for name, values in found.items()}


def searched(space: Table) -> Mapping[str, Range | Choices]:
    """The leaves that are searched: every range and every choice."""
    return {name: leaf for name, leaf in leaves(space).items() if not isinstance(leaf, Fixed)}
