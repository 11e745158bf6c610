"""Mixup: in training each row is mixed with another one of its batch, its target too.

    x = share x_i + (1 - share) x_j,  loss = share loss(y_i) + (1 - share) loss(y_j),  share ~ Beta(alpha, alpha)

One share for each training step of a trial. The other row is the next one in the batch: the order of the rows is drawn
anew in each epoch, so that any two may meet. Shares follow from the trial's seed; both trainers have the same.

Source:
    Zhang et al. 2018, arXiv:1710.09412.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.special import betaincinv

from tuner.seeds import derive_seed


def shares_of(alpha: float, seed: int, epoch: int, steps: int) -> NDArray[np.float32]:
    """The shares of the training steps of one epoch of one trial.

    Args:
        alpha: of the Beta distribution; with 0 nothing is mixed, and every share is 1.
        seed: the trial's.
        epoch: the trial's own, counted from 0.
        steps: how many.
    Returns:
        float32 [steps].
    """
    if not alpha:
        return np.ones(steps, np.float32)
    bits = np.random.PCG64(derive_seed(seed, "mixup", epoch)).random_raw(steps)
    uniform = (bits.astype(np.float64) + 0.5) / 2.0**64
    drawn: NDArray[np.float32] = betaincinv(alpha, alpha, uniform).astype(np.float32)
    return drawn


class MixingModel(keras.Model):  # type: ignore[misc]
    """A network that mixes the rows of each batch in training; afterwards it is an ordinary one.

    Attributes:
        shares: float32 [steps], those of the present epoch.
        weighs_metrics: whether the weights of rows count for the training metrics, too.
    """

    shares: tf.Variable
    weighs_metrics: bool

    def mix(self, steps: int, *, weighs_metrics: bool) -> None:
        """To be called before the first step. Args: steps: of an epoch."""
        self.shares = tf.Variable(tf.ones([steps]), trainable=False)
        self.weighs_metrics = weighs_metrics

    def train_step(self, data: Any) -> Any:
        """Keras' own step, over mixed rows."""
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        step = tf.cast(self.optimizer.iterations, tf.int32) % tf.shape(self.shares)[0]
        share = self.shares[step]
        halves = [(share, y, weights), (1.0 - share, _next(y), None if weights is None else _next(weights))]
        with tf.GradientTape() as tape:
            predicted = self(share * x + (1.0 - share) * _next(x), training=True)
            loss = tf.add_n(
                [
                    part * self.compute_loss(x=x, y=labels, y_pred=predicted, sample_weight=counts, training=True)
                    for part, labels, counts in halves
                ]
            )
        rows = tf.shape(x)[0]
        self._loss_tracker.update_state(loss, sample_weight=rows)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        for part, labels, counts in halves:
            own = counts if self.weighs_metrics and counts is not None else tf.ones([rows])
            logs = self.compute_metrics(x, labels, predicted, sample_weight=part * own)
        return logs


def _next(rows: tf.Tensor) -> tf.Tensor:
    """Of each row the next one in its batch, and of the last the first."""
    return tf.roll(rows, -1, axis=0)


class Mixing(keras.callbacks.Callback):  # type: ignore[misc]
    """Gives a `MixingModel` the shares of each epoch."""

    def __init__(self, alpha: float, seed: int) -> None:
        super().__init__()
        self._alpha = alpha
        self._seed = seed

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        steps = int(self.model.shares.shape[0])
        self.model.shares.assign(shares_of(self._alpha, self._seed, epoch, steps))
