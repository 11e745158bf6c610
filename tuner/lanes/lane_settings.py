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
from tuner.lanes.loss_settings import NO_SETTINGS, LossSettings, loss_settings, own_loss
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


NUMBERS: Mapping[str, type[np.generic]] = {
    name: {
        "codes": np.int32,
        "depths": np.int32,
        "keys": np.uint32,
        "normalization": np.int32,
        "normalizes_inputs": np.bool_,
        "clipping": np.int32,
        "is_alpha": np.bool_,
        "is_prelu": np.bool_,
    }.get(name, np.float32)
    for name in LaneSettings._fields
    if name not in ("widths", "loss")
}
"""The kind of number of each of the settings that are one number a lane."""


def settings_of(networks: Sequence[Network | None], signature: Signature) -> LaneSettings:
    """The settings of some lanes as arrays; an empty lane has zeros, which are harmless."""
    rows = np.zeros((len(networks), len(NUMBERS)))
    widths = np.zeros((len(networks), signature.depth), np.int32)
    for lane, network in enumerate(networks):
        if network is not None:
            own = _numbers_of(network, signature)
            rows[lane] = [own[name] for name in NUMBERS]
            in_use = network.chosen.layers.widths
            widths[lane] = [*in_use, *in_use[-1:] * (signature.depth - len(in_use))]
    columns = zip(NUMBERS.items(), rows.T, strict=True)
    return LaneSettings(
        **{name: tf.constant(column.astype(kind)) for (name, kind), column in columns},
        widths=tf.constant(widths),
        loss=loss_settings([None if each is None else own_loss(each.chosen) for each in networks], signature),
    )


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
    }
