"""One concrete configuration of a network and its training."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from tuner.errors import HyperparameterError, listed
from tuner.hyperparameters.base import APPLIES_TO, Settings
from tuner.hyperparameters.clipping import Clipping, NoClipping
from tuner.hyperparameters.curves import (
    LEARNING_RATE_SCHEDULES,
    LearningRateSchedule,
    MomentumSchedule,
    PlateauSettings,
    WarmupSettings,
)
from tuner.hyperparameters.gradient_noise import GradientNoise
from tuner.hyperparameters.inputs import Inputs
from tuner.hyperparameters.layers import Layers
from tuner.hyperparameters.losses import CLASS_LOSSES, CROSS_ENTROPIES, HUBER_DELTA, ClassWeights, Loss
from tuner.hyperparameters.normalization import NoNormalization, Normalization
from tuner.hyperparameters.optimizers import OPTIMIZERS_WITH_MOMENTUM, Adam, Optimizer
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.hyperparameters.pretraining import Pretraining
from tuner.hyperparameters.transfer import Transfer
from tuner.schedules import Constant, Curve, Schedule

Direction = Literal["minimize", "maximize"]


class EarlyStopping(Settings):
    """Ends a trial whose watched metric no longer improves. The best epoch's weights are kept with or without it."""

    patience: int = Field(10, ge=1, description="Epochs without improvement before the trial ends.")
    min_delta: float = Field(0.0, ge=0, description="How much better the metric must be to count.")


class Hyperparameters(Settings):
    """One concrete configuration of a network and its training: a tree of frozen, self-checking values.

    Raises:
        pydantic.ValidationError: if a value cannot be, or if values do not go together.
    """

    batch_size: int = Field(
        32, ge=1, description="Rows in one training step; the last batch of an epoch may be smaller."
    )
    epochs: int = Field(40, ge=1, le=100_000, description="Passes over the training rows.")
    loss: Loss = Field(
        "auto", description="What training minimizes; auto is cross-entropy for classes and mse for numbers."
    )
    huber_delta: float = Field(
        HUBER_DELTA,
        gt=0,
        description="The error from which on huber grows evenly, in standard deviations of the target.",
        json_schema_extra={APPLIES_TO: {"loss": ["huber"]}},
    )
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of each label that cross-entropy spreads evenly over all classes; metrics go without it.",
        json_schema_extra={APPLIES_TO: {"loss": list(CROSS_ENTROPIES)}},
    )
    class_weights: ClassWeights = Field(
        "none",
        description="Whether training rows count so that all classes weigh the same in the loss: balanced is "
        "rows / (classes * rows of the class).",
        json_schema_extra={APPLIES_TO: {"loss": list(CLASS_LOSSES)}},
    )
    preprocessing: Preprocessing = Field(
        default_factory=Preprocessing, description="How columns become the inputs of the network."
    )
    inputs: Inputs = Field(default_factory=Inputs, description="What is done to the inputs inside of the network.")
    layers: Layers = Field(default_factory=Layers, description="The hidden layers.")
    normalization: Normalization = Field(
        default_factory=NoNormalization, description="Batch normalization of the hidden layers."
    )
    optimizer: Optimizer = Field(default_factory=Adam, description="The optimizer and its own hyperparameters.")
    schedule: LearningRateSchedule = Field(
        default_factory=LEARNING_RATE_SCHEDULES["constant"],
        description="How the learning rate changes over the epochs.",
    )
    warmup: WarmupSettings | None = Field(
        None, description="A straight rise of the learning rate in front of its schedule, which begins after it."
    )
    plateau: PlateauSettings | None = Field(
        None, description="ReduceLROnPlateau: scales the learning rate down when the watched metric stops improving."
    )
    momentum: MomentumSchedule | None = Field(
        None,
        description="How the momentum changes over the epochs: momentum of SGD and RMSprop, beta_1 of the Adam family.",
        json_schema_extra={APPLIES_TO: {"optimizer": list(OPTIMIZERS_WITH_MOMENTUM)}},
    )
    activation_noise: MomentumSchedule | None = Field(
        None,
        description="Standard deviation, over the epochs, of the Gaussian noise added to what each hidden activation "
        "is given, in training only.",
    )
    gradient_noise: GradientNoise | None = Field(
        None,
        description="Standard deviation, over the epochs or training steps, of the Gaussian noise added to the "
        "gradients, after clipping.",
    )
    clipping: Clipping = Field(
        default_factory=NoClipping, description="What the gradients, penalties included, are held within."
    )
    early_stopping: EarlyStopping | None = Field(None, description="When to end a trial before its last epoch.")
    transfer: Transfer | None = Field(
        None, description="Which layers of an exported model to start from; for the trainer fit."
    )
    pretraining: Pretraining | None = Field(
        None, description="How hidden layers learn to reconstruct their input beforehand; for the trainer fit."
    )

    @property
    def for_fit_alone(self) -> tuple[str, ...]:
        """The tables in use that no trainer but `fit` has."""
        taken = self.transfer is not None and self.transfer.layers > 0
        trained = self.pretraining is not None and self.pretraining.epochs > 0
        return (*(("transfer",) if taken else ()), *(("pretraining",) if trained else ()))

    @property
    def last_epoch(self) -> int:
        """Index of the last epoch, counted from 0."""
        return self.epochs - 1

    @property
    def _warmup_epochs(self) -> int:
        return 0 if self.warmup is None else int(dict(self.warmup)["epochs"])

    def learning_rate_schedule(self, direction: Direction) -> Schedule:
        """What the learning rate does, the warm-up and the plateau included.

        Args:
            direction: which way the watched metric is better.
        """
        curve: Curve = self.schedule.build(
            last_epoch=self.last_epoch - self._warmup_epochs, initial=self.optimizer.learning_rate
        )
        if self.warmup is not None:
            curve = self.warmup.build(last_epoch=self.last_epoch, curve=curve)
        if self.plateau is None:
            return curve
        plateau: Schedule = self.plateau.build(last_epoch=self.last_epoch, curve=curve, direction=direction)
        return plateau

    def momentum_schedule(self) -> Curve | None:
        """What the momentum does; None for an optimizer that has none."""
        if self.optimizer.momentum_setting is None:
            return None
        if self.momentum is not None:
            curve: Curve = self.momentum.build(last_epoch=self.last_epoch)
            return curve
        stated = self.optimizer.own_momentum
        return Constant(initial=self.optimizer.default_momentum if stated is None else stated)

    def activation_noise_curve(self) -> Curve | None:
        """The standard deviation of the noise on activations; None without."""
        return self._curve("activation_noise")

    def gradient_noise_curve(self) -> Curve | None:
        """The standard deviation of the noise on gradients, but for the decay from step to step; None without."""
        return self._curve("gradient_noise")

    def _curve(self, table: str) -> Curve | None:
        stated = getattr(self, table)
        if stated is None:
            return None
        try:
            curve: Curve = stated.build(last_epoch=self.last_epoch)
        except HyperparameterError as error:
            raise _at(table, error, f"{table}.initial") from None
        return curve

    @model_validator(mode="after")
    def _settings_go_together(self) -> Hyperparameters:
        self._check_loss()
        if self.transfer is not None and self.transfer.layers > self.layers.depth:
            problem = f"must be at most layers.depth, but is {self.transfer.layers} of {self.layers.depth}"
            raise HyperparameterError(problem, "transfer.layers", "layers.depth")
        optimizer = self.optimizer
        if self._warmup_epochs >= self.epochs:
            raise HyperparameterError(
                f"must leave an epoch for the schedule, but is {self._warmup_epochs} of {self.epochs}",
                "warmup.epochs",
                "epochs",
            )
        try:
            self.learning_rate_schedule("minimize")
        except HyperparameterError as error:
            raise _at("schedule", error, "optimizer.learning_rate") from None
        self.activation_noise_curve()
        self.gradient_noise_curve()
        if self.momentum is None:
            return self
        if optimizer.momentum_setting is None:
            raise HyperparameterError(f"is for optimizers with a momentum, which {optimizer.kind} has not", "momentum")
        if optimizer.own_momentum is not None:
            raise HyperparameterError(
                "is driven by hyperparameters.momentum already; state one of the two",
                f"optimizer.{optimizer.momentum_setting}",
                "momentum",
            )
        try:
            schedule = self.momentum_schedule()
        except HyperparameterError as error:
            raise _at("momentum", error, "momentum.initial") from None
        assert isinstance(schedule, Curve)
        highest = max(schedule.value(epoch) for epoch in range(self.epochs))
        if highest >= 1:
            raise HyperparameterError(f"must stay below 1, but reaches {highest:g}", "momentum")
        return self

    def _check_loss(self) -> None:
        """Complain about a setting that does nothing beside the loss. Its default is fine: it stands in every trial."""
        for name, stated, losses in (
            ("huber_delta", self.huber_delta != HUBER_DELTA, ("huber",)),
            ("label_smoothing", self.label_smoothing > 0, CROSS_ENTROPIES),
            ("class_weights", self.class_weights != "none", CLASS_LOSSES),
        ):
            if stated and self.loss not in losses:
                raise HyperparameterError(f"is for the loss {listed(losses)}, but that is {self.loss}", name, "loss")


def _at(table: str, error: HyperparameterError, initial: str) -> HyperparameterError:
    """The same error with its settings as places of the whole configuration."""
    places = (initial if name == "initial" else f"{table}.{name}" for name in error.settings)
    return HyperparameterError(error.problem, *places)
