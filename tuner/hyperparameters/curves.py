"""Schedules as a study file states them: every curve in `schedules.CURVES` becomes a table with a `kind`.

Nothing is written twice: names, bounds, defaults and descriptions come from the schedule classes themselves, and what
the training knows (the learning rate to start from, the last epoch) need not be stated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Union, get_type_hints

from pydantic import Field, Strict, create_model

from tuner.errors import HyperparameterError
from tuner.hyperparameters.base import Settings
from tuner.schedules import CURVES, Plateau, Schedule, Warmup
from tuner.schedules.setting import Given, Setting, settings_of


class CurveSettings(Settings):
    """A schedule without what the training fills in."""

    schedule: ClassVar[type[Schedule]]
    renamed: ClassVar[Mapping[str, str]]
    """Names of settings in a study file that differ from the schedule's own, such as `start` of a rise."""

    def build(self, *, last_epoch: int, **known: Any) -> Any:
        """The schedule itself.

        Args:
            last_epoch: index of the training's last epoch.
            known: what else the training fills in: `initial`, `direction`, or the `curve` of a plateau or a warm-up.
        Raises:
            HyperparameterError: if the settings do not go together; it names them as a study file does.
        """
        stated = {self.renamed.get(name, name): value for name, value in self if name != "kind"}
        for name, (_, setting) in settings_of(self.schedule).items():
            if setting.given == "last_epoch" and stated[name] is None:
                stated[name] = max(1, last_epoch)
        try:
            return self.schedule(**stated, **known)
        except HyperparameterError as error:
            shown = {ours: theirs for theirs, ours in self.renamed.items()}
            raise HyperparameterError(error.problem, *(shown.get(name, name) for name in error.settings)) from None


def _table(kind: str | None, schedule: type[Schedule], *, left_out: frozenset[Given]) -> type[CurveSettings]:
    """The study-file table of one schedule, without the settings that the training always fills in."""
    hints = get_type_hints(schedule)
    renamed: dict[str, str] = {}
    fields: dict[str, Any] = {"kind": (Literal[kind], kind)} if kind else {}
    for name, (field, setting) in settings_of(schedule).items():
        if setting.given in left_out:
            continue
        shown = schedule.initial_setting if name == "initial" else name
        if shown != name:
            renamed[shown] = name
        fields[shown] = _field(hints[name], field, setting)
    table = create_model(f"{schedule.__name__}Settings", __base__=CurveSettings, __doc__=schedule.__doc__, **fields)
    table.schedule = schedule
    table.renamed = renamed
    return table


def _field(hint: Any, field: dataclasses.Field[Any], setting: Setting) -> tuple[Any, Any]:
    bounds: dict[str, Any] = {
        "ge": setting.at_least,
        "le": setting.at_most,
        "gt": setting.above,
        "lt": setting.below,
    }
    bounds = {name: bound for name, bound in bounds.items() if bound is not None}
    if setting.given == "last_epoch":
        return hint | None, Field(None, description=setting.description, **bounds)
    default = ... if field.default is dataclasses.MISSING else field.default
    if hint in (tuple[int, ...], tuple[float, ...]):
        number = Annotated[hint.__args__[0], Field(**bounds)]
        return Annotated[tuple[number, ...], Strict(False)], Field(default, description=setting.description)
    return hint, Field(default, description=setting.description, **bounds)


def _one_of(tables: Mapping[str, type[CurveSettings]]) -> Any:
    return Annotated[Union[tuple(tables.values())], Field(discriminator="kind")]  # noqa: UP007


LEARNING_RATE_SCHEDULES: Mapping[str, type[CurveSettings]] = {
    kind: _table(kind, curve, left_out=frozenset({"initial"}))
    for kind, curve in CURVES.items()
    if curve.initial_setting == "initial"
}
"""Curves that a learning rate can follow; the optimizer's rate is where they start."""

MOMENTUM_SCHEDULES: Mapping[str, type[CurveSettings]] = {
    kind: _table(kind, curve, left_out=frozenset()) for kind, curve in CURVES.items()
}
"""Curves that a momentum can follow; each states where it starts."""

if TYPE_CHECKING:
    LearningRateSchedule = CurveSettings
    MomentumSchedule = CurveSettings
    WarmupSettings = CurveSettings
    PlateauSettings = CurveSettings
else:
    LearningRateSchedule = _one_of(LEARNING_RATE_SCHEDULES)
    MomentumSchedule = _one_of(MOMENTUM_SCHEDULES)
    WarmupSettings = _table(None, Warmup, left_out=frozenset())
    PlateauSettings = _table(None, Plateau, left_out=frozenset({"direction"}))
