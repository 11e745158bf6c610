"""Normally distributed noise that belongs to a trial: the same on whichever lane it trains, as `dropout` draws."""

from __future__ import annotations

import math

import tensorflow as tf

from tuner.lanes.dropout import random_bits

INPUT_NOISE = 1 << 16
"""Streams of noise are numbered beyond all layers', whose numbers dropout goes by."""

ACTIVATION_NOISE = 2 << 16
GRADIENT_NOISE = 3 << 16


def normal(keys: tf.Tensor, steps: tf.Tensor, stream: int, *, rows: int, units: int) -> tf.Tensor:
    """Numbers out of the standard normal distribution, as far as 5.3 from 0.

        sqrt(2) erfinv(u), u uniform in (-1, 1) out of 2 ** 23 numbers

    Args:
        keys: uint32 [lanes], the trial's own.
        steps: uint32 [lanes], the trial's training steps so far.
        stream: names what they are for.
        rows, units: how many for each lane.
    Returns:
        float32 [lanes, rows, units].
    """
    bits = random_bits(keys, steps, stream, rows, units)
    # The highest 23 bits, in the middles of as many equal parts of (-1, 1): float32 holds them exactly.
    whole = tf.cast(tf.bitwise.right_shift(bits, tf.constant(9, tf.uint32)), tf.float32)
    return math.sqrt(2.0) * tf.math.erfinv((whole + 0.5) * 2.0**-22 - 1.0)
