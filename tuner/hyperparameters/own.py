"""The hyperparameters of somebody's own model: our training settings, and beside them settings of their own.

There is no way to them from a study file, which cannot name code: they are made by `tuner.study.own` alone.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from tuner.errors import did_you_mean
from tuner.hyperparameters.base import Settings
from tuner.hyperparameters.curves import MomentumSchedule
from tuner.hyperparameters.hyperparameters import Hyperparameters
from tuner.hyperparameters.inputs import Inputs
from tuner.hyperparameters.layers import Layers
from tuner.hyperparameters.normalization import NoNormalization, Normalization
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.hyperparameters.pretraining import Pretraining
from tuner.hyperparameters.transfer import Transfer

OWN = "own"
"""The table of a space that holds the settings of the model's own."""

MLP_ONLY = ("layers", "normalization", "inputs", "activation_noise", "transfer", "pretraining")
"""Settings of the network that tuner builds, which mean nothing to another."""


class OwnSettings(Settings):
    """Settings of somebody's own model; what they are depends on the space."""


class OwnHyperparameters(Hyperparameters):
    """One configuration of somebody's own model and its training.

    What tells of the network that tuner builds has its default, and is neither searched nor stored.
    """

    layers: Layers = Field(default_factory=Layers, exclude=True)
    normalization: Normalization = Field(default_factory=NoNormalization, exclude=True)
    inputs: Inputs = Field(default_factory=Inputs, exclude=True)
    activation_noise: MomentumSchedule | None = Field(None, exclude=True)
    transfer: Transfer | None = Field(None, exclude=True)
    pretraining: Pretraining | None = Field(None, exclude=True)
    own: OwnSettings = Field(default_factory=OwnSettings, description="The settings of the model's own.")


class OwnHyperparametersOfArrays(OwnHyperparameters):
    """The same for rows that are used as they are."""

    preprocessing: Preprocessing = Field(default_factory=Preprocessing, exclude=True)


class Chosen:
    """What a trial has chosen, as the builder of a model gets it.

        chosen.units                    a setting of the model's own
        chosen["units"]                 the same
        chosen["own.units"]             the same, as the storage names it
        chosen.optimizer.learning_rate  a setting of the training
        chosen["batch_size"], chosen["optimizer.learning_rate"]

    Attributes:
        own: the settings of the model's own, by name.
    """

    def __init__(self, hyperparameters: OwnHyperparameters) -> None:
        self.own: Mapping[str, Any] = dict(hyperparameters.own)
        self._tree = hyperparameters

    def __getattr__(self, name: str) -> Any:
        # Copying and pickling ask for names before there are any.
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.own:
            return self.own[name]
        if name in OwnHyperparameters.model_fields and name not in MLP_ONLY:
            return getattr(self._tree, name)
        raise AttributeError(self._unknown(name))

    def __getitem__(self, place: str) -> Any:
        if place in self.own:
            return self.own[place]
        found: Any = self
        for name in place.split("."):
            try:
                found = found[name] if isinstance(found, Mapping) else getattr(found, name)
            except (AttributeError, KeyError):
                raise KeyError(self._unknown(place)) from None
        return found

    def __repr__(self) -> str:
        return f"Chosen({self._tree.model_dump()})"

    def _unknown(self, name: str) -> str:
        known = [*self.own, *(each for each in OwnHyperparameters.model_fields if each not in (*MLP_ONLY, OWN))]
        return f"there is no setting {name} here; there are {', '.join(known)}.{did_you_mean(name, known)}"


def why_no_name(name: object) -> str | None:
    """Why a setting of a model's own cannot be called so; None if it can."""
    if not isinstance(name, str) or not name.isidentifier() or not name.isascii() or name.startswith("_"):
        return "is no name for a setting; it should be of letters, digits and underscores, and begin with a letter"
    if name in OwnHyperparameters.model_fields and name not in MLP_ONLY:
        return f"is the name of a setting of the training; call it otherwise, such as my_{name}"
    if keyword.iskeyword(name) or name == "kind" or hasattr(BaseModel, name):
        return f"is a reserved name; call it otherwise, such as my_{name}"
    return None
