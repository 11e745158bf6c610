"""The piecewise schedule: values between given boundaries."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from tuner.errors import HyperparameterError
from tuner.schedules.schedule import Curve
from tuner.schedules.setting import setting


@dataclass(frozen=True, kw_only=True)
class Piecewise(Curve):
    """The initial value until the first boundary, then a value of its own from each boundary on.

    value[e] = initial      for e < boundaries[0]
    value[e] = values[i]    for boundaries[i] <= e < boundaries[i + 1]
    """

    initial: float = setting("Value until the first boundary.", at_least=0, given="initial")
    boundaries: tuple[int, ...] = setting("Epochs at which the value changes, rising.", at_least=1)
    values: tuple[float, ...] = setting("The value from each boundary on.", at_least=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.boundaries or list(self.boundaries) != sorted(set(self.boundaries)):
            raise HyperparameterError(f"must be rising epochs, but are {list(self.boundaries)}", "boundaries")
        if len(self.values) != len(self.boundaries):
            raise HyperparameterError(
                f"must be as many as the {len(self.boundaries)} boundaries, but are {len(self.values)}",
                "values",
                "boundaries",
            )

    def value(self, epoch: int) -> float:
        passed = bisect_right(self.boundaries, epoch)
        return self.values[passed - 1] if passed else self.initial
