"""From a table as its source holds it to a table that is understood: each column has its role and its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.column import Column, quoted
from tuner.data.frame import NAMELESS, Frame, name_of
from tuner.data.kinds import Understood, understand
from tuner.data.table import TRAIN, Table
from tuner.data.target import Target, read_target
from tuner.errors import DataError, did_you_mean
from tuner.study.data_settings import DataSettings

SHOWN_MISTAKES = 5
"""How many columns with mistakes an error names."""

SHOWN_COLUMNS = 20
"""How many columns an error lists."""


def table_of(frame: Frame, settings: DataSettings, fixed: NDArray[np.int8] | None = None) -> Table:
    """A table, understood.

    Args:
        frame: as the source holds it.
        settings: what the study says of its columns.
        fixed: int8 [rows], the part of each row, where files of their own bring some part.
    Raises:
        DataError: if columns cannot be used; the first mistake of each.
    """
    if not frame.rows:
        raise DataError(f"{frame.name}: has no rows")
    roles = Roles(frame, settings)
    mistakes: list[str] = []
    understood: list[Understood] = []
    targets: list[Target] = []
    for name in roles.targets:
        try:
            targets.append(read_target(Column(frame, name), settings.known_task))
        except DataError as error:
            mistakes.append(str(error))
    for name in roles.features:
        column = Column(frame, name)
        if name.startswith(NAMELESS):
            mistakes.append(_nameless(frame, name))
            continue
        if column.cells.isna().all() and name not in roles.types:
            continue  # a column of which nothing is known says nothing
        try:
            understood.append(understand(column, roles.types.get(name)))
        except DataError as error:
            mistakes.append(str(error))
    if mistakes:
        rest = len(mistakes) - SHOWN_MISTAKES
        more = [f"{frame.name}: {rest} more columns cannot be used"] if rest > 0 else []
        raise DataError("\n".join(mistakes[:SHOWN_MISTAKES] + more))
    if not understood:
        raise DataError(f"{frame.name}: has no column to learn from beside the target")
    target = _together(frame, roles.targets, targets)
    table = Table(
        name=frame.name,
        x=_stacked(understood),
        y=target.y,
        features=tuple(each.feature for each in understood),
        task=target.task,
        classes=target.classes,
        targets=tuple(roles.targets),
        weights=None if roles.weights is None else _weights(Column(frame, roles.weights)),
        groups=None if roles.group is None else _groups(Column(frame, roles.group)),
        times=None if roles.time is None else _times(Column(frame, roles.time), roles.types.get(roles.time)),
        fixed=fixed,
        parts=frame.parts,
    )
    _refuse_new_labels(table)
    return table


def _nameless(frame: Frame, name: str) -> str:
    """What is wrong with a column without a name, which is nearly always the numbers of the rows."""
    place = name.removeprefix(NAMELESS)
    return (
        f"{frame.name}: column {place} has no name. Give it one; or, if it counts the rows, leave it out with "
        f'drop = ["{name}"] (pandas writes none with index=False).'
    )


class Roles:
    """Which columns are for what, by name.

    Attributes:
        targets: to be predicted.
        weights, group, time: the columns of those roles; None without.
        features: all others but those that are dropped.
        types: what the study says that columns are.
    """

    def __init__(self, frame: Frame, settings: DataSettings) -> None:
        """Find the columns that the settings name.

        Raises:
            DataError: if there are none such.
        """
        self._frame = frame
        self.targets = [self._found(name, "target") for name in settings.targets]
        self.weights = None if settings.weights is None else self._found(settings.weights, "weights")
        self.group = None if settings.group is None else self._found(settings.group, "group")
        self.time = None if settings.time is None else self._found(settings.time, "time")
        self.types: Mapping[str, str | tuple[str, ...]] = {
            self._found(name, "types"): kind for name, kind in settings.types.items()
        }
        dropped = {self._found(name, "drop") for name in settings.drop}
        taken = {*self.targets, self.weights, self.group, self.time}
        for name in sorted(dropped & {each for each in taken if each is not None}):
            raise DataError(f'{frame.name}: column "{name}" is in drop, but is needed. Take it out of drop.')
        self.features = [name for name in frame.columns if name not in dropped | taken]

    def _found(self, stated: str | int, role: str) -> str:
        names = self._frame.all_names
        found = name_of(stated, names)
        if found in names:
            return str(found)
        if isinstance(stated, str):
            rest = len(names) - SHOWN_COLUMNS
            known = ", ".join(names[:SHOWN_COLUMNS]) + (f" and {rest} more" if rest > 0 else "")
            what = "which is the target" if role == "target" else f"which {role} names"
            raise DataError(
                f'{self._frame.name}: has no column "{stated}", {what}; there are {known}.{did_you_mean(stated, names)}'
            )
        raise DataError(f"{self._frame.name}: has {len(names)} columns, so that {role} cannot be column {stated}")


def _together(frame: Frame, names: Sequence[str], targets: Sequence[Target]) -> Target:
    """One target out of several; those are numbers."""
    if len(targets) == 1:
        return targets[0]
    return Target("regression", np.column_stack([target.y for target in targets]))


def _stacked(understood: Sequence[Understood]) -> NDArray[np.float64]:
    """The features side by side, float64 [rows, features], column by column in memory as they come."""
    x = np.empty((len(understood[0].values), len(understood)), np.float64, order="F")
    for index, each in enumerate(understood):
        x[:, index] = each.values
    return x


def _weights(column: Column) -> NDArray[np.float64]:
    column.check_no_value_missing()
    values = column.numbers("but a weight is a number.")
    if (values < 0).any():
        row = int((values < 0).argmax())
        raise column.complaint(f"is {values[row]:g}, but a weight is 0 or more.", row)
    if not values.any():
        raise column.complaint("is 0 in every row, so that no row counts.")
    return values


def _groups(column: Column) -> NDArray[np.int64]:
    column.check_no_value_missing("Every row needs a group of its own or of others.")
    cells = column.cells
    codes, _ = pd.factorize(cells.astype(str) if isinstance(cells.dtype, pd.CategoricalDtype) else cells)
    return codes.astype(np.int64)


def _times(column: Column, stated: str | tuple[str, ...] | None) -> NDArray[np.float64]:
    column.check_no_value_missing("Rows are split by it: fill it in, or leave out the row.")
    understood = understand(column, stated)
    if understood.feature.kind not in ("number", "date"):
        raise column.complaint(
            f"has texts such as {quoted(understood.feature.levels[0])}, but rows are split by numbers or dates. "
            "State its format in types, or another column."
        )
    return understood.values


def _refuse_new_labels(table: Table) -> None:
    """A class that only other files have cannot be learned, and a network has no output for it."""
    if table.fixed is None or not table.classes:
        return
    known = np.unique(table.y[table.fixed == TRAIN])
    new = ~np.isin(table.y, known)
    if new.any():
        row = int(new.argmax())
        label = table.classes[table.y[row]]
        raise DataError(
            f'{table.place(row)}, column "{table.targets[0]}" is {quoted(label)}, which no row of the training file '
            f"is. Add such rows there, or leave this one out."
        )
