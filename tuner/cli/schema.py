"""`tuner schema`."""

from __future__ import annotations

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of a study file, so that editors complete and check it.

    \b
        tuner schema > studies/study.schema.json
    """
    import json

    from tuner.study.schema import study_schema

    click.echo(json.dumps(study_schema(), indent=2))
