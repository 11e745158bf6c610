"""The hidden layers: how many, how wide, and what each of them does."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from tuner.errors import HyperparameterError
from tuner.hyperparameters.base import APPLIES_FROM, APPLIES_TO, Settings

Activation = Literal[
    "relu", "elu", "selu", "tanh", "sigmoid", "softplus", "gelu", "swish", "leaky_relu", "prelu",
]  # fmt: skip
Initializer = Literal[
    "auto", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
]  # fmt: skip


LEAKY_SLOPE, ELU_ALPHA = 0.2, 1.0
"""Keras' own."""

WITH_A_WIDTH = range(2, 7)
"""The numbers of the hidden layers that can have a width of their own; the first one's is `width`."""

ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth"}


def width_name(layer: int) -> str:
    """The setting that holds a layer's own width.

    >>> width_name(1), width_name(3)
    ('width', 'width_3')
    """
    return "width" if layer == 1 else f"width_{layer}"


def _width_of(layer: int) -> Any:
    """The width of one layer, which every layer behind it has, too, unless it has its own."""
    return Field(
        None,
        ge=1,
        le=100_000,
        description=f"Units in the {ORDINALS[layer]} hidden layer and those behind it; as the layer before if left "
        "out.",
        json_schema_extra={APPLIES_FROM: {"depth": layer}},
    )


class Layers(Settings):
    """The hidden layers of a multi-layer perceptron (MLP); the output layer follows from the target."""

    depth: int = Field(2, ge=1, le=100, description="Number of hidden layers.")
    width: int = Field(
        64, ge=1, le=100_000, description="Units in each hidden layer, or in the first if others have their own."
    )
    width_2: int | None = _width_of(2)
    width_3: int | None = _width_of(3)
    width_4: int | None = _width_of(4)
    width_5: int | None = _width_of(5)
    width_6: int | None = _width_of(6)
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

    @property
    def widths(self) -> tuple[int, ...]:
        """Units in each hidden layer.

        >>> Layers(depth=5, width=64, width_2=32, width_4=8).widths
        (64, 32, 32, 8, 8)
        """
        widths = [self.width]
        for layer in range(2, self.depth + 1):
            own = getattr(self, width_name(layer)) if layer in WITH_A_WIDTH else None
            widths.append(widths[-1] if own is None else own)
        return tuple(widths)

    @model_validator(mode="after")
    def _widths_of_layers_that_there_are(self) -> Layers:
        for layer in WITH_A_WIDTH:
            if layer > self.depth and getattr(self, width_name(layer)) is not None:
                problem = f"is for {layer} hidden layers or more, but there are {self.depth}"
                raise HyperparameterError(problem, f"layers.{width_name(layer)}", "layers.depth")
        return self
