"""The networks of a block of lanes as mathematics: forward, backward and penalties, with a leading lane axis.

The backward pass is written out by hand, so that no more is computed and kept than is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from tuner.lanes.activations import activate, slope
from tuner.lanes.dropout import keep_scale
from tuner.lanes.loss_settings import NO_SETTINGS, LossSettings
from tuner.lanes.losses import Rule, measure, sums_only
from tuner.lanes.penalties import penalty, penalty_gradient
from tuner.lanes.signature import Signature

NOT_ZERO_AT_ZERO = frozenset({"sigmoid", "softplus"})
"""Activations under which a unit that a narrow lane does not use would not be silent by itself."""


class LaneSettings(NamedTuple):
    """The lanes' own hyperparameters that act inside a training step.

    Attributes:
        codes: int32 [lanes], the activation as an index into the signature's.
        depths: int32 [lanes], hidden layers in use.
        widths: int32 [lanes], units in use.
        dropout: float32 [lanes].
        keys: uint32 [lanes], names each lane's stream of dropout.
        l1, l2: float32 [lanes].
        loss: what of their losses is the lanes' own.
    """

    codes: tf.Tensor
    depths: tf.Tensor
    widths: tf.Tensor
    dropout: tf.Tensor
    keys: tf.Tensor
    l1: tf.Tensor
    l2: tf.Tensor
    loss: LossSettings = NO_SETTINGS


class Networks:
    """The networks of one signature.

    A layer's weights are float32 [lanes, inputs + 1, units], the biases in the last row, and each layer's input ends
    with a column of ones: one product less, and one array less to update.
    """

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._rule = Rule(signature.task, signature.loss, signature.own_log_loss)

    def gradients(
        self,
        weights: Sequence[tf.Tensor],
        x: tf.Tensor,
        y: tf.Tensor,
        row_weights: tf.Tensor,
        settings: LaneSettings,
        taken: tf.Tensor,
        sample_weights: tf.Tensor | None = None,
        class_weights: tf.Tensor | None = None,
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        """One batch forward and backward, with dropout.

        Args:
            weights: of each layer.
            x: float32 [lanes, rows, features + 1], the ones last.
            y: [rows], the targets; [rows, outputs] if these are several numbers.
            row_weights: float32 [rows], 0 for a filler row.
            settings: of the lanes.
            taken: int32 [lanes], steps that each lane has behind it.
            sample_weights: float32 [rows], how much each row counts; None if all count alike.
            class_weights: float32 [rows], how much more each row counts in lanes that balance their classes; None if
                there are none.
        Returns:
            The gradient of the mean loss, without penalties, with respect to each layer's weights; and what
            `losses.measure` sums over the rows, float32 [lanes, sums].
        """
        depth = self._signature.depth
        outputs, products = self._forward(weights, x, settings, taken)
        z = tf.matmul(outputs[-1], weights[-1])
        dz, sums = measure(self._rule, z, y, row_weights, sample_weights, settings.loss, class_weights)
        gradients, above = [], None
        for index in range(depth, 0, -1):
            gradients.append(tf.matmul(outputs[index], dz, transpose_a=True))
            dh = tf.matmul(dz, weights[index], transpose_b=True)
            if above is not None:
                # In lanes that do not have the layer above, the gradient of its output is that of this layer's own.
                dh = tf.where(_has(settings, index), dh, above)
            above = dh if self._signature.shallow else None
            dz = self._back(dh, products[index - 1], outputs[index], settings, index - 1, taken)
        gradients.append(tf.matmul(outputs[0], dz, transpose_a=True))
        return gradients[::-1], sums

    def sums(
        self,
        weights: Sequence[tf.Tensor],
        x: tf.Tensor,
        y: tf.Tensor,
        row_weights: tf.Tensor,
        settings: LaneSettings,
        sample_weights: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """What `losses.measure` sums over the rows of a batch, without dropout: float32 [lanes, sums]."""
        *_, h = self._forward(weights, x, settings)[0]
        return sums_only(self._rule, tf.matmul(h, weights[-1]), y, row_weights, sample_weights, settings.loss)

    def penalty(self, weights: Sequence[tf.Tensor], settings: LaneSettings) -> tf.Tensor:
        """The penalties of all hidden layers' kernels, biases left out: float32 [lanes]."""
        hidden = weights[: self._signature.depth]
        return tf.add_n([penalty(each[:, :-1], settings.l1, settings.l2) for each in hidden])

    def penalty_gradient(self, weights: tf.Tensor, settings: LaneSettings, biases: int) -> tf.Tensor:
        """What the penalties add to the gradient of a hidden layer's weights, in whatever shape these are kept.

        Args:
            weights: float32 [lanes, rows, columns].
            settings: of the lanes.
            biases: how many of a lane's weights, the last ones, are biases, which no penalty pulls.
        """
        _, rows, columns = weights.shape
        by_row = biases == columns
        penalised = tf.range(rows)[:, None] < rows - 1 if by_row else tf.range(columns) < columns - biases
        return tf.cast(penalised, tf.float32) * penalty_gradient(weights, settings.l1, settings.l2)

    def _forward(
        self, weights: Sequence[tf.Tensor], x: tf.Tensor, settings: LaneSettings, taken: tf.Tensor | None = None
    ) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """The input and the hidden layers' outputs, and their products; dropout if steps are given."""
        outputs, products = [x], []
        for index in range(self._signature.depth):
            z = tf.matmul(outputs[-1], weights[index])
            h = self._activate(z, settings, index, taken)
            if self._signature.shallow and index > 0:
                h = tf.where(_has(settings, index), h, outputs[-1])
            products.append(z)
            outputs.append(h)
        return outputs, products

    def _activate(self, z: tf.Tensor, settings: LaneSettings, layer: int, taken: tf.Tensor | None) -> tf.Tensor:
        """A hidden layer's output and a column of ones, from its product float32 [lanes, rows, units]."""
        activations = self._signature.activations
        a = activate(z, settings.codes[:, None, None], activations)
        if not NOT_ZERO_AT_ZERO.isdisjoint(activations):
            used = tf.range(z.shape[2])[None, :] < settings.widths[:, None]
            a = tf.where(used[:, None, :], a, 0.0)
        if taken is not None and self._signature.dropout:
            a *= _keep_scale(z, settings, taken, layer)
        return tf.pad(a, [[0, 0], [0, 0], [0, 1]], constant_values=1.0)

    def _back(
        self, dh: tf.Tensor, z: tf.Tensor, h: tf.Tensor, settings: LaneSettings, layer: int, taken: tf.Tensor
    ) -> tf.Tensor:
        """Back through dropout and activation: the gradient of a layer's product, from that of its output."""
        dh, a = dh[:, :, :-1], h[:, :, :-1]
        if self._signature.dropout:
            dh *= _keep_scale(z, settings, taken, layer)
            # Where a unit was kept this is its activation; where it was dropped nothing flows back anyway.
            a *= 1.0 - settings.dropout[:, None, None]
        dz = dh * slope(z, a, settings.codes[:, None, None], self._signature.activations)
        return tf.where(_has(settings, layer), dz, 0.0) if self._signature.shallow else dz


def _has(settings: LaneSettings, layer: int) -> tf.Tensor:
    """Which lanes have a hidden layer: bool [lanes, 1, 1]."""
    return (layer < settings.depths)[:, None, None]


def _keep_scale(z: tf.Tensor, settings: LaneSettings, taken: tf.Tensor, layer: int) -> tf.Tensor:
    steps = tf.cast(taken, tf.uint32)
    return keep_scale(settings.keys, steps, layer, settings.dropout, rows=z.shape[1], units=z.shape[2])
