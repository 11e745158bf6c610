"""What happens between two matrix products, each compiled by XLA into as few passes over memory as can be."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import tensorflow as tf

from tuner.lanes.activations import activate, slope
from tuner.lanes.dropout import keep_scale
from tuner.lanes.losses import measure, sums_only
from tuner.lanes.penalties import penalty, penalty_gradient
from tuner.lanes.update import update

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
    """

    codes: tf.Tensor
    depths: tf.Tensor
    widths: tf.Tensor
    dropout: tf.Tensor
    keys: tf.Tensor
    l1: tf.Tensor
    l2: tf.Tensor


class Clusters:
    """The compiled pieces that programs share which agree on these four, whatever their depth.

    XLA compiles each piece once for each size of its arrays, the number of lanes among them; that takes longer than a
    trace, so that programs should not each have their own.
    """

    def __init__(self, activations: tuple[str, ...], loss: str, dropout: bool, shallow: bool) -> None:
        self._activations = activations
        self._loss = loss
        self._dropout = dropout
        self._shallow = shallow
        self.activate = _cluster(self._activate)
        self.measure = _cluster(self._measure)
        self.sums = _cluster(self._sums)
        self.back = _cluster(self._back)
        self.penalize = _cluster(self._penalize)
        self.update = _cluster(self._update)

    def _activate(
        self,
        z: tf.Tensor,
        settings: LaneSettings,
        layer: tf.Tensor,
        taken: tf.Tensor | None = None,
        below: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """A hidden layer's output and a column of ones.

        Args:
            z: the product of input and weights, float32 [lanes, rows, units].
            settings: of the lanes.
            layer: uint32, its number.
            taken: int32 [lanes], steps that each lane has behind it, for dropout; None for none.
            below: what goes on unchanged in lanes that do not have this layer; None if all have.
        """
        a = activate(z, settings.codes[:, None, None], self._activations)
        if not NOT_ZERO_AT_ZERO.isdisjoint(self._activations):
            used = tf.range(z.shape[2])[None, :] < settings.widths[:, None]
            a = tf.where(used[:, None, :], a, 0.0)
        if taken is not None and self._dropout:
            a *= _keep_scale(z, settings, taken, layer)
        h = tf.pad(a, [[0, 0], [0, 0], [0, 1]], constant_values=1.0)
        return h if below is None else tf.where(_has(settings, layer), h, below)

    def _measure(self, z: tf.Tensor, y: tf.Tensor, weight: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The gradient of each lane's loss, and what is summed over rows, as `losses.measure` has them."""
        measured = measure(self._loss, z, y, weight)
        return measured.gradient, measured.sums

    def _sums(self, z: tf.Tensor, y: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
        """The sums alone."""
        return sums_only(self._loss, z, y, weight)

    def _back(
        self,
        dh: tf.Tensor,
        z: tf.Tensor,
        h: tf.Tensor,
        settings: LaneSettings,
        layer: tf.Tensor,
        taken: tf.Tensor,
        above: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, ...]:
        """Back through dropout and activation.

        Args:
            dh: the gradient of this layer's output, as the layer above has it.
            z, h: the layer's product and its output.
            settings: of the lanes.
            layer: uint32, its number.
            taken: int32 [lanes], steps that each lane has behind it.
            above: the gradient of the output of the layer above, which is this layer's own in lanes that do not have
                that layer; None if all have.
        Returns:
            The gradient of the product; and of the output, if a lane can have fewer layers than the program.
        """
        if above is not None:
            dh = tf.where(_has(settings, layer + 1), dh, above)
        of_output, dh, a = dh, dh[:, :, :-1], h[:, :, :-1]
        if self._dropout:
            dh *= _keep_scale(z, settings, taken, layer)
            # Where a unit was kept this is its activation; where it was dropped nothing flows back anyway.
            a *= 1.0 - settings.dropout[:, None, None]
        dz = dh * slope(z, a, settings.codes[:, None, None], self._activations)
        return (tf.where(_has(settings, layer), dz, 0.0), of_output) if self._shallow else (dz,)

    def _penalize(self, weights: tf.Tensor, settings: LaneSettings) -> tf.Tensor:
        """The penalties of a layer's kernel, float32 [lanes], from float32 [lanes, inputs + 1, units], biases last."""
        return penalty(weights[:, :-1], settings.l1, settings.l2)

    def _update(
        self,
        weights: tf.Variable,
        first: tf.Variable,
        second: tf.Variable,
        gradient: tf.Tensor,
        coefficients: tf.Tensor,
        settings: LaneSettings,
        biases: int | None = None,
    ) -> None:
        """One optimizer step on a layer's weights, in place.

        Args:
            weights, first, second: each lane's weights and slots, float32 [lanes, rows, columns].
            gradient: of the loss without penalties, float32 [lanes, rows, columns].
            coefficients: float32 [lanes, C], for the update rule.
            settings: of the lanes.
            biases: how many of a lane's weights, the last ones, no penalty pulls; None for all.
        """
        if biases is not None:
            _, rows, columns = weights.shape
            by_row = biases == columns
            penalised = tf.range(rows)[:, None] < rows - 1 if by_row else tf.range(columns) < columns - biases
            pull = penalty_gradient(weights.value(), settings.l1, settings.l2)
            gradient += tf.cast(penalised, tf.float32) * pull
        new = update(weights.value(), gradient, first.value(), second.value(), coefficients)
        for variable, value in zip((weights, first, second), new, strict=True):
            variable.assign(value)


clusters_for = cache(Clusters)
"""The clusters of a kind, made once in a process."""


def _has(settings: LaneSettings, layer: tf.Tensor) -> tf.Tensor:
    """Which lanes have a hidden layer: bool [lanes, 1, 1]."""
    return (tf.cast(layer, tf.int32) < settings.depths)[:, None, None]


def _keep_scale(z: tf.Tensor, settings: LaneSettings, taken: tf.Tensor, layer: tf.Tensor) -> tf.Tensor:
    steps = tf.cast(taken, tf.uint32)
    return keep_scale(settings.keys, steps, layer, settings.dropout, rows=z.shape[1], units=z.shape[2])


def _cluster(function: Callable[..., Any]) -> Any:
    return tf.function(function, jit_compile=True, autograph=False)
