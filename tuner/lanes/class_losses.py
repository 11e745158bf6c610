"""The losses of classes and their gradients, from the output layer's pre-activations.

Cross-entropy finds the logits that a softmax or sigmoid was given, as Keras does under TensorFlow, and never clips. All
other losses are of the probabilities, and their gradients go back through the softmax or sigmoid.
"""

from __future__ import annotations

from typing import NamedTuple

import keras
import tensorflow as tf

from tuner.lanes.activations import decay, log1p_of_share
from tuner.lanes.loss_settings import LossSettings


class _Classes(NamedTuple):
    """What the losses of several classes are made of.

    Attributes:
        is_label: bool [rows, classes].
        shifted: float32 [lanes, rows, classes], the logits less the highest of the row.
        probabilities: float32 [lanes, rows, classes].
        log_total: float32 [lanes, rows], the logarithm of what the shifted logits' exponentials sum up to.
        log_loss: float32 [lanes, rows].
        correct: float32 [lanes, rows].
    """

    is_label: tf.Tensor
    shifted: tf.Tensor
    probabilities: tf.Tensor
    log_total: tf.Tensor
    log_loss: tf.Tensor
    correct: tf.Tensor


ClassLoss = tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
"""The gradient [lanes, rows, outputs] with respect to `z`; and, each [lanes, rows], loss, correctness and log loss."""


def sparse_categorical_crossentropy(z: tf.Tensor, y: tf.Tensor, own: LossSettings) -> ClassLoss:
    """Of several classes; with smoothed labels it is Keras' categorical cross-entropy."""
    of = _classes(z, y)
    label = tf.where(of.is_label, 1.0, 0.0)
    if own.smoothing is None:
        return of.probabilities - label, of.log_loss, of.correct, of.log_loss
    share = own.smoothing[:, tf.newaxis, tf.newaxis]
    label = label * (1.0 - share) + share / z.shape[2]
    # Without smoothing the labels of the other classes are 0, whatever their logits.
    losses = of.log_total - tf.reduce_sum(tf.where(label > 0, label * of.shifted, 0.0), axis=2)
    return of.probabilities - label, losses, of.correct, of.log_loss


def kl_divergence(z: tf.Tensor, y: tf.Tensor, own: LossSettings) -> ClassLoss:
    """Keras' own: both the labels and the probabilities are at least its epsilon, 1e-7."""
    of = _classes(z, y)
    epsilon = keras.config.epsilon()
    label = tf.where(of.is_label, 1.0, epsilon)
    clipped = tf.clip_by_value(of.probabilities, epsilon, 1.0)
    losses = tf.reduce_sum(label * tf.math.log(label / clipped), axis=2)
    # A probability below epsilon is as good as epsilon, so that nothing pulls at it.
    pull = tf.where(of.probabilities < epsilon, 0.0, label)
    gradient = of.probabilities * tf.reduce_sum(pull, axis=2, keepdims=True) - pull
    return gradient, losses, of.correct, of.log_loss


def mean_squared_error(z: tf.Tensor, y: tf.Tensor, own: LossSettings) -> ClassLoss:
    """Of the probabilities: of several classes the mean over all of them, of two that of class 1."""
    if z.shape[2] == 1:
        share, _, log_loss, correct = _yes_or_no(z, y)
        error = share - y
        return _through_sigmoid(2.0 * error, share), error * error, correct, log_loss
    of = _classes(z, y)
    error = of.probabilities - tf.where(of.is_label, 1.0, 0.0)
    slope = 2.0 / z.shape[2] * error
    return _through_softmax(slope, of.probabilities), tf.reduce_mean(error * error, axis=2), of.correct, of.log_loss


def mean_absolute_error(z: tf.Tensor, y: tf.Tensor, own: LossSettings) -> ClassLoss:
    """As `mean_squared_error`, of the errors' absolute values."""
    if z.shape[2] == 1:
        share, _, log_loss, correct = _yes_or_no(z, y)
        error = share - y
        return _through_sigmoid(tf.sign(error), share), tf.abs(error), correct, log_loss
    of = _classes(z, y)
    error = of.probabilities - tf.where(of.is_label, 1.0, 0.0)
    slope = tf.sign(error) / z.shape[2]
    return _through_softmax(slope, of.probabilities), tf.reduce_mean(tf.abs(error), axis=2), of.correct, of.log_loss


def binary_crossentropy(z: tf.Tensor, y: tf.Tensor, own: LossSettings) -> ClassLoss:
    """Of two classes, from the logit of class 1."""
    share, tail, log_loss, correct = _yes_or_no(z, y)
    if own.smoothing is None:
        return (share - y)[..., tf.newaxis], log_loss, correct, log_loss
    smoothing = own.smoothing[:, tf.newaxis]
    label = y * (1.0 - smoothing) + 0.5 * smoothing
    z = z[..., 0]
    return (share - label)[..., tf.newaxis], tf.nn.relu(z) - z * label + tail, correct, log_loss


def _classes(z: tf.Tensor, y: tf.Tensor) -> _Classes:
    y = y[:, tf.newaxis]
    classes = tf.range(z.shape[2])
    is_label = tf.equal(classes, y)
    shifted = z - tf.reduce_max(z, axis=2, keepdims=True)
    exponentials = tf.exp(shifted)
    total = tf.reduce_sum(exponentials, axis=2, keepdims=True)
    log_total = tf.math.log(total[..., 0])
    log_loss = log_total - tf.reduce_sum(tf.where(is_label, shifted, 0.0), axis=2)
    # Keras predicts the first of equally probable classes, also where the probabilities are NaN. `argmax` says the same
    # but is slow.
    of_label = tf.reduce_sum(tf.where(is_label, exponentials, 0.0), axis=2, keepdims=True)
    beaten = tf.where(classes < y, ~(exponentials < of_label), exponentials > of_label)
    correct = tf.where(tf.reduce_any(beaten, axis=2), 0.0, 1.0)
    return _Classes(is_label, shifted, exponentials / total, log_total, log_loss, correct)


def _yes_or_no(z: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """The probability of class 1, log(1 + exp(-|z|)), the log loss and the correctness, each [lanes, rows]."""
    z = z[..., 0]
    t = decay(z)
    share = tf.where(z < 0, t, 1.0) / (1.0 + t)
    tail = log1p_of_share(t)
    log_loss = tf.nn.relu(z) - z * y + tail
    # At exactly 0.5, and at NaN, Keras predicts class 0.
    correct = tf.where(tf.equal(share > 0.5, y > 0.5), 1.0, 0.0)
    return share, tail, log_loss, correct


def _through_softmax(slope: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """A gradient with respect to the logits, from that with respect to the probabilities."""
    return probabilities * (slope - tf.reduce_sum(slope * probabilities, axis=2, keepdims=True))


def _through_sigmoid(slope: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """As `_through_softmax`, for one probability: [lanes, rows, 1] out of [lanes, rows]."""
    return (slope * share * (1.0 - share))[..., tf.newaxis]
