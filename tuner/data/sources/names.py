"""What the columns of a file may be called."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tuner.data.frame import NAMELESS
from tuner.errors import DataError


def named(names: Sequence[str]) -> tuple[str, ...]:
    """Names for all columns: one that has none is called after its place, see `NAMELESS`.

    >>> named(["", "a"])
    ('unnamed 1', 'a')
    """
    return tuple(name or f"{NAMELESS}{index + 1}" for index, name in enumerate(names))


def check_names(names: Sequence[str], name: str, drop: Collection[str | int] = ()) -> None:
    """Raises DataError unless each column has a name of its own, save those that are dropped."""
    seen = set()
    for index, column in enumerate(names):
        if column in drop:
            continue
        if not column:
            raise DataError(
                f"{name}: column {index + 1} has no name. Give it one; or, if it counts the rows, leave it out "
                f"(pandas writes none with index=False)."
            )
        if column in seen:
            raise DataError(f'{name}: has two columns "{column}". Rename or remove one of them.')
        seen.add(column)
    if not seen:
        raise DataError(f"{name}: has no columns" + (" beside those that are dropped" if names else ""))
