"""`tuner schedule`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import click

from tuner.cli.options import root_option
from tuner.schedules import CURVES
from tuner.schedules.setting import settings_of


class Numbers(click.ParamType[tuple[float, ...]]):
    """Numbers with commas between them."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) if part.strip().isdigit() else float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} should be numbers with commas between them, such as 10,20", param, ctx)


TYPES: dict[str, click.ParamType[Any]] = {
    "int": click.INT,
    "float": click.FLOAT,
    "bool": click.BOOL,
    "float | None": click.FLOAT,
    "tuple[int, ...]": Numbers(),
    "tuple[float, ...]": Numbers(),
}


def curve_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for every setting that some curve has; each may be given several times."""
    options: dict[str, tuple[click.ParamType[Any], list[str]]] = {}
    for kind, curve in CURVES.items():
        hints = get_type_hints(curve)
        for name, (field, _) in settings_of(curve).items():
            kind_of_value = TYPES.get(str(field.type)) or click.Choice(get_args(hints[name]))
            shown = curve.initial_setting if name == "initial" else name
            _, kinds = options.setdefault(shown, (kind_of_value, []))
            kinds.append(kind)
    for shown, (kind_of_value, kinds) in reversed(options.items()):
        flag = f"--{shown.replace('_', '-')}"
        command = click.option(flag, shown, type=kind_of_value, multiple=True, help=f"For {', '.join(kinds)}.")(command)
    return command


@click.command()
@click.argument("kind", type=click.Choice(list(CURVES)), required=False)
@click.option("--study", help="Draw what this study's space can produce, instead of one KIND.")
@click.option(
    "--what", type=click.Choice(["learning_rate", "momentum"]), default="learning_rate", help="Which curve of a study."
)
@click.option("--epochs", type=click.IntRange(1), default=30, show_default=True, help="Epochs to draw of a KIND.")
@click.option("--warmup-epochs", type=click.IntRange(0), default=0, help="Epochs of a warm-up in front of a KIND.")
@click.option("--warmup-start", type=click.FloatRange(0, 1), help="Share of the first value that it starts at.")
@click.option("--log/--linear", "log", default=None, help="Axis of the values; a study's rates are drawn with --log.")
@click.option("--output", metavar="FILE", help="A .html, .png or .svg instead of the terminal.")
@root_option
@curve_options
def schedule(
    kind: str | None,
    study: str | None,
    what: Any,
    epochs: int,
    warmup_epochs: int,
    warmup_start: float | None,
    log: bool | None,
    output: str | None,
    root: str | None,
    **settings: Any,
) -> None:
    """Draw schedules of one KIND, or those that a study's space can produce.

    A setting that is given several times draws one curve for each value.

    \b
        tuner schedule iir --initial 0.3 --minimum 1e-4 --alpha 0.9 --alpha 0.75 --alpha 0.5
        tuner schedule cosine --initial 0.1 --epochs 40 --output lr.html
        tuner schedule one_cycle --initial 0.01 --peak-factor 10 --warmup-epochs 3
        tuner schedule --study digits
    """
    import sys

    from tuner.actions.schedule import draw_schedules, draw_study
    from tuner.cli.options import find_root
    from tuner.report.schedule_plots import print_drawing, save

    stated = {name: values for name, values in settings.items() if values}
    if (kind is None) == (study is None):
        raise click.UsageError("Name either a KIND of schedule or a --study.")
    if kind is not None:
        if warmup_start is not None and not warmup_epochs:
            raise click.UsageError("--warmup-start goes with --warmup-epochs.")
        rise = {"epochs": warmup_epochs} | ({} if warmup_start is None else {"start_share": warmup_start})
        drawing = draw_schedules(kind, stated, epochs=epochs, log=bool(log), warmup=rise if warmup_epochs else None)
    else:
        assert study is not None
        if stated:
            raise click.UsageError(f"--{next(iter(stated))} goes with a KIND; a --study states its own settings.")
        if warmup_epochs or warmup_start is not None:
            raise click.UsageError("--warmup-epochs goes with a KIND; a --study states its own warm-up.")
        rates = what == "learning_rate"
        drawing = draw_study(study, root=find_root(root), what=what, log=rates if log is None else log)
    if output is None:
        print_drawing(drawing, sys.stdout)
    else:
        save(drawing, output)
        click.echo(f"{output} shows {drawing.title}.")
