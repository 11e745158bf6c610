"""The rows of one fold: what is trained on, and the test rows as its networks have to see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tuner.data.held_out import HeldOut
from tuner.data.prepared import Prepared


@dataclass(frozen=True)
class Rows:
    """The rows of one fold.

    Attributes:
        seen: training and validation rows.
        held: test rows, preprocessed by what the training rows taught.
    """

    seen: Prepared
    held: HeldOut

    @property
    def truth(self) -> Any:
        """The test rows' class numbers, or their targets in their own unit."""
        return self.held.y if self.seen.classes else self.own_unit(self.held.y)

    @property
    def known(self) -> tuple[Any, Any]:
        """Inputs and targets of training and validation rows together; targets are scaled as ours are."""
        seen = self.seen
        return np.concatenate([seen.x_train, seen.x_validation]), np.concatenate([seen.y_train, seen.y_validation])

    def own_unit(self, scaled: Any) -> Any:
        """Targets of a regression in their own unit, float64 [rows]."""
        return np.asarray(scaled, np.float64) * self.seen.target_scale + self.seen.target_mean

    def probabilities(self, outputs: Any) -> Any:
        """Of a network's outputs the probability of each class, float64 [rows, classes]."""
        return np.column_stack([1 - outputs[:, 0], outputs[:, 0]]) if outputs.shape[1] == 1 else outputs
