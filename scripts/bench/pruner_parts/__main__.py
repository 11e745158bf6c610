"""What each pruner finds with as many epochs as the others: searches replayed on curves of networks that were trained.

docs/pruners.md says what is measured, and on what.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import optuna

from scripts.bench.pruner_parts.contenders import COMPARED, contenders
from scripts.bench.pruner_parts.curves import FILE, Curves, read
from scripts.bench.pruner_parts.report import BASELINE, overall, show, summary
from scripts.bench.pruner_parts.search import Found, search


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench/pruners", description=__doc__)
    add = parser.add_argument
    add("--seeds", type=_count, default=200, metavar="N", help="searches with each pruner (default 200)")
    add("--trials", type=_count, default=60, metavar="N", help="whole trials whose epochs each has (default 60)")
    add("--lanes", type=_count, default=16, metavar="K", help="trials side by side (default 16)")
    add("--studies", metavar="NAME,...", help="whose curves (default: all)")
    add("--pruners", metavar="TEXT,...", help="those whose names begin so; 'all' for all (default: a choice)")
    add("--processes", type=_count, default=1, metavar="N", help="at the same time (default 1)")
    add("--curves", type=Path, default=FILE, metavar="PATH", help="the file of curves, if it is another one")
    add("--json", type=Path, metavar="PATH", help="write every figure there too")
    add("--train", type=_count, metavar="N", help="train N networks of each study and write the file of curves instead")
    add("--epochs", type=_count, metavar="N", help="with --train: instead of the studies' own")
    return parser


def main() -> int:
    asked = options().parse_args()
    if asked.train is not None:
        from scripts.bench.pruner_parts.train import train  # TensorFlow, which the rest does without

        train(asked.train, asked.curves, asked.epochs)
        return 0
    told = report(asked, read(asked.curves))
    show(told)
    if asked.json is not None:
        asked.json.write_text(json.dumps(_finite(told), indent=2) + "\n", encoding="utf-8")
    return 0


def report(asked: argparse.Namespace, curves: dict[str, Curves]) -> dict[str, Any]:
    """Run every search, and sum up."""
    studies = curves if asked.studies is None else {name: curves[name] for name in asked.studies.split(",")}
    told: dict[str, Any] = {
        "asked": {"seeds": asked.seeds, "trials": asked.trials, "lanes": asked.lanes},
        "networks": {study: len(each.values) for study, each in studies.items()},
        "studies": {},
    }
    for study, each in studies.items():
        names = chosen(list(contenders(each.epochs)), asked.pruners)
        work = [(name, each, asked.trials, asked.lanes, asked.seeds) for name in names]
        found = dict(zip(names, _done(work, asked.processes), strict=True))
        told["studies"][study] = {name: summary(each, found[name], found[BASELINE]) for name in names}
        print(f"{study}: done", file=sys.stderr, flush=True)
    told["overall"] = overall(told["studies"])
    return told


def chosen(names: Sequence[str], asked: str | None) -> list[str]:
    """The names of the pruners to compare, in order; the one to compare them with is always there."""
    if asked is None:
        return [name for name in names if name in COMPARED]
    starts = ("",) if asked == "all" else (BASELINE, *asked.split(","))
    return [name for name in names if name.startswith(starts)]


_Work = tuple[str, Curves, int, int, int]


def _done(work: Sequence[_Work], processes: int) -> list[list[Found]]:
    if processes == 1:
        return [_searches(one) for one in work]
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(_searches, work))


def _searches(work: _Work) -> list[Found]:
    name, curves, trials, lanes, seeds = work
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    settings = contenders(curves.epochs)[name]
    budget = trials * curves.epochs
    return [search(curves, settings, budget=budget, lanes=lanes, seed=seed) for seed in range(seeds)]


def _finite(value: Any) -> Any:
    """The same with None for a number that JSON has not."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, but is {text}")
    return number


if __name__ == "__main__":
    sys.exit(main())
