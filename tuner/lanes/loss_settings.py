"""What of its loss is a lane's own: Huber's delta, how much labels are smoothed, and whether classes are weighted."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class LossSettings(NamedTuple):
    """What of their losses is the lanes' own; None where no lane of the program can have it.

    Attributes:
        delta: of Huber's loss, in units of the network's target; float32 [lanes].
        smoothing: share of a label that is spread over all classes, 0 or more and below 1; float32 [lanes].
        balanced: whether all classes weigh the same in training; bool [lanes].
    """

    delta: tf.Tensor | None = None
    smoothing: tf.Tensor | None = None
    balanced: tf.Tensor | None = None


NO_SETTINGS = LossSettings()
"""Of lanes whose losses are as plain as can be."""
