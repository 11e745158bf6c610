"""Pruners by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import optuna
from optuna.pruners import BasePruner

from tuner.hyperparameters.base import Settings
from tuner.study.pruner_settings import (
    HyperbandPruner,
    MedianPruner,
    NoPruner,
    PatientPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
)


def default_warmup(epochs: int) -> int:
    """Epochs before a trial may be ended, where a study states none: a quarter of the epochs.

    With none at all, slow starters such as small learning rates are ended before they show what they can.
    """
    return epochs // 4


def _none(settings: NoPruner, epochs: int) -> BasePruner:
    del settings, epochs
    return optuna.pruners.NopPruner()


def _median(settings: MedianPruner, epochs: int) -> BasePruner:
    return optuna.pruners.MedianPruner(
        n_startup_trials=settings.startup_trials, n_warmup_steps=_warmup(settings.warmup_epochs, epochs)
    )


def _percentile(settings: PercentilePruner, epochs: int) -> BasePruner:
    return optuna.pruners.PercentilePruner(
        settings.keep,
        n_startup_trials=settings.startup_trials,
        n_warmup_steps=_warmup(settings.warmup_epochs, epochs),
    )


def _successive_halving(settings: SuccessiveHalvingPruner, epochs: int) -> BasePruner:
    del epochs
    return optuna.pruners.SuccessiveHalvingPruner(
        min_resource=settings.minimum_epochs, reduction_factor=settings.reduction_factor
    )


def _hyperband(settings: HyperbandPruner, epochs: int) -> BasePruner:
    return optuna.pruners.HyperbandPruner(
        min_resource=settings.minimum_epochs, max_resource=epochs, reduction_factor=settings.reduction_factor
    )


def _patient(settings: PatientPruner, epochs: int) -> BasePruner:
    wrapped = None if isinstance(settings.pruner, NoPruner) else make_pruner(settings.pruner, epochs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.pruners.PatientPruner(wrapped, patience=settings.patience, min_delta=settings.min_delta)


def _threshold(settings: ThresholdPruner, epochs: int) -> BasePruner:
    return optuna.pruners.ThresholdPruner(
        lower=settings.lower, upper=settings.upper, n_warmup_steps=_warmup(settings.warmup_epochs, epochs)
    )


def _warmup(stated: int | None, epochs: int) -> int:
    return default_warmup(epochs) if stated is None else stated


PRUNERS: Mapping[type[Settings], Callable[[Any, int], BasePruner]] = {
    NoPruner: _none,
    MedianPruner: _median,
    PercentilePruner: _percentile,
    SuccessiveHalvingPruner: _successive_halving,
    HyperbandPruner: _hyperband,
    PatientPruner: _patient,
    ThresholdPruner: _threshold,
}
"""How each pruner of a study file is made; `epochs` is the most that a trial of the study can have."""


def make_pruner(settings: Settings, epochs: int) -> BasePruner:
    """The pruner of a study.

    Args:
        settings: as the study file states it.
        epochs: the most epochs that a trial can have.
    """
    return PRUNERS[type(settings)](settings, epochs)
