"""Running everything: costs in this process, one after another, and searches in several processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.samplers import BaseSampler

from scripts.bench.samplers_parts.contenders import CONTENDERS, DEFAULTS, EachSeeded, optunas_own
from scripts.bench.samplers_parts.costs import milliseconds_per_ask
from scripts.bench.samplers_parts.objectives import OBJECTIVES
from scripts.bench.samplers_parts.plan import Plan, Search
from scripts.bench.samplers_parts.searches import simulated

COSTED: Mapping[str, tuple[int, Callable[[], BaseSampler]]] = {
    "Optuna's TPE, one at a time": (1, lambda: optunas_own(1)),
    "ours, one at a time": (1, lambda: ours(DEFAULTS.history)),
    "ours, batches of 8": (8, lambda: ours(DEFAULTS.history)),
    "ours, batches of 8, all trials": (8, lambda: ours(None)),
    "random": (8, lambda: optuna.samplers.RandomSampler(seed=1)),
}
"""What is timed: how many asks at a time, and of whom."""


def ours(most_trials: int | None) -> EachSeeded:
    return EachSeeded(most_trials=most_trials, asks_per_fit=DEFAULTS.asks_per_fit, seed=1)


@dataclass
class Measurements:
    """What came of a plan.

    Attributes:
        costs: by what is timed and the number of trials: CPU milliseconds of an ask.
        regrets: by setting, contender and objective: the final regret of each seed, in their order.
        seconds: how long it took.
    """

    costs: dict[str, dict[int, float]] = field(default_factory=dict)
    regrets: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    seconds: float = 0.0


def measure(plan: Plan, *, processes: int, say: Callable[[str], None]) -> Measurements:
    """Do everything that is planned."""
    begun = time.monotonic()
    found = Measurements()
    for title, (batch, make) in COSTED.items() if plan.costs else ():
        say(f"cost of an ask: {title}")
        found.costs[title] = {
            trials: milliseconds_per_ask(
                OBJECTIVES["bowl"].space, trials, make(), batch=batch, batches=plan.batches * 8 // batch
            )
            for trials in plan.costs
        }
    searches = list(plan.searches())
    with ProcessPoolExecutor(processes, initializer=quiet) as pool:
        for count, (search, regret) in enumerate(zip(searches, pool.map(final_regret, searches), strict=True), start=1):
            contenders = found.regrets.setdefault(search.setting.title, {})
            contenders.setdefault(search.contender, {}).setdefault(search.objective, []).append(regret)
            if count % 50 == 0:
                say(f"{count} of {len(searches)} searches")
    found.seconds = time.monotonic() - begun
    return found


def quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def final_regret(search: Search) -> float:
    """Simulate one search to its end."""
    sampler = CONTENDERS[search.contender].make(search.seed)
    regrets: Any = simulated(
        OBJECTIVES[search.objective],
        sampler,
        seed=search.seed,
        trials=search.setting.trials,
        parallel=search.setting.parallel,
    )
    return float(regrets[-1])
