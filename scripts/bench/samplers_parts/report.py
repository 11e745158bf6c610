"""What was measured, as JSON and as tables."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from scripts.bench.samplers_parts.contenders import CONTENDERS, REFERENCE
from scripts.bench.samplers_parts.figures import Difference, Quartiles
from scripts.bench.samplers_parts.measure import Measurements
from scripts.bench.samplers_parts.plan import Plan

LIBRARIES = ("optuna", "numpy", "scipy")
WIDTH = 140
"""Columns that the tables need; a file has no width of its own."""


def report(plan: Plan, measured: Measurements) -> dict[str, Any]:
    """Everything, ready for JSON; costs are CPU milliseconds."""
    return {
        "machine": {"cores": psutil.cpu_count(), "processor": platform.processor() or platform.machine()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "seconds": measured.seconds,
        "costs": measured.costs,
        "searches": {
            setting.title: {
                "trials": setting.trials,
                "parallel": setting.parallel,
                "contenders": _contenders(measured.regrets[setting.title]),
            }
            for setting in plan.settings
        },
    }


def _contenders(found: Mapping[str, Mapping[str, list[float]]]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, regrets in found.items():
        told[name] = {
            "regrets": regrets,
            "quartiles": {objective: asdict(Quartiles.of(each)) for objective, each in regrets.items()},
        }
        if name != REFERENCE:
            difference = Difference.of(regrets, found[REFERENCE])
            told[name]["against_optuna"] = {**asdict(difference), "in_words": difference.in_words}
    return told


def show(told: Mapping[str, Any]) -> None:
    """Tables on the screen."""
    console = Console(width=max(Console().width, WIDTH), highlight=False)
    if told["costs"]:
        console.print(_costs(told["costs"]))
    for title, setting in told["searches"].items():
        console.print(_quartiles(title, setting))
        console.print(_differences(title, setting))
    console.print(f"{told['seconds'] / 60:.1f} minutes, {told['machine']['cores']} cores.")


def _costs(costs: Mapping[str, Mapping[int, float]]) -> Table:
    table = Table(title="CPU milliseconds of an ask, by the finished trials in the history")
    table.add_column("sampler", no_wrap=True)
    for trials in next(iter(costs.values())):
        table.add_column(f"{trials:,}", justify="right")
    for title, found in costs.items():
        table.add_row(title, *(f"{milliseconds:.1f}" for milliseconds in found.values()))
    return table


def _quartiles(title: str, setting: Mapping[str, Any]) -> Table:
    contenders = setting["contenders"]
    objectives = list(contenders[REFERENCE]["quartiles"])
    searches = len(contenders[REFERENCE]["regrets"][objectives[0]])
    regret = f"regret after {setting['trials']:,} trials, median of {searches} searches (quartiles)"
    table = Table(title=f"{title}: {regret}")
    table.add_column("sampler", no_wrap=True)
    for objective in objectives:
        table.add_column(objective, justify="right", no_wrap=True)
    for name, found in contenders.items():
        quartiles = [found["quartiles"][objective] for objective in objectives]
        table.add_row(
            CONTENDERS[name].title,
            *(f"{each['median']:.3f} ({each['lower']:.3f} {each['upper']:.3f})" for each in quartiles),
        )
    return table


def _differences(title: str, setting: Mapping[str, Any]) -> Table:
    table = Table(title=f"{title}: against Optuna's TPE, with the same objective and seed")
    table.add_column("sampler", no_wrap=True)
    for name in ("pairs", "ratio", "95 % interval", "better", "Wilcoxon p", "in words"):
        table.add_column(name, justify="left" if name == "in words" else "right", no_wrap=True)
    for name, found in setting["contenders"].items():
        if name != REFERENCE:
            against = found["against_optuna"]
            table.add_row(
                CONTENDERS[name].title,
                str(against["pairs"]),
                f"{against['ratio']:.2f}",
                f"{against['low']:.2f} to {against['high']:.2f}",
                f"{against['better']:.0%}",
                f"{against['p']:.2f}",
                against["in_words"],
            )
    return table
