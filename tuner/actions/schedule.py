"""Drawing schedules before a search is spent on them."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal

from tuner.errors import HyperparameterError, TunerError
from tuner.hyperparameters import Hyperparameters
from tuner.report.schedule_plots import Drawing
from tuner.schedules import CURVES, Curve, Plateau, Schedule, Warmup, values
from tuner.schedules.setting import settings_of
from tuner.seeds import derive_seed
from tuner.space import Choices, Range, choose
from tuner.space.nodes import Value
from tuner.study.load import load_study

What = Literal["learning_rate", "momentum"]

SAMPLES = 10
"""How many configurations of a study's space are drawn."""


def draw_schedules(
    kind: str,
    stated: Mapping[str, Sequence[Any]],
    *,
    epochs: int,
    log: bool = False,
    warmup: Mapping[str, Any] | None = None,
) -> Drawing:
    """The curves of one kind of schedule, one for each combination of the stated values.

    Args:
        kind: a name of `CURVES`.
        stated: for each setting its values; settings with several values tell the curves apart.
        epochs: how many epochs to draw.
        log: whether the values' axis is logarithmic.
        warmup: settings of a warm-up in front of each curve; none if left out.
    Raises:
        TunerError: if the kind has no such setting, or a setting is missing.
        HyperparameterError: if a value cannot be.
    """
    curve = CURVES[kind]
    known = settings_of(curve)
    names = {_shown(curve, name): name for name in known}
    for name in stated:
        if name not in names:
            raise TunerError(f"{kind} has no setting {name}; it has {', '.join(names)}")
    filled: dict[str, Sequence[Any]] = {names[name]: several for name, several in stated.items()}
    for shown, name in names.items():
        field, setting = known[name]
        if name in filled:
            continue
        if setting.given == "last_epoch":
            filled[name] = [max(1, epochs - 1 - (warmup or {}).get("epochs", 0))]
        elif field.default is dataclasses.MISSING:
            raise TunerError(f"{kind} needs --{shown.replace('_', '-')}")
    varied = [name for name, several in filled.items() if len(several) > 1]
    curves: list[tuple[str, list[float]]] = []
    for combination in product(*filled.values()):
        settings = dict(zip(filled, combination, strict=True))
        label = ", ".join(f"{_shown(curve, name)} {_text(settings[name])}" for name in varied) or kind
        curves.append((label, values(_build(kind, curve, settings, warmup), epochs)))
    after = f" after a warm-up of {warmup['epochs']}" if warmup else ""
    return Drawing(title=f"{kind} over {epochs} epochs{after}", y_label="value", curves=curves, log_scale=log)


def _shown(curve: type[Schedule], name: str) -> str:
    return curve.initial_setting if name == "initial" else name


def _build(kind: str, curve: type[Curve], settings: Mapping[str, Any], warmup: Mapping[str, Any] | None) -> Schedule:
    try:
        built = curve(**settings)
        return Warmup(curve=built, **warmup) if warmup else built
    except HyperparameterError as error:
        shown = [_shown(curve, name) for name in error.settings]
        raise TunerError(f"{kind}: {shown[0]} {error.problem}") from None


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def draw_study(study: str, *, root: Path, what: What, log: bool = True) -> Drawing:
    """Curves that a study's space can produce: ten configurations drawn at random, with the study's own seed.

    Raises:
        TunerError: if no configuration of the space has such a curve.
    """
    definition = load_study(study, root)
    drawn = random.Random(derive_seed(definition.seed, "draw schedules"))
    curves: list[tuple[str, list[float]]] = []
    for _ in range(100 * SAMPLES):
        hyperparameters = Hyperparameters.model_validate(choose(definition.space, _Random(drawn)))
        schedule = (
            hyperparameters.learning_rate_schedule("minimize")
            if what == "learning_rate"
            else hyperparameters.momentum_schedule()
        )
        if schedule is None:
            continue
        # No metric is watched here, so a plateau would only ever scale down; the curve underneath is what is drawn.
        drawn_values = values(schedule.curve if isinstance(schedule, Plateau) else schedule, hyperparameters.epochs)
        label = f"{hyperparameters.optimizer.kind} {drawn_values[0]:.2g} to {drawn_values[-1]:.2g}"
        curves.append((label, drawn_values))
        if len(curves) == SAMPLES:
            break
    if not curves:
        raise TunerError(f'no optimizer of the study "{definition.name}" has a momentum')
    name = what.replace("_", " ")
    return Drawing(title=f"{definition.name}: {name}, {SAMPLES} samples", y_label=name, curves=curves, log_scale=log)


class _Random:
    """Draws every value at random, evenly over its range."""

    def __init__(self, drawn: random.Random) -> None:
        self._drawn = drawn

    def number(self, name: str, among: Range) -> int | float:
        del name
        if among.log:
            value = float(among.low * (among.high / among.low) ** self._drawn.random())
            return min(among.high, round(value)) if among.integer else min(among.high, value)
        if among.integer:
            return self._drawn.randrange(int(among.low), int(among.high) + 1, int(among.step or 1))
        if among.step:
            return float(among.low + among.step * self._drawn.randint(0, int((among.high - among.low) / among.step)))
        return self._drawn.uniform(among.low, among.high)

    def choice(self, name: str, among: Choices) -> Value:
        del name
        return self._drawn.choice(among.values)
