"""Noise on gradients: on any curve over the epochs, or annealed from step to step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import Field

from tuner.hyperparameters.base import Settings
from tuner.hyperparameters.curves import MOMENTUM_SCHEDULES, CurveSettings
from tuner.schedules import Constant


class Annealed(Settings):
    """Annealed from step to step: variance eta / (1 + t)^gamma in training step t, counted from 0.

    Source: Neelakantan et al. 2015, arXiv:1511.06807.
    """

    kind: Literal["annealed"] = "annealed"
    eta: float = Field(0.01, ge=0, description="Variance of the noise in the first training step.")
    gamma: float = Field(0.55, ge=0, description="How fast the variance falls with the training steps.")

    @property
    def decay(self) -> float:
        """The power of 1 + t by which the standard deviation is divided."""
        return self.gamma / 2

    def build(self, *, last_epoch: int) -> Constant:
        """The standard deviation before that division, the same in every epoch."""
        return Constant(initial=math.sqrt(self.eta))


def decay_of(noise: Any) -> float:
    """The power of 1 + t by which the noise of a training step is divided; 0 for a curve over the epochs."""
    return noise.decay if isinstance(noise, Annealed) else 0.0


if TYPE_CHECKING:
    GradientNoise = CurveSettings | Annealed
else:
    GradientNoise = Annotated[Union[(*MOMENTUM_SCHEDULES.values(), Annealed)], Field(discriminator="kind")]
