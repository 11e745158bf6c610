"""How a schedule describes its settings: once, for its own checks, for study files and for the documentation."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal

from tuner.errors import HyperparameterError

Given = Literal["initial", "last_epoch", "direction"]
"""What the training knows and a study file need not repeat."""


@dataclass(frozen=True)
class Setting:
    """What one setting of a schedule means and which values it can have.

    Attributes:
        description: one sentence; it ends up in the JSON Schema of study files and in the documentation.
        at_least, at_most: bounds, both allowed; None where there is none.
        above, below: bounds, both excluded; None where there is none.
        given: what the training fills in when a study file leaves the setting out.
    """

    description: str
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    given: Given | None = None

    def complaint(self, value: float) -> str | None:
        """What is wrong with a value, as the rest of a sentence; None if nothing is."""
        if not math.isfinite(value):
            return "must be a finite number"
        if self.at_least is not None and value < self.at_least:
            return f"must be at least {self.at_least:g}"
        if self.at_most is not None and value > self.at_most:
            return f"must be at most {self.at_most:g}"
        if self.above is not None and value <= self.above:
            return f"must be above {self.above:g}"
        if self.below is not None and value >= self.below:
            return f"must be below {self.below:g}"
        return None


def setting(description: str, *, default: Any = dataclasses.MISSING, **bounds: Any) -> Any:
    """A dataclass field that carries its `Setting`; a field without a default must be stated."""
    return dataclasses.field(default=default, metadata={"setting": Setting(description, **bounds)})


def settings_of(schedule: type[Any]) -> dict[str, tuple[dataclasses.Field[Any], Setting]]:
    """Every field of a schedule class that a person may set, by name, in the order of the class."""
    return {
        field.name: (field, field.metadata["setting"])
        for field in dataclasses.fields(schedule)
        if "setting" in field.metadata
    }


def check_settings(schedule: Any) -> None:
    """Hold a schedule's numbers against their settings.

    Raises:
        HyperparameterError: naming the setting, the value found and what would do.
    """
    for name, (_, described) in settings_of(type(schedule)).items():
        value = getattr(schedule, name)
        numbers = value if isinstance(value, tuple) else (value,)
        for number in numbers:
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                continue
            complaint = described.complaint(number)
            if complaint:
                raise HyperparameterError(f"{complaint}, but is {number}", name)


def check_not_above(schedule: Any, lower: str, upper: str) -> None:
    """Hold one setting of a schedule below another.

    Raises:
        HyperparameterError: if the first is above the second; it blames the first.
    """
    found, bound = getattr(schedule, lower), getattr(schedule, upper)
    if found > bound:
        raise HyperparameterError(f"must not exceed the {upper} value {bound:g}, but is {found:g}", lower, upper)
