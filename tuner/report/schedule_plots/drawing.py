"""What a plot of schedules shows, whichever way it is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tuner.errors import TunerError


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Curves over epochs, with their labels.

    Attributes:
        title: one line above the curves.
        y_label: what the values are, such as `learning rate`.
        curves: a label and the values from epoch 0 on for each curve, in the order of the legend.
        log_scale: whether equal factors take equal space, as learning rates over several decades want it. A value
            that is not above 0 has no place on such a scale and is left out.
    Raises:
        TunerError: if there is nothing to draw, or a value is no finite number.
    """

    title: str
    y_label: str
    curves: Sequence[tuple[str, Sequence[float]]]
    log_scale: bool = False

    def __post_init__(self) -> None:
        frozen = tuple((label, tuple(float(value) for value in values)) for label, values in self.curves)
        object.__setattr__(self, "curves", frozen)
        for label, values in frozen:
            for epoch, value in enumerate(values):
                if not math.isfinite(value):
                    raise TunerError(f'the curve "{label}" is {value} in epoch {epoch}, but should be a finite number')
        if not any(values for _, values in frozen):
            raise TunerError("there is nothing to draw: give at least one curve of at least one epoch")
        if not any(ys for _, _, ys in self.points()):
            raise TunerError("no value is above 0, so a log scale shows none of them: draw them on a linear scale")

    def points(self) -> list[tuple[str, list[int], list[float]]]:
        """Each curve's label, with the epochs and the values that can be shown."""
        drawn = []
        for label, values in self.curves:
            shown = [(epoch, value) for epoch, value in enumerate(values) if value > 0 or not self.log_scale]
            drawn.append((label, [epoch for epoch, _ in shown], [value for _, value in shown]))
        return drawn
