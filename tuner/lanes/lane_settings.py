"""The lanes' own hyperparameters that act inside a training step, by lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tuner.hyperparameters import Hyperparameters
from tuner.hyperparameters.clipping import NoClipping
from tuner.hyperparameters.gradient_noise import decay_of
from tuner.lanes.clipping import KINDS
from tuner.lanes.loss_settings import NO_SETTINGS, LossSettings
from tuner.lanes.signature import Signature
from tuner.models.mlp import dropout_seed

NORMALIZATIONS = ("none", "before", "after")
"""Where a hidden layer's batch normalization is; a lane's code is an index into this."""


@dataclass(frozen=True)
class Network:
    """What a lane is filled with.

    Attributes:
        chosen: the configuration, out of which the network follows, and what the optimizer's slots start from.
        seed: from which initial weights and all that is random in training follow.
    """

    chosen: Hyperparameters
    seed: int


class LaneSettings(NamedTuple):
    """The lanes' own hyperparameters that act inside a training step.

    Attributes:
        codes: int32 [lanes], the activation as an index into the signature's.
        depths: int32 [lanes], hidden layers in use.
        dropout: float32 [lanes].
        keys: uint32 [lanes], names each lane's stream of random numbers.
        l1, l2: float32 [lanes].
        normalization: int32 [lanes], an index into `NORMALIZATIONS`.
        normalizes_inputs: bool [lanes].
        norm_momentum, norm_epsilon: float32 [lanes], of all normalization.
        input_noise: float32 [lanes], its standard deviation.
        clipping: int32 [lanes], an index into `clipping.KINDS`.
        limit: float32 [lanes], of clipping.
        is_alpha: bool [lanes], whether dropout is alpha dropout.
        leaky_slope, elu_alpha: float32 [lanes].
        is_prelu: bool [lanes].
        noise_decay: float32 [lanes], the power of 1 + t by which the noise on gradients is divided in step t.
        widths: int32 [lanes, layers], units in use; a hidden layer that a lane does not have has those of its last.
        loss: what of their losses is the lanes' own.
    """

    codes: tf.Tensor
    depths: tf.Tensor
    dropout: tf.Tensor
    keys: tf.Tensor
    l1: tf.Tensor
    l2: tf.Tensor
    normalization: tf.Tensor
    normalizes_inputs: tf.Tensor
    norm_momentum: tf.Tensor
    norm_epsilon: tf.Tensor
    input_noise: tf.Tensor
    clipping: tf.Tensor
    limit: tf.Tensor
    is_alpha: tf.Tensor
    leaky_slope: tf.Tensor
    elu_alpha: tf.Tensor
    is_prelu: tf.Tensor
    noise_decay: tf.Tensor
    widths: tf.Tensor
    loss: LossSettings = NO_SETTINGS


_KINDS = {
    "codes": tf.int32,
    "depths": tf.int32,
    "keys": tf.uint32,
    "normalization": tf.int32,
    "normalizes_inputs": tf.bool,
    "clipping": tf.int32,
    "is_alpha": tf.bool,
    "is_prelu": tf.bool,
    "balanced": tf.bool,
}
"""The settings that are no fractions, and what they are instead."""

_NUMBERS = tuple(name for name in (*LaneSettings._fields, *LossSettings._fields) if name not in ("widths", "loss"))
_FRACTIONS = tuple(name for name in _NUMBERS if name not in _KINDS)


class PackedSettings(NamedTuple):
    """The settings of some lanes in three arrays, as the compiled functions are given them.

    An array more costs a call some 20 us, in which no other thread can do anything.

    Attributes:
        fractions: float32 [fractions, lanes].
        others: int32 [other numbers, lanes].
        widths: int32 [lanes, layers].
    """

    fractions: tf.Tensor
    others: tf.Tensor
    widths: tf.Tensor

    def unpacked(self, signature: Signature) -> LaneSettings:
        """Each setting by its name."""
        of = dict(zip(_FRACTIONS, tf.unstack(self.fractions, num=len(_FRACTIONS)), strict=True))
        for (name, kind), row in zip(_KINDS.items(), tf.unstack(self.others, num=len(_KINDS)), strict=True):
            of[name] = tf.bitcast(row, kind) if kind == tf.uint32 else tf.cast(row, kind)
        delta, smoothing, balanced = (of.pop(name) for name in LossSettings._fields)
        loss = LossSettings(
            delta=delta if signature.loss == "huber" else None,
            smoothing=smoothing if signature.label_smoothing else None,
            balanced=balanced if signature.class_weights else None,
        )
        return LaneSettings(**of, widths=self.widths, loss=loss)


def settings_of(networks: Sequence[Network | None], signature: Signature) -> PackedSettings:
    """The settings of some lanes as arrays; an empty lane has zeros, which are harmless."""
    fractions = np.zeros((len(_FRACTIONS), len(networks)), np.float32)
    others = np.zeros((len(_KINDS), len(networks)), np.uint32)
    widths = np.zeros((len(networks), signature.depth), np.int32)
    for lane, network in enumerate(networks):
        if network is not None:
            own = _numbers_of(network, signature)
            fractions[:, lane] = [own[name] for name in _FRACTIONS]
            others[:, lane] = [own[name] for name in _KINDS]
            in_use = network.chosen.layers.widths
            widths[lane] = [*in_use, *in_use[-1:] * (signature.depth - len(in_use))]
    return PackedSettings(tf.constant(fractions), tf.constant(others.view(np.int32)), tf.constant(widths))


def _numbers_of(network: Network, signature: Signature) -> Mapping[str, float]:
    """A lane's settings as plain numbers."""
    chosen = network.chosen
    layers = chosen.layers
    return {
        "codes": signature.activations.index(layers.activation),
        "depths": layers.depth,
        "dropout": layers.dropout,
        "keys": dropout_seed(network.seed, 0),
        "l1": layers.l1,
        "l2": layers.l2,
        "normalization": NORMALIZATIONS.index(chosen.normalization.kind),
        "normalizes_inputs": chosen.inputs.normalization,
        "norm_momentum": chosen.normalization.momentum,
        "norm_epsilon": chosen.normalization.epsilon,
        "input_noise": chosen.inputs.noise,
        "clipping": KINDS.index(chosen.clipping.kind),
        "limit": 0.0 if isinstance(chosen.clipping, NoClipping) else chosen.clipping.limit,
        "is_alpha": layers.dropout_kind == "alpha",
        "leaky_slope": layers.leaky_slope,
        "elu_alpha": layers.elu_alpha,
        "is_prelu": layers.activation == "prelu",
        "noise_decay": decay_of(chosen.gradient_noise),
        "delta": chosen.huber_delta,
        "smoothing": chosen.label_smoothing,
        "balanced": chosen.class_weights == "balanced",
    }
