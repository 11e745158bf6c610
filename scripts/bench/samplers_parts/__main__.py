"""What an ask of TPE costs with Optuna's own sampler and with ours, and whether searches come to the same.

Nothing is trained: objectives are functions with a known minimum. docs/samplers.md says what is measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import psutil

from scripts.bench.samplers_parts.measure import measure, quiet
from scripts.bench.samplers_parts.objectives import OBJECTIVES
from scripts.bench.samplers_parts.plan import SETTINGS, Plan, Setting
from scripts.bench.samplers_parts.report import report, show


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench/samplers", description=__doc__)
    add = parser.add_argument
    add("--seeds", type=_count, default=20, metavar="N", help="searches of each sort (default 20)")
    names = ",".join(OBJECTIVES)
    add("--objectives", type=_objectives, default=list(OBJECTIVES), metavar="NAME,...", help=f"default {names}")
    add("--trials", type=_count, metavar="N", help="of every search (default: each setting's own)")
    add("--no-costs", action="store_true", help="simulate searches only")
    add("--processes", type=_count, default=psutil.cpu_count() or 1, metavar="N", help="default: one for each core")
    add("--quick", action="store_true", help="a first impression: short searches, few seeds, small histories")
    add("--json", type=Path, metavar="PATH", help="write every figure there too")
    return parser


def plan_of(asked: argparse.Namespace) -> Plan:
    settings = SETTINGS[:2] if asked.quick else SETTINGS
    trials: int | None = asked.trials or (100 if asked.quick else None)
    if trials is not None:
        settings = tuple(Setting(each.title, trials, each.parallel, each.contenders) for each in settings)
    return Plan(
        settings=settings,
        objectives=asked.objectives,
        seeds=min(asked.seeds, 3) if asked.quick else asked.seeds,
        costs=() if asked.no_costs else (100, 500) if asked.quick else Plan.costs,
        batches=3 if asked.quick else Plan.batches,
    )


def main() -> int:
    asked = options().parse_args()
    quiet()
    plan = plan_of(asked)
    measured = measure(plan, processes=asked.processes, say=lambda line: print(line, file=sys.stderr, flush=True))
    told = report(plan, measured)
    show(told)
    if asked.json is not None:
        asked.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return 0


def _objectives(text: str) -> list[str]:
    names = text.split(",")
    if not set(names) <= set(OBJECTIVES):
        raise argparse.ArgumentTypeError(f"objectives are {', '.join(OBJECTIVES)}, not {text}")
    return names


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, but is {text}")
    return number


if __name__ == "__main__":
    sys.exit(main())
