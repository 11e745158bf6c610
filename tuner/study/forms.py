"""The forms of the data that a study's trials want: one for each way of preprocessing in its space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

from tuner.errors import HyperparameterError
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.space import Choices, Fixed, Range, Table
from tuner.space.nodes import Leaf, Value

TABLE = "preprocessing"

MOST_FORMS = 16
"""Each form is a copy of the table in memory."""

MAIN = "main"
"""The key of the only form, where there is one."""


@dataclass(frozen=True)
class Forms:
    """Every way of preprocessing that a space has.

    Attributes:
        stated: what the study states of `[hyperparameters.preprocessing]`, by setting.
    """

    stated: Mapping[str, Leaf]

    @cached_property
    def by_key(self) -> Mapping[str, Preprocessing]:
        """Each form by its key.

        Raises:
            HyperparameterError: if they are too many.
        """
        self.check()
        values = self._values
        every = [
            Preprocessing.model_validate(dict(zip(values, each, strict=True))) for each in product(*values.values())
        ]
        return {self.key_of(form): form for form in every}

    def check(self) -> None:
        """Raises HyperparameterError if there are more forms than there may be."""
        count = prod(len(each) for each in self._values.values())
        if count > MOST_FORMS:
            searched = ", ".join(f"{len(each)} for {name}" for name, each in self._values.items() if len(each) > 1)
            raise HyperparameterError(
                f"has {count} combinations ({searched}), but each is a copy of the table in memory, so that there may "
                f"be {MOST_FORMS}; search fewer, or choices instead of a range"
            )

    @property
    def _values(self) -> Mapping[str, tuple[Value, ...]]:
        return {name: _values(leaf) for name, leaf in self.stated.items()}

    def key_of(self, form: Preprocessing) -> str:
        """Names a form by what is searched of it, such as `robust`."""
        searched = [name for name, leaf in self.stated.items() if not isinstance(leaf, Fixed)]
        return ", ".join(str(getattr(form, name)) for name in searched) or MAIN


def forms_of(space: Table) -> Forms:
    """The forms of a space."""
    table = space.entries.get(TABLE)
    entries = table.entries if isinstance(table, Table) else {}
    return Forms({name: leaf for name, leaf in entries.items() if isinstance(leaf, (Fixed, Choices, Range))})


def _values(leaf: Leaf) -> tuple[Value, ...]:
    """All values of a setting; its ranges are of whole numbers."""
    if isinstance(leaf, Fixed):
        return (leaf.value,)
    if isinstance(leaf, Choices):
        return leaf.values
    return tuple(range(int(leaf.low), int(leaf.high) + 1, int(leaf.step or 1)))
