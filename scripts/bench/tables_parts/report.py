"""What was measured, as JSON and as Markdown."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import psutil

from scripts.bench.tables_parts.figures import Paired, Spread
from scripts.bench.tables_parts.measure import Line
from scripts.bench.tables_parts.plan import Piece, Plan
from scripts.bench.tables_parts.tables import TABLES

OTHERS: Mapping[str, str] = {"constant": "one answer for all", "mlp": "scikit-learn's MLP"}
LIBRARIES = ("scikit-learn", "keras", "tensorflow", "optuna", "numpy")
HEAD = (
    "table",
    "what is special",
    "measure",
    "tuner",
    *OTHERS.values(),
    "difference to the MLP by split",
    "against it",
)


def report(plan: Plan, measured: Mapping[Piece, Line]) -> dict[str, Any]:
    """Everything, ready for JSON."""
    lines = {
        table: [measured[each] for each in plan.pieces() if each.table == table and each in measured]
        for table in plan.tables
    }
    return {
        "machine": {"cores": psutil.cpu_count(), "processor": platform.processor() or platform.machine()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "trials": plan.trials,
        "tables": {table: _compared(each) for table, each in lines.items()},
        "pieces": [line for each in lines.values() for line in each],
    }


def _compared(lines: Sequence[Line]) -> dict[str, Any]:
    """One table over its splits; of splits that failed, how many."""
    good = [line for line in lines if "error" not in line]
    told: dict[str, Any] = {"splits": len(good), "failed": [line["error"] for line in lines if "error" in line]}
    if not good:
        return told
    measure = good[0]["measure"]
    values = {name: [line["scores"][name][measure] for line in good] for name in ("tuner", *OTHERS)}
    told |= {"measure": measure, "scores": {name: asdict(Spread.of(each)) for name, each in values.items()}}
    for other in OTHERS:
        paired = Paired.of(values["tuner"], values[other], measure)
        told[f"against_{other}"] = {
            **asdict(paired),
            **asdict(paired.spread),
            "wins": paired.wins,
            "losses": paired.losses,
            "verdict": paired.verdict,
        }
    return told


def markdown(told: Mapping[str, Any]) -> str:
    """A table of every win and every loss, and their numbers below it."""
    rows = [_line(_cells(name, found)) for name, found in told["tables"].items()]
    return "\n".join([_line(HEAD), "|---" * len(HEAD) + "|", *rows, "", *_counts(told)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(name: str, found: Mapping[str, Any]) -> list[str]:
    table = TABLES[name]
    cells = [f"`{name}`", table.oddity]
    if not found["splits"]:
        return [*cells, "failed" if found["failed"] else "not measured", *[""] * (len(HEAD) - 3)]
    measure, paired = found["measure"], found["against_mlp"]
    digits = _digits(found["scores"]["tuner"]["mean"], measure)
    cells.append(measure.replace("_", " ") if not table.unit else f"{measure.upper()}, {table.unit}")
    cells += [_spread(found["scores"][each], digits) for each in ("tuner", *OTHERS)]
    cells.append(", ".join(f"{each:+,.{digits}f}" for each in paired["differences"]))
    failed = f"; {len(found['failed'])} failed" if found["failed"] else ""
    return [*cells, f"{paired['verdict']}, {paired['wins']} of {found['splits']}{failed}"]


def _spread(spread: Mapping[str, Any], digits: int) -> str:
    beside = "" if spread["stddev"] is None else f" ± {spread['stddev']:,.{digits}f}"
    return f"{spread['mean']:,.{digits}f}{beside}"


def _digits(value: float, measure: str) -> int:
    """How many decimals say something: three of a share, four digits of a quantity."""
    return 3 if measure == "balanced_accuracy" else max(0, 4 - len(str(int(abs(value)))))


def _counts(told: Mapping[str, Any]) -> Iterator[str]:
    """Whom the winners of the searches beat, and who beats them."""
    for other, title in OTHERS.items():
        paired = [each[f"against_{other}"] for each in told["tables"].values() if each["splits"]]
        verdicts = Counter(each["verdict"] for each in paired)
        splits = sum(len(each["differences"]) for each in paired)
        wins, losses = (sum(each[name] for each in paired) for name in ("wins", "losses"))
        yield (
            f"Against {title}: {verdicts['win']} wins, {verdicts['loss']} losses and {verdicts['tie']} ties over "
            f"{len(paired)} tables; split by split {wins} wins, {losses} losses and {splits - wins - losses} ties."
        )
    short = [each for each in told["pieces"] if each.get("stopped")]
    if short:
        yield f"{len(short)} searches ended before {told['trials']} trials, by their study's own budget."
