"""A study's data in every form that a trial may want."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tuner.data.prepared import Prepared
from tuner.study.metrics import Task


@dataclass(frozen=True, eq=False)
class PreparedData:
    """A study's data in every form that a trial may want. The test rows are not in here, on purpose.

    Attributes:
        forms: for each way of preprocessing, by its key, what each training of a trial sees: repetition by repetition,
            and fold by fold in each. All have the same number of features.
        fingerprint: of the rows and the splits.
        notes: what a person should know of how the rows were split.
    """

    forms: Mapping[str, Sequence[Sequence[Prepared]]]
    fingerprint: str
    notes: Sequence[str] = ()

    @property
    def first(self) -> Prepared:
        """One of them: the task, the classes and the outputs are those of all."""
        return next(iter(self.forms.values()))[0][0]

    @property
    def task(self) -> Task:
        """What kind of target it is."""
        return self.first.task

    @property
    def largest(self) -> Prepared:
        """The one with the most features."""
        return max((repeats[0][0] for repeats in self.forms.values()), key=lambda each: each.features)
