"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tuner.actions.trainers import Lanes, TrainerName
    from tuner.search.storage import StorageUrl

Command = Callable[..., Any]

TRAINERS: tuple[TrainerName, ...] = ("lanes", "fit")
"""The trainers, spelt out here so that `--help` need not load them."""


def complete_study(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The names of the project's study files, for shell completion."""
    from tuner.errors import TunerError
    from tuner.study.places import study_files

    del parameter
    try:
        return [name for name in study_files(find_root(context.params.get("root"))) if name.startswith(incomplete)]
    except TunerError:
        return []


study_option = click.option(
    "--study", required=True, help="The study's name, or a path to its file.", shell_complete=complete_study
)
storage_option = click.option(
    "--storage", metavar="URL", help="Where trials are kept; else TUNER_STORAGE, else tuner.db in the project root."
)
root_option = click.option(
    "--root", metavar="FOLDER", help="The project root; else TUNER_ROOT, else the nearest folder upward with studies/."
)


def _lane_count(context: click.Context, parameter: click.Parameter, stated: str | None) -> Lanes | None:
    if stated is None or stated == "auto":
        return "auto" if stated else None
    if not stated.isascii() or not stated.isdigit() or int(stated) < 1:
        raise click.BadParameter(f'"{stated}" should be a whole number from 1 on, or auto.', context, parameter)
    return int(stated)


def trainer_options(command: Command) -> Command:
    """`--trainer` and `--lanes`, for commands that train."""
    command = click.option(
        "--lanes",
        callback=_lane_count,
        metavar="N|auto",
        help="How many trials to train at once; auto, the default, goes by study, budget and machine.",
    )(command)
    return click.option(
        "--trainer",
        type=click.Choice(TRAINERS),
        help="lanes, the default: many trials at once in one program. fit: Keras' own fit, one after another.",
    )(command)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def find_root(stated: str | None) -> Path:
    """The project root that a command is to use."""
    import os

    from tuner.study.places import project_root

    return project_root(stated, os.environ, Path.cwd())


def find_storage(stated: str | None, root: Path, study: str | None = None) -> StorageUrl:
    """The storage that a command is to use; a study file may name its own.

    A study that is stored but has no file, such as one of last night's, is fine too.
    """
    import os

    from tuner.search.storage import storage_url
    from tuner.study.load import stated_storage

    configured = stated_storage(study, root) if study is not None and stated is None else None
    return storage_url(stated, os.environ, configured, root)


def own_name() -> str:
    """What to type for this program: `tuner` where the shell finds it, else the path that was typed."""
    import os
    import shlex
    import shutil
    import sys

    if shutil.which("tuner") or not os.access(sys.argv[0], os.X_OK):
        return "tuner"
    return shlex.quote(sys.argv[0])


def stored_name(study: str) -> str:
    """The name under which a study is stored, when it may have been given as a path."""
    return Path(study).stem if study.endswith(".toml") else study
