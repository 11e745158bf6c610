"""The eight optimizers and their own hyperparameters, as Keras defines them and with its defaults.

Only Adadelta's rate is another: 1.0, as in its paper, where Keras has 0.001 for all alike.

`learning_rate` is the rate of the first epoch. "Momentum" means `momentum` for SGD and RMSprop, `beta_1` for the Adam
family, and nothing for Adagrad and Adadelta; a momentum schedule drives just that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tuner.hyperparameters.base import Settings

OWN_TABLE_ONLY = "own_table_only"
"""Marks a setting that is not taken from what a study file states for all kinds at once."""

Rate = Annotated[float, Field(gt=0, description="Learning rate of the first epoch.")]
Share = Annotated[float, Field(ge=0, lt=1)]
Epsilon = Annotated[float, Field(gt=0, description="Small number that keeps divisions finite.")]
Beta2 = Annotated[float, Field(ge=0, lt=1, description="Decay of the running second moment.")]
OwnBeta1 = Annotated[
    float | None, Field(ge=0, lt=1, description="Decay of the running first moment; 0.9 unless a schedule drives it.")
]
OwnMomentum = Annotated[float | None, Field(ge=0, lt=1, description="Momentum; 0 unless a schedule drives it.")]


class OptimizerSettings(Settings):
    """What every optimizer has."""

    momentum_setting: ClassVar[str | None]
    """The setting that a momentum schedule drives; None where there is none."""

    default_momentum: ClassVar[float] = 0.0
    """Keras' momentum where a study states none."""

    kind: str
    learning_rate: Rate = 0.001

    @property
    def own_momentum(self) -> float | None:
        """The momentum that the study states for this kind; None where it states none."""
        if self.momentum_setting is None:
            return None
        stated: float | None = getattr(self, self.momentum_setting)
        return stated


class Sgd(OptimizerSettings):
    """Stochastic gradient descent: v <- m v - lr g; w <- w + v. Nesterov: w <- w + m v - lr g."""

    momentum_setting: ClassVar[str | None] = "momentum"

    kind: Literal["sgd"] = "sgd"
    learning_rate: Rate = 0.01
    momentum: OwnMomentum = None
    nesterov: bool = Field(False, description="Look ahead along the velocity before the step.")


class Rmsprop(OptimizerSettings):
    """RMSprop. Source: Hinton 2012, Coursera lecture 6e."""

    momentum_setting: ClassVar[str | None] = "momentum"

    kind: Literal["rmsprop"] = "rmsprop"
    rho: Share = Field(0.9, description="Decay of the running mean of squared gradients.")
    momentum: OwnMomentum = None
    epsilon: Epsilon = 1e-7


class AdamFamily(OptimizerSettings):
    """What Adam and its relatives share: running means of the gradient and of its square."""

    momentum_setting: ClassVar[str | None] = "beta_1"
    default_momentum: ClassVar[float] = 0.9

    beta_1: OwnBeta1 = None
    beta_2: Beta2 = 0.999
    epsilon: Epsilon = 1e-7


class Adam(AdamFamily):
    """Adam. Source: Kingma & Ba 2015, arXiv:1412.6980."""

    kind: Literal["adam"] = "adam"


class Nadam(AdamFamily):
    """Adam with Nesterov momentum. Source: Dozat 2016."""

    kind: Literal["nadam"] = "nadam"


class Adamax(AdamFamily):
    """Adam with an infinity norm. Source: Kingma & Ba 2015, arXiv:1412.6980, section 7."""

    kind: Literal["adamax"] = "adamax"


class AdamW(AdamFamily):
    """Adam with decoupled weight decay. Source: Loshchilov & Hutter 2019, arXiv:1711.05101."""

    kind: Literal["adamw"] = "adamw"
    weight_decay: float = Field(0.004, ge=0, description="Share of each weight taken off per step, times the rate.")


class Adagrad(OptimizerSettings):
    """Adagrad, which has no momentum. Source: Duchi et al. 2011."""

    momentum_setting: ClassVar[str | None] = None

    kind: Literal["adagrad"] = "adagrad"
    initial_accumulator: float = Field(0.1, ge=0, description="Where the sum of squared gradients starts.")
    epsilon: Epsilon = 1e-7


class Adadelta(OptimizerSettings):
    """Adadelta, which has no momentum and needs no initial rate. Source: Zeiler 2012, arXiv:1212.5701."""

    momentum_setting: ClassVar[str | None] = None

    kind: Literal["adadelta"] = "adadelta"
    learning_rate: Rate = Field(1.0, json_schema_extra={OWN_TABLE_ONLY: True})
    rho: Share = Field(0.95, description="Decay of the running means of squared gradients and steps.")
    epsilon: Epsilon = 1e-7


OPTIMIZERS: Mapping[str, type[OptimizerSettings]] = {
    "sgd": Sgd,
    "rmsprop": Rmsprop,
    "adam": Adam,
    "nadam": Nadam,
    "adamax": Adamax,
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "adamw": AdamW,
}
"""Every optimizer by the name that a study file uses."""

OPTIMIZERS_WITH_MOMENTUM = tuple(kind for kind, settings in OPTIMIZERS.items() if settings.momentum_setting)

Optimizer = Annotated[Sgd | Rmsprop | Adam | Nadam | Adamax | AdamW | Adagrad | Adadelta, Field(discriminator="kind")]
