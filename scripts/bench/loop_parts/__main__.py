"""`scripts/bench/loop`: the three figures of a search, each with what it is compared to in the same run."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.bench.loop_parts.searches import fill, searched, trained_alone
from scripts.bench.loop_parts.space import study


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a table, and write JSON if asked to."""
    options = _parser().parse_args(arguments)
    rounds = [_round(options, number) for number in range(options.repeats)]
    figures = {name: [each[name] for each in rounds] for name in rounds[0]}
    for name, values in figures.items():
        spread = f" ({min(values):.3g} to {max(values):.3g})" if len(values) > 1 else ""
        print(f"{name:58}{statistics.median(values):10.4g}{spread}")
    if options.json:
        told = {"options": {name: str(value) for name, value in vars(options).items()}, "figures": figures}
        Path(options.json).write_text(json.dumps(told, indent=1))


def _round(options: argparse.Namespace, seed: int) -> dict[str, float]:
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        definition = study(epochs=options.epochs, pruner="median", seed=seed)
        fresh = searched(definition, _folder(root, "fresh"), trials=options.trials)
        alone = trained_alone(definition, fresh, root)
        figures["search, s"] = fresh.seconds
        figures["the same jobs alone, s"] = alone
        figures["search over training alone"] = fresh.seconds / alone
        if options.before:
            full = _folder(root, "full")
            fill(definition, full, fresh.trials, options.before)
            later = searched(definition, full, trials=options.trials)
            alone = trained_alone(definition, later, root)
            figures[f"search after {options.before} trials, s"] = later.seconds
            figures["its jobs alone, s"] = alone
            figures[f"after {options.before} trials: search over training alone"] = later.seconds / alone
        if options.plain:
            unpruned = study(epochs=options.epochs, pruner="none", seed=seed)
            ours = searched(unpruned, _folder(root, "unpruned"), trials=options.trials)
            plain = options.plain / _plain(root, epochs=options.epochs, trials=options.plain, seed=seed)
            figures["tuner, trials a minute, no pruning"] = 60 * options.trials / ours.seconds
            figures["plain Optuna, trials a minute, no pruning"] = 60 * plain
            figures["tuner over plain Optuna"] = options.trials / ours.seconds / plain
    return figures


def _plain(root: Path, **asked: Any) -> float:
    command = [sys.executable, "-m", "scripts.bench.loop_parts.plain", json.dumps({"folder": str(root), **asked})]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(told.splitlines()[-1])


def _folder(root: Path, name: str) -> Path:
    folder = root / name
    folder.mkdir()
    return folder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench/loop", description=__doc__)
    parser.add_argument("--trials", type=int, default=500, help="of each search; 500")
    parser.add_argument("--epochs", type=int, default=20, help="of each trial; 20")
    parser.add_argument("--before", type=int, default=5000, help="trials that the second study has already; 5000")
    parser.add_argument("--plain", type=int, default=20, help="trials of plain Optuna, 0 for none; 20")
    parser.add_argument("--repeats", type=int, default=1, help="rounds, whose medians are shown; 1")
    parser.add_argument("--json", metavar="FILE", help="where to write all figures")
    return parser


if __name__ == "__main__":
    main()
