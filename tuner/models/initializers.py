"""Which initializer a hidden layer's weights start from."""

from __future__ import annotations

from collections.abc import Mapping

from tuner.hyperparameters import Layers

MATCHING: Mapping[str, str] = {
    "relu": "he_normal",
    "leaky_relu": "he_normal",
    "prelu": "he_normal",
    "elu": "he_normal",
    "gelu": "he_normal",
    "swish": "he_normal",
    "selu": "lecun_normal",
    "tanh": "glorot_uniform",
    "sigmoid": "glorot_uniform",
    "softplus": "glorot_uniform",
}
"""What `auto` means for each activation, by Keras' names.

Source:
    He et al. 2015, arXiv:1502.01852; Klambauer et al. 2017, arXiv:1706.02515; Glorot & Bengio 2010.
"""

OUTPUT_INITIALIZER = "glorot_uniform"
"""The output layer's weights, which follow no hidden activation: Keras' own choice."""


def initializer_of(layers: Layers) -> str:
    """Keras' name of the initializer of the hidden layers' weights, with `auto` resolved."""
    return MATCHING[layers.activation] if layers.initializer == "auto" else layers.initializer
