"""What many searches come to: medians and quartiles for each pruner, as JSON and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from scripts.bench.pruner_parts.curves import Curves
from scripts.bench.pruner_parts.search import Found

BASELINE = "none"
WIDTH = 120
"""Columns that a table needs; a file has no width of its own."""


def summary(curves: Curves, found: Sequence[Found], without: Sequence[Found]) -> dict[str, Any]:
    """One pruner on one study; quartiles are over the seeds.

    Args:
        curves: of the study.
        found: one for each seed.
        without: the same seeds without a pruner.
    Returns:
        `regret`, how much worse than the best of all networks the results are, in the metric's unit; `rank`, how many
        networks are better; the shares of the seeds for which the result is `better` and `worse` than without a pruner;
        and the medians of trials `started` and `complete`.
    """
    pairs = [(one.result, other.result) for one, other in zip(found, without, strict=True)]
    return {
        "regret": _quartiles([curves.regret(one.result) for one in found]),
        "rank": _quartiles([curves.rank(one.result) for one in found]),
        "better": mean(one < other for one, other in pairs),
        "worse": mean(one > other for one, other in pairs),
        "started": float(np.median([one.started for one in found])),
        "complete": float(np.median([one.complete for one in found])),
    }


def _quartiles(values: Sequence[float]) -> dict[str, float]:
    low, middle, high = np.percentile(values, [25, 50, 75])
    return {"median": float(middle), "lower": float(low), "upper": float(high)}


def overall(studies: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, float]]:
    """Each pruner over all studies: the means of its median ranks and of its shares."""
    names = next(iter(studies.values()))
    return {
        name: {
            "rank": mean(told[name]["rank"]["median"] for told in studies.values()),
            "better": mean(told[name]["better"] for told in studies.values()),
            "worse": mean(told[name]["worse"] for told in studies.values()),
        }
        for name in names
    }


def show(told: Mapping[str, Any]) -> None:
    """A table for each study, and one for all of them."""
    console = Console(width=max(Console().width, WIDTH), highlight=False)
    asked = told["asked"]
    console.print(
        f"{asked['seeds']} searches with each pruner, {asked['lanes']} trials side by side, "
        f"as many epochs as {asked['trials']} whole trials have. Medians (and quartiles) over the searches."
    )
    for study, pruners in told["studies"].items():
        table = _table(f"{study}: {told['networks'][study]} networks", "regret", "rank", "better", "worse", "trials")
        for name, one in pruners.items():
            regret, rank = _spread(one["regret"], ".3g"), _spread(one["rank"], ".0f")
            trials = f"{one['complete']:.0f} of {one['started']:.0f}"
            table.add_row(name, regret, rank, f"{one['better']:.0%}", f"{one['worse']:.0%}", trials)
        console.print(table)
    table = _table("all studies", "mean of median ranks", "better", "worse")
    for name, one in told["overall"].items():
        table.add_row(name, f"{one['rank']:.1f}", f"{one['better']:.0%}", f"{one['worse']:.0%}")
    console.print(table)
    console.print(
        "regret: how much worse than the best network, in the metric's unit; rank: how many networks are better; "
        "better, worse: in how many searches than without a pruner, from the same draws; trials: complete of begun."
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    table.add_column("pruner", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _spread(spread: Mapping[str, float], form: str) -> str:
    return f"{spread['median']:{form}} ({spread['lower']:{form}} to {spread['upper']:{form}})"
