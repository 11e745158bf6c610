"""The hidden layers: how many, how wide, and what each of them does."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tuner.hyperparameters.base import APPLIES_TO, Settings

Activation = Literal[
    "relu", "elu", "selu", "tanh", "sigmoid", "softplus", "gelu", "swish", "leaky_relu", "prelu",
]  # fmt: skip
Initializer = Literal[
    "auto", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
]  # fmt: skip


LEAKY_SLOPE, ELU_ALPHA = 0.2, 1.0
"""Keras' own."""


class Layers(Settings):
    """The hidden layers of a multi-layer perceptron (MLP); the output layer follows from the target."""

    depth: int = Field(2, ge=1, le=100, description="Number of hidden layers.")
    width: int = Field(64, ge=1, le=100_000, description="Units in each hidden layer.")
    activation: Activation = Field("relu", description="Activation of each hidden layer.")
    initializer: Initializer = Field(
        "auto",
        description="How weights start; auto matches the activation: He for the relu family and elu, LeCun normal for "
        "selu, Glorot for the rest.",
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of each hidden layer's outputs dropped in training.")
    dropout_kind: Literal["plain", "alpha"] = Field(
        "plain",
        description="plain sets what is dropped to 0; alpha keeps the mean and the variance of selu's outputs.",
    )
    leaky_slope: float = Field(
        LEAKY_SLOPE,
        ge=0,
        le=1,
        description="Slope of leaky_relu below 0.",
        json_schema_extra={APPLIES_TO: {"activation": ["leaky_relu"]}},
    )
    elu_alpha: float = Field(
        ELU_ALPHA,
        ge=0,
        description="What elu approaches far below 0, with the opposite sign.",
        json_schema_extra={APPLIES_TO: {"activation": ["elu"]}},
    )
    l1: float = Field(0.0, ge=0, description="L1 penalty on the hidden layers' weights (not on biases).")
    l2: float = Field(0.0, ge=0, description="L2 penalty on the hidden layers' weights (not on biases).")
