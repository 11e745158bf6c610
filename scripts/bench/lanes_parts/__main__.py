"""Trials per minute of Optuna and Keras `fit`, of a `fit` that is well fed, and of lanes, side by side on this machine.

Training only: no pruning, and as many epochs for everybody. docs/speed.md says what is measured.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

from scripts.bench.lanes_parts.measure import measure
from scripts.bench.lanes_parts.plan import CONTENDERS, Plan, Way
from scripts.bench.lanes_parts.report import report, show
from scripts.bench.lanes_parts.works import WORKS


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench/lanes", description=__doc__)
    add = parser.add_argument
    works = "; ".join(f"{number} {work.title}" for number, work in WORKS.items())
    add("--work", type=_works, default=[1, 2, 3], metavar="N,...", help=f"default 1,2,3. {works}")
    names = ",".join(CONTENDERS)
    add("--contenders", type=_contenders, default=list(CONTENDERS), metavar="NAME,...", help=f"default {names}")
    add("--repeats", type=_count, default=3, metavar="N", help="of everything, in turn (default 3)")
    ways = "processes x threads of {}, of which the best counts (default {})"
    for option, whose, default in (("--ways", "fit", "1xall,1x1,2x1"), ("--lane-ways", "the lanes", "1xall,2x1")):
        told = ways.format(whose, default)
        add(option, type=_ways, default=_ways(default), metavar="PxT,...", help=told)
    add("--lanes", type=_counts, default=[64], metavar="K,...", help="of each program; the best counts (default 64)")
    add("--trials", type=_count, metavar="N", help="trials of the lanes (default: the work's)")
    add(
        "--lane-epochs",
        type=_count,
        metavar="N",
        help="measured of each lane's trials, the rest scaled (default: the work's)",
    )
    add("--sample", type=_count, default=3, metavar="N", help="trials of fit in each process (default 3)")
    told = "after which fit begins no trial, and cuts a running one short and scales it (default 8)"
    add("--seconds", type=float, default=8.0, metavar="S", help=told)
    add("--quick", action="store_true", help="a first impression: once, few trials, few epochs")
    add("--json", type=Path, metavar="PATH", help="write every figure there too")
    return parser


def plan_of(asked: argparse.Namespace) -> Plan:
    quick: bool = asked.quick
    return Plan(
        works=asked.work,
        contenders=asked.contenders,
        repeats=1 if quick else asked.repeats,
        ways={"optuna": asked.ways, "fed": asked.ways, "lanes": asked.lane_ways},
        lanes=asked.lanes,
        trials=asked.trials or (32 if quick else None),
        lane_epochs=asked.lane_epochs or (4 if quick else None),
        sample=1 if quick else asked.sample,
        seconds=min(asked.seconds, 3.0) if quick else asked.seconds,
    )


def main() -> int:
    asked = options().parse_args()
    plan = plan_of(asked)
    measured = measure(plan, WORKS, lambda line: print(line, file=sys.stderr, flush=True))
    told = report(plan, WORKS, measured)
    show(told)
    if asked.json is not None:
        asked.json.write_text(json.dumps(_finite(told), indent=2) + "\n", encoding="utf-8")
    return int(any(one.error is not None for one in measured.each))


def _finite(value: Any) -> Any:
    """The same with None for a number that JSON has not."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _works(text: str) -> list[int]:
    numbers = [int(part) for part in text.split(",")]
    if not set(numbers) <= set(WORKS):
        raise argparse.ArgumentTypeError(f"works are {', '.join(map(str, WORKS))}, not {text}")
    return numbers


def _contenders(text: str) -> list[str]:
    names = text.split(",")
    if not set(names) <= set(CONTENDERS):
        raise argparse.ArgumentTypeError(f"contenders are {', '.join(CONTENDERS)}, not {text}")
    return names


def _ways(text: str) -> list[Way]:
    try:
        return [Way.read(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be like 1xall,2x1, but is {text}") from None


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, but is {text}")
    return number


def _counts(text: str) -> list[int]:
    return [_count(part) for part in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
