"""The hidden layers' activations and their slopes, one of several in each lane.

Exponentials are most of what an activation costs. They stand here in the one form `exp(-|z|)`: it never overflows, and
XLA evaluates it once, however many of the activations a program has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import tensorflow as tf

from tuner.hyperparameters.layers import ELU_ALPHA, LEAKY_SLOPE

_SELU_SCALE = 1.0507009873554805
_SELU_SCALE_ALPHA = 1.7580993408473766
_SQRT_HALF = 0.7071067811865476
_NORMAL_DENSITY_AT_0 = 0.3989422804014327


class Bends(NamedTuple):
    """What some activations are below 0, in each lane; to be broadcast over z.

    Attributes:
        leaky: the slope of leaky_relu.
        elu: the alpha of elu.
        leak: the slope of prelu in each unit.
    """

    leaky: tf.Tensor | float = LEAKY_SLOPE
    elu: tf.Tensor | float = ELU_ALPHA
    leak: tf.Tensor | float = 0.0


USUAL = Bends()


@dataclass(frozen=True)
class Activation:
    """An activation function, of an array of any shape.

    Attributes:
        value: the activated a of a pre-activation z.
        slope: da/dz at (z, a).
    """

    value: Callable[[tf.Tensor, Bends], tf.Tensor]
    slope: Callable[[tf.Tensor, tf.Tensor, Bends], tf.Tensor]


def activate(z: tf.Tensor, codes: tf.Tensor, names: tuple[str, ...], bends: Bends = USUAL) -> tf.Tensor:
    """Each lane's activation.

    Args:
        z: float32 [lanes, rows, units], the pre-activations.
        codes: int32 [lanes, 1, 1], each lane's index into `names`.
        names: the activations that a lane can have, by Keras' names; more of them take more time.
        bends: what some of them are below 0; Keras' own if left out.
    Returns:
        float32 [lanes, rows, units].
    """
    return _chosen([ACTIVATIONS[name].value(z, bends) for name in names], codes)


def slope(z: tf.Tensor, a: tf.Tensor, codes: tf.Tensor, names: tuple[str, ...], bends: Bends = USUAL) -> tf.Tensor:
    """How fast each activated number changes with its pre-activation.

    Args:
        z: float32 [lanes, rows, units], as given to `activate`; only read for activations out of `NEED_Z`.
        a: float32 [lanes, rows, units], as `activate` returned it.
        codes, names, bends: as in `activate`.
    Returns:
        float32 [lanes, rows, units], da/dz; at 0 that which TensorFlow has there.
    """
    return _chosen([ACTIVATIONS[name].slope(z, a, bends) for name in names], codes)


def leak_gradient(da: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
    """The gradient of the slopes of prelu, float32 [lanes, 1, units], from that of the activated numbers."""
    return tf.reduce_sum(da * tf.minimum(z, 0.0), axis=1, keepdims=True)


def _chosen(candidates: list[tf.Tensor], codes: tf.Tensor) -> tf.Tensor:
    """Of each lane the candidate that its code names; what the others are there does not matter, be it NaN."""
    choices = enumerate(candidates[1:], start=1)
    return reduce(lambda chosen, choice: tf.where(codes == choice[0], choice[1], chosen), choices, candidates[0])


def decay(z: tf.Tensor) -> tf.Tensor:
    """exp(-|z|)."""
    return tf.exp(-tf.abs(z))


def _decay_minus_1(z: tf.Tensor) -> tf.Tensor:
    """expm1(-|z|): near 0 by its Taylor series, whose error is less than rounding; XLA's own expm1 is twice as slow."""
    m = -tf.abs(z)
    series = m * (1 + m * (1 / 2 + m * (1 / 6 + m * (1 / 24 + m * (1 / 120 + m * (1 / 720 + m * (1 / 5040)))))))
    return tf.where(m > -0.35, series, decay(z) - 1.0)


def log1p_of_share(t: tf.Tensor) -> tf.Tensor:
    """log(1 + t) of 0 <= t <= 1, by the series of 2 artanh(s) with s = t / (2 + t), at most 1/3: fast and exact."""
    s = t / (2.0 + t)
    u = s * s
    return 2 * s * (1 + u * (1 / 3 + u * (1 / 5 + u * (1 / 7 + u * (1 / 9 + u * (1 / 11 + u * (1 / 13)))))))


def _sigmoid(z: tf.Tensor) -> tf.Tensor:
    t = decay(z)
    return tf.where(z < 0, t, 1.0) / (1.0 + t)


def _softplus(z: tf.Tensor) -> tf.Tensor:
    return tf.nn.relu(z) + log1p_of_share(decay(z))


def _share_of_z(z: tf.Tensor, a: tf.Tensor) -> tf.Tensor:
    """The s of an activation a = z * s with s = 1/2 at 0; a division is cheaper than another exponential."""
    return tf.where(tf.abs(z) < 1e-20, 0.5, a / z)


def _gelu(z: tf.Tensor) -> tf.Tensor:
    # Where XLA's erf should be -1 it is not quite, which a large z makes visible.
    return tf.where(z < -5.4, 0.0, 0.5 * z * (1.0 + tf.math.erf(_SQRT_HALF * z)))


def _gelu_slope(z: tf.Tensor, a: tf.Tensor) -> tf.Tensor:
    return _share_of_z(z, a) + _NORMAL_DENSITY_AT_0 * z * tf.exp(-0.5 * z * z)


def _swish_slope(z: tf.Tensor, a: tf.Tensor) -> tf.Tensor:
    share = _share_of_z(z, a)
    return share + a * (1.0 - share)


ACTIVATIONS: Mapping[str, Activation] = {
    "relu": Activation(lambda z, bends: tf.nn.relu(z), lambda z, a, bends: tf.where(a > 0, 1.0, 0.0)),
    "leaky_relu": Activation(
        lambda z, bends: tf.maximum(z, bends.leaky * z), lambda z, a, bends: tf.where(a > 0, 1.0, bends.leaky)
    ),
    "prelu": Activation(
        lambda z, bends: tf.where(z > 0, z, bends.leak * z),
        lambda z, a, bends: tf.where(z > 0, 1.0, tf.where(z < 0, bends.leak, 0.0)),
    ),
    "elu": Activation(
        lambda z, bends: tf.where(z > 0, z, bends.elu * _decay_minus_1(z)),
        lambda z, a, bends: tf.where(a > 0, 1.0, a + bends.elu),
    ),
    "selu": Activation(
        lambda z, bends: tf.where(z > 0, _SELU_SCALE * z, _SELU_SCALE_ALPHA * _decay_minus_1(z)),
        lambda z, a, bends: tf.where(a < 0, a + _SELU_SCALE_ALPHA, _SELU_SCALE),
    ),
    "tanh": Activation(lambda z, bends: tf.tanh(z), lambda z, a, bends: 1.0 - a * a),
    "sigmoid": Activation(lambda z, bends: _sigmoid(z), lambda z, a, bends: a * (1.0 - a)),
    "softplus": Activation(lambda z, bends: _softplus(z), lambda z, a, bends: -_decay_minus_1(a)),
    "gelu": Activation(lambda z, bends: _gelu(z), lambda z, a, bends: _gelu_slope(z, a)),
    "swish": Activation(lambda z, bends: z * _sigmoid(z), lambda z, a, bends: _swish_slope(z, a)),
}
"""Every hidden activation by Keras' name, in Keras' definition: `keras.activations`."""

NEED_Z = frozenset({"gelu", "swish", "prelu"})
"""The activations whose slope does not follow from the activated number alone."""
