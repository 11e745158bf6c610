"""What of its loss is a lane's own: Huber's delta, how much labels are smoothed, and whether classes are weighted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tuner.hyperparameters import Hyperparameters
from tuner.hyperparameters.losses import HUBER_DELTA
from tuner.lanes.signature import Signature


@dataclass(frozen=True)
class OwnLoss:
    """What of its loss is one lane's own; as plain as can be where nothing is stated.

    Attributes:
        delta: of Huber's loss, in units of the network's target.
        smoothing: share of a label that is spread over all classes, 0 or more and below 1.
        balanced: whether all classes weigh the same in training.
    """

    delta: float = HUBER_DELTA
    smoothing: float = 0.0
    balanced: bool = False


PLAIN_LOSS = OwnLoss()


def own_loss(chosen: Hyperparameters) -> OwnLoss:
    """What of its loss is a configuration's own."""
    return OwnLoss(chosen.huber_delta, chosen.label_smoothing, chosen.class_weights == "balanced")


class LossSettings(NamedTuple):
    """What of their losses is the lanes' own; None where no lane of the program can have it.

    Attributes:
        delta: float32 [lanes].
        smoothing: float32 [lanes].
        balanced: bool [lanes].
    """

    delta: tf.Tensor | None = None
    smoothing: tf.Tensor | None = None
    balanced: tf.Tensor | None = None


def loss_settings(lanes: Sequence[OwnLoss | None], signature: Signature) -> LossSettings:
    """The settings of some lanes as arrays; an empty lane has the plain ones."""
    own = [lane or PLAIN_LOSS for lane in lanes]
    delta, smoothing = (np.array([getattr(lane, name) for lane in own], np.float32) for name in ("delta", "smoothing"))
    return LossSettings(
        delta=tf.constant(delta) if signature.loss == "huber" else None,
        smoothing=tf.constant(smoothing) if signature.label_smoothing else None,
        balanced=tf.constant([lane.balanced for lane in own]) if signature.class_weights else None,
    )


NO_SETTINGS = LossSettings()
"""Of lanes whose losses are as plain as can be."""
