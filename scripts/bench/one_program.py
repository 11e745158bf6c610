#!/usr/bin/env python
"""What a setting costs as a parameter of the lanes, and what as a reason for programs of their own.

    .venv/bin/python scripts/bench/one_program.py --trials 48 --lanes 24 --epochs 20

Trains the digits with several values of one setting at a time. "One" is a program in which every lane has its own
value, and so has all that any of them needs; "several" is a program for each value, with nothing in it that this value
does not need. The same trials, as many lanes in all; the clock runs from the first job to the last outcome, compilation
included. The two take turns, and the median of the ratios counts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from folds import METRIC, Listed
from sklearn.datasets import load_digits

from tuner.data.prepared import Prepared
from tuner.hyperparameters import Hyperparameters
from tuner.lanes.sharing import forget_functions
from tuner.lanes.signature import Expected
from tuner.lanes.techniques import techniques_of
from tuner.training.job import MAIN_DATA, DataOrder, End, Job
from tuner.training.lanes import LaneTrainer

SETTINGS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "activation": [{"layers": {"activation": name}} for name in ("relu", "elu", "tanh")],
    "normalization": [{"normalization": {"kind": kind}} for kind in ("none", "before", "after")],
    "clipping": [
        {"clipping": {"kind": "none"}},
        *({"clipping": {"kind": kind, "limit": 1.0}} for kind in ("value", "norm", "global_norm")),
    ],
    "width, 16 to 64": [{"layers": {"width": width}} for width in (16, 32, 64)],
    "width, 64 to 256": [{"layers": {"width": width}} for width in (64, 128, 256)],
    "depth, 1 to 3": [{"layers": {"depth": depth}} for depth in (1, 2, 3)],
    "noise, mixup": [{"inputs": {"noise": 0.1}}, {"inputs": {"mixup": 0.4}}, {}],
}
"""For each setting the values that the trials take in turn."""


def digits() -> Prepared:
    x, y = load_digits(return_X_y=True)
    x, y = (x / 16).astype("float32"), y.astype("int32")
    order = np.random.default_rng(0).permutation(len(x))
    train, held = np.split(order, [len(x) * 4 // 5])
    return Prepared("multiclass", x[train], y[train], x[held], y[held], tuple("0123456789"))


def jobs_of(values: Sequence[Mapping[str, Any]], trials: int, epochs: int) -> list[Job]:
    jobs = []
    for number in range(trials):
        value = values[number % len(values)]
        chosen = Hyperparameters.model_validate(
            {"epochs": epochs, **value, "layers": {"depth": 2, "width": 64, **value.get("layers", {})}}
        )
        jobs.append(Job(number, chosen, number, DataOrder(20, 0), METRIC, "minimize"))
    return jobs


def expected_of(jobs: Sequence[Job], *, one: bool) -> Expected:
    """What puts all jobs into one program, or those of each value into one of their own."""
    if not one:
        return Expected()
    layers = [job.hyperparameters.layers for job in jobs]
    depth = max(each.depth for each in layers)
    return Expected(
        depths=(depth,),
        widths=(max(each.width for each in layers),),
        shallow=(depth,),
        activations=tuple(dict.fromkeys(each.activation for each in layers)),
        techniques=frozenset().union(*(techniques_of(job.hyperparameters) for job in jobs)),
    )


def seconds(jobs: Sequence[Job], data: Prepared, *, lanes: int, one: bool) -> float:
    forget_functions()
    trainer = LaneTrainer(lanes=lanes, expected=expected_of(jobs, one=one), threads=2)
    listed = Listed(jobs)
    began = time.perf_counter()
    outcomes = list(trainer.train(listed, {MAIN_DATA: data}, listed))
    failed = [outcome.error for outcome in outcomes if outcome.end is not End.FINISHED]
    if failed:
        raise RuntimeError(f"{len(failed)} jobs did not finish: {failed[0]}")
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=48)
    parser.add_argument("--lanes", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    stated = parser.parse_args()
    data = digits()
    print("| setting | values | one program | several | several / one |", "|---|---|---|---|---|", sep="\n", flush=True)
    for name, values in SETTINGS.items():
        jobs = jobs_of(values, stated.trials, stated.epochs)
        pairs = [
            (seconds(jobs, data, lanes=stated.lanes, one=True), seconds(jobs, data, lanes=stated.lanes, one=False))
            for _ in range(stated.repeats)
        ]
        one, several = (statistics.median(each) for each in zip(*pairs, strict=True))
        ratio = statistics.median(several / one for one, several in pairs)
        print(f"| {name} | {len(values)} | {one:.1f} s | {several:.1f} s | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
