"""What `tuner init` says of the file that it has written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tuner.actions.init import Written

SHOWN = 6
"""How many columns a line names."""


def show_proposed(written: Written, *, as_text: bool) -> None:
    """The file itself, or a summary of what was seen and what to do next; suspicions go to stderr."""
    from tuner.study import toml

    look = written.look
    source = written.definition.source
    if as_text:
        click.echo(written.text, nl=False)
    else:
        click.echo(f"{source}: written, from {look.rows:,} rows of {look.name}")
        click.echo(f"target    {look.goal.column}: {look.goal.task}, {look.goal.reason}")
        kinds = dict.fromkeys(each.kind for each in look.columns)
        click.echo(f"features  {', '.join(f'{_count(written, kind)} {kind}' for kind in kinds)}")
        if look.drop:
            rest = f" and {len(look.drop) - SHOWN} more" if len(look.drop) > SHOWN else ""
            click.echo(f"left out  {', '.join(each.column for each in look.drop[:SHOWN])}{rest}")
        if look.missing:
            click.echo(f"missing   {', '.join(toml.value(each.value) for each in look.missing)}")
        study = written.definition.name
        click.echo("Read its comments, change what is wrong, and then:")
        click.echo(f"  tuner check --study {study}")
        click.echo(f"  tuner search --study {study}")
    for leak in look.leaks:
        click.echo(f'{source}: suspected leak: "{leak.column}" {leak}; see drop in the file', err=True)
    for line in [*look.cautions, *written.notes]:
        click.echo(f"{source}: {line}", err=True)


def _count(written: Written, kind: str) -> int:
    return sum(each.kind == kind for each in written.look.columns)
