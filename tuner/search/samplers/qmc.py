"""Quasi-Monte Carlo whose workers never draw the same point."""

from __future__ import annotations

import optuna
from optuna.distributions import BaseDistribution


class NumberedQmcSampler(optuna.samplers.QMCSampler):
    """Quasi-Monte Carlo with a trial's number as its place in the sequence.

    Optuna counts places in the storage, where two workers who ask at the same time may be given the same one.

    Attributes:
        place: of the next point, from 0.
    """

    place = 0

    def _find_sample_id(self, study: optuna.Study, search_space: dict[str, BaseDistribution]) -> int:
        return self.place
