"""`scripts/bench/chaos`: workers that are killed, databases that go away, searches that are preempted."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from scripts.bench.chaos_parts import kills, resume

MUST_BE_NONE = ("lost", "duplicates", "zombies", "overshot", "incomplete", "lock_errors", "failed_workers")


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what was asked for, print a line of figures for each, and fail if anything was lost."""
    options = _parser().parse_args(arguments)
    told: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # A database server does not run as root, and has to get at its files.
        folder.chmod(0o755)
        for what in options.what:
            told[what] = WHAT[what](folder / what, options)
            print(what, json.dumps(told[what]), flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(told, indent=1))
    bad = [f"{what}: {name}" for what, figures in told.items() for name in MUST_BE_NONE if figures.get(name)]
    if bad:
        sys.exit(f"not 0: {', '.join(bad)}")


def _sqlite(folder: Path, options: argparse.Namespace, **harm: int) -> dict[str, Any]:
    folder.mkdir()
    url = URL.create("sqlite", database=str(folder / "trials.db"))
    return kills.run(url, folder / "logs", workers=options.workers, trials=options.trials, seed=options.seed, **harm)


def _postgresql(folder: Path, options: argparse.Namespace, **harm: Any) -> dict[str, Any]:
    from tests.servers import Server

    folder.mkdir()
    server = Server.create(folder / "server")
    try:
        return kills.run(
            server.new_database(),
            folder / "logs",
            workers=options.workers,
            trials=options.trials,
            seed=options.seed,
            server=server,
            outage_seconds=options.outage_seconds,
            **harm,
        )
    finally:
        server.stop("immediate")


WHAT = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "sqlite-kills": lambda folder, options: _sqlite(folder, options, kills=options.kills),
    "postgresql-kills": lambda folder, options: _postgresql(folder, options, kills=options.kills),
    "postgresql-outages": lambda folder, options: _postgresql(folder, options, outages=options.outages),
    "resume-lanes": lambda folder, options: resume.run(folder, "lanes", times=options.times, seed=options.seed),
    "resume-fit": lambda folder, options: resume.run(folder, "fit", times=options.times, seed=options.seed),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench/chaos", description=__doc__)
    parser.add_argument("what", nargs="+", choices=list(WHAT), help="what is done to whom")
    parser.add_argument("--workers", type=int, default=8, help="processes; 8")
    parser.add_argument("--trials", type=int, default=400, help="the budget; 400")
    parser.add_argument("--kills", type=int, default=200, help="of random workers by kill -9; 200")
    parser.add_argument("--outages", type=int, default=5, help="stops of the server; 5")
    parser.add_argument("--outage-seconds", type=float, default=20.0, help="how long each lasts; 20")
    parser.add_argument("--times", type=int, default=20, help="preemptions by SIGTERM; 20")
    parser.add_argument("--seed", type=int, default=0, help="of the moments; 0")
    parser.add_argument("--json", metavar="FILE", help="where to write all figures")
    return parser


if __name__ == "__main__":
    main()
