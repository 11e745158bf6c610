"""What the repeats come to: medians, spreads and ratios, as JSON and as a table."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from scripts.bench.lanes_parts.figures import Spread
from scripts.bench.lanes_parts.measure import Measurements
from scripts.bench.lanes_parts.plan import CONTENDERS, Plan
from scripts.bench.lanes_parts.works import Work

LIBRARIES = ("keras", "tensorflow", "optuna", "numpy")
ABSENT = "-"
WIDTH = 140
"""Columns that the table needs; a file has no width of its own."""


def report(plan: Plan, works: Mapping[int, Work], measured: Measurements) -> dict[str, Any]:
    """Everything, ready for JSON; rates are trials per minute, spreads are over the repeats."""
    return {
        "machine": {"cores": psutil.cpu_count(), "processor": platform.processor() or platform.machine()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "product_gflops": asdict(Spread.of(measured.products)),
        "works": {number: _work(number, works[number], plan, measured) for number in plan.works},
        "measured": [asdict(one) for one in measured.each],
    }


def _work(number: int, work: Work, plan: Plan, measured: Measurements) -> dict[str, Any]:
    return {
        "title": work.title,
        "network": f"{work.depth} x {work.width}",
        "batch_size": work.batch_size,
        "epochs": work.epochs,
        "contenders": {name: _contender(number, name, plan, measured) for name in plan.contenders},
    }


def _contender(number: int, name: str, plan: Plan, measured: Measurements) -> dict[str, Any]:
    best = [measured.best(number, name, repeat) for repeat in range(plan.repeats)]
    found = [(repeat, one, one.rate) for repeat, one in enumerate(best) if one is not None and one.rate is not None]
    rates = {repeat: rate.per_minute for repeat, _, rate in found}
    told: dict[str, Any] = {
        "per_minute": Spread.of(list(rates.values())),
        "without_trace": Spread.of([rate.without_trace for _, _, rate in found]),
        "gflops": Spread.of([one.gflops for _, one, _ in found if one.gflops is not None]),
        "share_of_product": Spread.of(
            [one.gflops / measured.products[repeat] for repeat, one, _ in found if one.gflops is not None]
        ),
    }
    # Within a repeat, in which the machine was much the same for all.
    for other in CONTENDERS if name == "lanes" else ():
        against = {repeat: measured.best(number, other, repeat) for repeat in rates}
        ratios = [rates[repeat] / one.rate.per_minute for repeat, one in against.items() if one and one.rate]
        if other != name:
            told[f"times_{other}"] = Spread.of(ratios)
    told = {key: None if spread is None else asdict(spread) for key, spread in told.items()}
    told["ways"] = [one.way if one.lanes is None else f"{one.way}, {one.lanes} lanes" for _, one, _ in found]
    told["measured_share"] = min((rate.measured_share for _, _, rate in found), default=None)
    return told


def show(told: Mapping[str, Any]) -> None:
    """A table on the screen, and below it what has to be known to read it."""
    console = Console(width=max(Console().width, WIDTH), highlight=False)
    table = Table(title="trials per minute: median of the repeats, and lowest to highest")
    for name in ("work", "contender", "best way"):
        table.add_column(name, no_wrap=True)
    for name in ("with trace", "without", "x Optuna", "x fed", "GFLOP/s", "of product"):
        table.add_column(name, justify="right")
    for work in told["works"].values():
        title = f"{work['title']}\n{work['network']}, batch {work['batch_size']}, {work['epochs']} epochs"
        for name, found in work["contenders"].items():
            table.add_row(
                title,
                CONTENDERS[name],
                "\n".join(dict.fromkeys(found["ways"])) or "failed",
                _spread(found["per_minute"]),
                _spread(found["without_trace"]),
                _spread(found.get("times_optuna")),
                _spread(found.get("times_fed")),
                _spread(found["gflops"]),
                _spread(found["share_of_product"], percent=True),
            )
            title = ""
        table.add_section()
    console.print(table)
    product = _spread(told["product_gflops"], between=", ")
    console.print(f"A large matrix product: {product} GFLOP/s; {told['machine']['cores']} cores.")
    for work in told["works"].values():
        for name, found in work["contenders"].items():
            share = found["measured_share"]
            if share is not None and share < 0.995:
                console.print(
                    f"{work['title']}, {CONTENDERS[name]}: as little as {share:.0%} of the epochs of the measured "
                    "trials was trained; the rest is taken to be like the epochs after the first."
                )


def _spread(spread: Mapping[str, float] | None, *, percent: bool = False, between: str = "\n") -> str:
    if spread is None:
        return ABSENT
    middle, low, high = (_figure(spread[key], percent) for key in ("median", "lowest", "highest"))
    return middle if low == high else f"{middle}{between}{low} to {high}"


def _figure(value: float, percent: bool) -> str:
    if percent:
        return f"{value:.1%}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
