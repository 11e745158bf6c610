"""Rates out of what the processes tell, and ratios out of rates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any


@dataclass(frozen=True)
class Rate:
    """What one contender came to in one way.

    Attributes:
        per_minute: trials per minute, the trace included.
        without_trace: the same if no epoch took longer than those after the first; NaN if there were none.
        measured_trials: how many were trained, in all processes together.
        measured_share: how much of these trials' epochs was trained; the rest is taken to be like the epochs after the
            first.
        seconds: how long it was measured.
        diverged: lanes whose training ended because of it.
    """

    per_minute: float
    without_trace: float
    measured_trials: int
    measured_share: float
    seconds: float
    diverged: int = 0


def full_seconds(seconds: float, *, first: float, epochs: float, in_first: float, wanted: float) -> tuple[float, float]:
    """How long all epochs take, when some of them are known.

    Args:
        seconds: that were measured.
        first: of these, until the end of the first epoch; the trace is in there.
        epochs: that were measured, of all trials together.
        in_first: of these, in the first epoch: one for each lane.
        wanted: epochs of all trials in full.
    Returns:
        The seconds of the epochs wanted with the trace, and without it (NaN if there was but one epoch).

    >>> full_seconds(10.0, first=4.0, epochs=4, in_first=1, wanted=6)
    (14.0, 12.0)
    """
    if epochs <= in_first:
        return seconds * wanted / epochs, math.nan
    each = (seconds - first) / (epochs - in_first)
    return first + each * (wanted - in_first), each * wanted


def rate_of_fit(told: Sequence[Mapping[str, Any]], *, epochs: int) -> Rate:
    """The rate of processes that train one trial after another: the sum of what each would do by itself.

    Nobody is charged for the end, when one process is ready and the other is not.
    """
    rate = bare = 0.0
    trials = [trial for process in told for trial in process["trials"]]
    for process in told:
        full = [
            full_seconds(each["seconds"], first=each["first"], epochs=each["epochs"], in_first=1, wanted=epochs)
            for each in process["trials"]
        ]
        rate += 60 / fmean(seconds for seconds, _ in full)
        bare += 60 / fmean(seconds for _, seconds in full)
    return Rate(
        per_minute=rate,
        without_trace=bare,
        measured_trials=len(trials),
        measured_share=sum(each["epochs"] for each in trials) / (epochs * len(trials)),
        seconds=max(sum(each["seconds"] for each in process["trials"]) for process in told),
    )


def rate_of_lanes(told: Sequence[Mapping[str, Any]], shares: Sequence[int], *, epochs: int) -> Rate:
    """The rate of processes that share trials out: all trials over the time until the last one has ended.

    Args:
        told: what each process tells.
        shares: the trials of each.
        epochs: of a whole trial.
    """
    full = [
        full_seconds(
            each["seconds"],
            first=each["first"],
            epochs=each["epochs"],
            in_first=each["epochs_in_first"],
            wanted=share * epochs,
        )
        for each, share in zip(told, shares, strict=True)
    ]
    trials = sum(shares)
    return Rate(
        per_minute=60 * trials / max(seconds for seconds, _ in full),
        without_trace=60 * trials / max(seconds for _, seconds in full),
        measured_trials=trials,
        measured_share=sum(each["epochs"] for each in told) / (epochs * trials),
        seconds=max(each["seconds"] for each in told),
        diverged=sum(each["diverged"] for each in told),
    )


@dataclass(frozen=True)
class Spread:
    """What repeats came to."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """None if there are none."""
        return cls(median(values), min(values), max(values)) if values else None
