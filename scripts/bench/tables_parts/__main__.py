"""What `tuner init` and a short search come to on tables of all shapes, beside scikit-learn's MLP with its defaults.

Every table is written as a file, as people write them, and nothing is told of it but its target. docs/tables.md says
what is measured. Results are kept as they come: a second call goes on where the first one stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.bench.tables_parts.measure import measure, read
from scripts.bench.tables_parts.plan import Plan
from scripts.bench.tables_parts.report import markdown, report
from scripts.bench.tables_parts.tables import TABLES


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench/tables", description=__doc__)
    add = parser.add_argument
    add("--tables", type=_tables, default=list(TABLES), metavar="NAME,...", help=f"default {','.join(TABLES)}")
    add("--splits", type=_count, default=5, metavar="N", help="of each table (default 5)")
    add("--trials", type=_count, default=30, metavar="N", help="of each search (default 30)")
    add("--out", type=Path, default=Path("tables.jsonl"), metavar="PATH", help="results, line by line (%(default)s)")
    add("--json", type=Path, metavar="PATH", help="write every figure there too")
    add("--only-report", action="store_true", help="measure nothing, and show what there is")
    return parser


def plan_of(asked: argparse.Namespace) -> Plan:
    return Plan(tables=asked.tables, splits=asked.splits, trials=asked.trials)


def main(arguments: Sequence[str] | None = None) -> int:
    asked = options().parse_args(arguments)
    plan = plan_of(asked)
    if asked.only_report:
        measured = read(asked.out)
    else:
        measured = measure(plan, asked.out, say=lambda line: print(line, file=sys.stderr, flush=True))
    told = report(plan, measured)
    print(markdown(told))
    if asked.json is not None:
        asked.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return 0 if all(not each["failed"] for each in told["tables"].values()) else 1


def _tables(text: str) -> list[str]:
    names = text.split(",")
    if not set(names) <= set(TABLES):
        raise argparse.ArgumentTypeError(f"tables are {', '.join(TABLES)}, not {text}")
    return names


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, but is {text}")
    return number


if __name__ == "__main__":
    sys.exit(main())
