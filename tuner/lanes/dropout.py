"""Dropout whose draws belong to a trial: the same on whichever lane it trains, and however wide the arrays are.

TensorFlow's own counter-based generators take some 13 ns a number on a CPU; a hash of the number's place takes well
under one and needs no state.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

_GOLDEN = 0x9E3779B9
"""2 ** 32 divided by the golden ratio: far apart for neighbouring counters."""

_FIRST, _SECOND = 0x21F0AAAD, 0x735A2D97

_STREAMS = (0x243F6A88, 0x85A308D3)
"""Where the two halves of a row's state start: digits of pi."""

_SELU_LIMIT = -1.7580993408473766
"""What selu approaches far below 0."""

_HIGHEST_RATE = 1 - 2.0**-24


def keep_scale(
    keys: tf.Tensor, steps: tf.Tensor, layer: int | tf.Tensor, rate: tf.Tensor, *, rows: int, units: int
) -> tf.Tensor:
    """What to multiply a hidden layer's outputs, and their gradients, by: 0 where dropped, else 1 / (1 - rate).

    A number depends on its lane's key and step, the layer, the row and the unit, and on nothing else. It is dropped if
    a hash of these, uniform in [0, 2 ** 32), is less than `rate * 2 ** 32`.

    Args:
        keys: uint32 [lanes], the trial's own; neighbouring keys are as good as distant ones.
        steps: uint32 [lanes], the trial's training steps so far.
        layer: the hidden layer's number.
        rate: float32 [lanes], share of outputs dropped, 0 or more and less than 1; with 0 every scale is exactly 1.
        rows: rows in the batch.
        units: units in the layer.
    Returns:
        float32 [lanes, rows, units].
    """
    rate = tf.minimum(rate, _HIGHEST_RATE)
    # float32 times a power of two is exact, and less than 2 ** 32.
    threshold = tf.cast(rate * 2.0**32, tf.uint32)
    scale = 1.0 / (1.0 - rate)
    bits = random_bits(keys, steps, layer, rows, units)
    return tf.where(bits >= threshold[:, tf.newaxis, tf.newaxis], scale[:, tf.newaxis, tf.newaxis], 0.0)


class Alpha(NamedTuple):
    """How alpha dropout leaves a unit's output, in each lane; with plain dropout, what that does.

    Attributes:
        scale, shift: float32 [lanes, 1, 1]; what is kept is multiplied by the one, and the other added.
        dropped: float32 [lanes, 1, 1], what stands where a unit is dropped.
    """

    scale: tf.Tensor
    shift: tf.Tensor
    dropped: tf.Tensor


def alpha_of(rate: tf.Tensor, is_alpha: tf.Tensor) -> Alpha:
    """What alpha dropout does in lanes that have it, and plain dropout in the others.

        a = ((1 - rate) (1 + rate s^2))^(-1/2), b = -a s rate; kept: a x + b, dropped: a s + b, where s is selu's limit

    Args:
        rate: float32 [lanes].
        is_alpha: bool [lanes].
    Source:
        Klambauer et al. 2017, arXiv:1706.02515; keras.layers.AlphaDropout.
    """
    rate = tf.minimum(rate, _HIGHEST_RATE)
    scale = tf.math.rsqrt((1.0 - rate) * (1.0 + rate * _SELU_LIMIT**2))
    shift = -scale * _SELU_LIMIT * rate
    return Alpha(
        tf.where(is_alpha, scale, 1.0 / (1.0 - rate))[:, None, None],
        tf.where(is_alpha, shift, 0.0)[:, None, None],
        tf.where(is_alpha, scale * _SELU_LIMIT + shift, 0.0)[:, None, None],
    )


def random_bits(keys: tf.Tensor, steps: tf.Tensor, layer: int | tf.Tensor, rows: int, units: int) -> tf.Tensor:
    """32 random bits for each number, the highest being the best: uint32 [lanes, rows, units].

    Each row has a state of 64 bits: with 32, some rows of a long search would have the same, or a shifted, sequence.
    """
    row = tf.cast(tf.range(rows), tf.uint32)[tf.newaxis, :, tf.newaxis]
    halves = []
    for start in _STREAMS:
        half = _mix(keys + _uint(start))
        half = _mix(half + steps)
        half = _mix(half + tf.cast(layer, tf.uint32))
        halves.append(_mix(half[:, tf.newaxis, tf.newaxis] + row))
    unit = tf.cast(tf.range(units), tf.uint32) * _uint(_GOLDEN)
    # As `_mix`, with the other half added on the way, and without the last shift, which only betters the lowest bits.
    bits = _fold(halves[0] + unit, 16) * _uint(_FIRST) + halves[1]
    return _fold(bits, 15) * _uint(_SECOND)


def _mix(bits: tf.Tensor) -> tf.Tensor:
    """A bijection of uint32 in which every bit of the result depends on every bit given, with very little bias.

    Source:
        Chris Wellons, "Prospecting for Hash Functions" (2018), and its hash-prospector, where these shifts and factors
        have the least bias found for two rounds (0.107).
    """
    bits = _fold(bits, 16) * _uint(_FIRST)
    bits = _fold(bits, 15) * _uint(_SECOND)
    return _fold(bits, 15)


def _fold(bits: tf.Tensor, by: int) -> tf.Tensor:
    return tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, _uint(by)))


def _uint(value: int) -> tf.Tensor:
    return tf.constant(value, tf.uint32)
