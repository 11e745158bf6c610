"""Answers on the screen: tables for people, plain lines where the output is no terminal, JSON for programs."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tuner.actions.check import Checked
    from tuner.report.summary import StudySummary, TrialSummary

Rows = Iterable[tuple[str, str]]


def show_checked(checked: Checked, *, as_json: bool) -> None:
    """A study file without mistakes, and what it searches."""
    definition = checked.definition
    if as_json:
        told = {"study": definition.name, "file": definition.source, "searched": dict(checked.searched)}
        echo_json({**told, "grid_size": checked.grid_size, "advice": list(checked.advice)})
        return
    count = len(checked.searched)
    click.echo(f"{definition.source} is fine: {count} hyperparameter{'' if count == 1 else 's'} to search")
    pairs((name, toml(leaf)) for name, leaf in checked.searched.items())


def show_studies(files: Mapping[str, Path], stored: Sequence[StudySummary], *, as_json: bool) -> None:
    """Study files and stored studies, each with its state."""
    from tuner.search.generations import study_of_generation

    found = {summary.study: summary for summary in stored}
    later = {study_of_generation(name) for name in found}
    without = {name: "retired" if name in later else "not started" for name in files}
    names = [*files, *(name for name in found if name not in files)]
    if as_json:
        echo_json(
            [
                {
                    "study": name,
                    "file": str(files[name]) if name in files else None,
                    **(found[name].as_json() if name in found else {"state": without[name]}),
                }
                for name in names
            ]
        )
        return
    if not names:
        click.echo("There are no studies yet: neither files in studies/ nor stored ones.")
        return
    table = [("study", "state", "trials", "best", "file")]
    for name in names:
        summary = found.get(name)
        file = files[name].name if name in files else "-"
        if summary is None:
            table.append((name, without[name], "-", "-", file))
            continue
        best = f"{summary.metric} {figure(summary.best.value)}" if summary.best else "-"
        best += f", front of {len(summary.front)}" if summary.front else ""
        table.append((name, summary.state, done(summary), best, file))
    columns(table)


def show_summary(summary: StudySummary, *, as_json: bool) -> None:
    """What a study has come to."""
    if as_json:
        echo_json(summary.as_json())
        return
    counts = summary.trials
    others = [
        f"{count} {name}"
        for name, count in (("failed", counts.failed), ("running", counts.running), ("waiting", counts.waiting))
        if count
    ]
    rows = [
        ("study", f"{summary.study} ({summary.state})"),
        (
            "trials",
            ", ".join([f"{done(summary)} finished: {counts.complete} complete, {counts.pruned} pruned", *others]),
        ),
    ]
    if summary.best is None:
        pairs([*rows, ("best", "no complete trial yet")])
        return
    best = summary.best
    at = f", at epoch {best.epoch + 1}" if best.epoch is not None else ""
    rows.append(("best trial", f"{best.number}: {summary.metric} {figure(best.value)}{at}"))
    if members := best.attributes.get("member_values"):
        rows.append(("spread", f"{figure(best.attributes.get('spread'))} over {len(members)} trainings of each trial"))
    rows += [(name, figure(value)) for name, value in best.metrics.items() if name != summary.metric]
    if summary.front:
        rows.append(("front", f"{len(summary.front)} trials that no other one beats in everything"))
    pairs(rows)
    if summary.front:
        names = [each.name for each in summary.objectives]
        columns([("trial", *names), *((str(each.number), *_objectives(each)) for each in summary.front)])
        click.echo(f"trial {best.number}, the best by {summary.metric}; `--trial N` shows another one")
    _configuration(best)


def show_trial_summary(trial: TrialSummary, *, as_json: bool) -> None:
    """What one trial has come to."""
    if as_json:
        echo_json(trial.as_json())
        return
    rows = [("trial", f"{trial.number} ({trial.state})"), ("value", figure(trial.value))]
    if trial.objectives:
        rows[1:] = zip(trial.objectives, _objectives(trial), strict=True)
    if trial.epoch is not None:
        rows.append(("best epoch", str(trial.epoch + 1)))
    rows += [(name, figure(value)) for name, value in trial.metrics.items() if name not in trial.objectives]
    rows += [(name, _plain(value)) for name, value in trial.attributes.items()]
    pairs(rows)
    _configuration(trial)
    if trial.values:
        click.echo("values by epoch")
        click.echo("  " + " ".join(figure(value) for value in trial.values.values()))


def _objectives(trial: TrialSummary) -> list[str]:
    """The value of each objective; what is counted is told to the last digit."""
    return [f"{value:.0f}" if value.is_integer() else figure(value) for value in trial.objectives.values()]


def _configuration(trial: TrialSummary) -> None:
    """A trial's configuration: what was searched first, since that is what differs from trial to trial."""
    stated = dict(_flat(trial.hyperparameters))
    # A parameter of one kind's own table carries the kind in its name, which a configuration does not.
    searched = {name if name in stated else _without_kind(name): value for name, value in trial.parameters.items()}
    if searched:
        click.echo("hyperparameters, searched")
        pairs(((name, _plain(value)) for name, value in searched.items()), indent=2)
    click.echo("hyperparameters, fixed")
    pairs(((name, value) for name, value in stated.items() if name not in searched), indent=2)


def _without_kind(parameter: str) -> str:
    """The place in a configuration of a parameter such as `optimizer.sgd.nesterov`."""
    table, _, setting = parameter.rpartition(".")
    return f"{table.rpartition('.')[0] or table}.{setting}"


def toml(leaf: Any) -> str:
    """A leaf as it would stand in a study file.

    >>> toml({"low": 1e-4, "high": 0.3, "log": True})
    '{ low = 0.0001, high = 0.3, log = true }'
    """
    if isinstance(leaf, Mapping):
        return "{ " + ", ".join(f"{name} = {toml(value)}" for name, value in leaf.items()) + " }"
    if isinstance(leaf, list):
        return "[" + ", ".join(toml(value) for value in leaf) + "]"
    return json.dumps(leaf)


def figure(value: float | None) -> str:
    """A number with as many digits as mean something."""
    return "-" if value is None else f"{value:.5g}"


def done(summary: StudySummary) -> str:
    """How many trials are finished, and of how many."""
    finished = summary.trials.complete + summary.trials.pruned
    return f"{finished}" if summary.budget is None else f"{finished} of {summary.budget}"


def _flat(tree: Mapping[str, Any], place: str = "") -> Rows:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{place}{name}.")
        elif value is not None:
            yield f"{place}{name}", _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in value.items())
    return figure(value) if isinstance(value, float) else str(value)


def echo_json(tree: Any) -> None:
    """JSON for programs."""
    click.echo(json.dumps(_finite(tree), indent=2, allow_nan=False))


def _finite(tree: Any) -> Any:
    """A tree with null where a number is NaN or infinite, for which JSON has no word."""
    if isinstance(tree, Mapping):
        return {name: _finite(value) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_finite(value) for value in tree]
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree


def pairs(rows: Rows, indent: int = 0) -> None:
    """Names and values, one pair a line."""
    listed = list(rows)
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for name, value in listed:
            table.add_row(Text(name, style="cyan"), Text(value))
        Console().print(Padding(table, (0, 0, 0, indent)))
        return
    width = max((len(name) for name, _ in listed), default=0)
    for name, value in listed:
        click.echo(f"{' ' * indent}{name:<{width}}  {value}")


def columns(table: Sequence[tuple[str, ...]]) -> None:
    """A table whose first row names its columns."""
    if sys.stdout.isatty():
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table

        shown = Table(*table[0], box=SIMPLE_HEAD, header_style="cyan")
        for row in table[1:]:
            shown.add_row(*row)
        Console().print(shown)
        return
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
