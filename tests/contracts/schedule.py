"""What every schedule must do.

A test class for a schedule inherits one of the two contracts and gives examples of it:

    class TestIir(CurveContract):
        kind = "iir"

        @pytest.fixture(params=[Iir(initial=0.3, minimum=1e-4, alpha=0.9), ...], ids=repr)
        def curve(self, request): return request.param
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import pickle
from collections.abc import Iterator
from random import Random
from typing import Any, ClassVar

import pytest

from tuner.errors import HyperparameterError
from tuner.schedules import CURVES, Curve, Plateau, Schedule, State, Warmup, values
from tuner.schedules.setting import Setting, settings_of

EPOCHS = 200


def bumpy_metrics(seed: int = 7) -> Iterator[float | None]:
    """None for epoch 0, and then a metric that improves ever more rarely, so that a plateau has work to do."""
    draw = Random(seed)
    yield None
    for epoch in itertools.count():
        yield 1 / (1 + epoch) + 0.2 * draw.random()


def run(schedule: Schedule, epochs: int = EPOCHS) -> Iterator[tuple[int, float | None, State, float, State]]:
    """A schedule's whole way: epoch, metric handed in, state before, value, state after."""
    state = schedule.start()
    for epoch, metric in zip(range(epochs), bumpy_metrics(), strict=False):
        value, after = schedule.advance(state, epoch, metric)
        yield epoch, metric, state, value, after
        state = after


def initial_of(schedule: Any) -> float:
    """The initial value that a schedule was given; a plateau has that of the schedule underneath, a warm-up a share."""
    if isinstance(schedule, Warmup):
        return schedule.start_share * initial_of(schedule.curve)
    if isinstance(schedule, Plateau):
        return initial_of(schedule.curve)
    return float(schedule.initial)


def beyond(setting: Setting) -> Iterator[float]:
    """Values just past each bound that a setting has."""
    if setting.at_least is not None:
        yield setting.at_least - 1
    if setting.at_most is not None:
        yield setting.at_most + 1
    yield from (bound for bound in (setting.above, setting.below) if bound is not None)


class ScheduleContract:
    """What holds for every schedule, whatever it depends on."""

    @pytest.fixture
    def schedule(self) -> Schedule:
        raise NotImplementedError("a class that inherits the contract gives the schedule")

    def test_the_first_epoch_trains_at_the_initial_value(self, schedule: Schedule) -> None:
        first, _ = schedule.advance(schedule.start(), 0, None)

        assert first == pytest.approx(initial_of(schedule), rel=1e-12)

    def test_every_value_is_a_finite_number_of_at_least_zero(self, schedule: Schedule) -> None:
        for epoch, _, _, value, _ in run(schedule):
            assert isinstance(value, (int, float)), epoch
            assert math.isfinite(value), epoch
            assert value >= 0, epoch

    def test_the_same_state_gives_the_same_value_and_state_again(self, schedule: Schedule) -> None:
        for epoch, metric, before, value, after in list(run(schedule)):
            assert schedule.advance(before, epoch, metric) == (value, after)

    def test_training_changes_neither_the_schedule_nor_the_state_it_is_handed(self, schedule: Schedule) -> None:
        schedule_before = pickle.dumps(schedule)
        for epoch, metric, before, _, _ in list(run(schedule)):
            state_before = pickle.dumps(before)
            schedule.advance(before, epoch, metric)
            assert pickle.dumps(before) == state_before, epoch

        assert pickle.dumps(schedule) == schedule_before

    def test_a_trial_stopped_after_any_epoch_goes_on_from_its_stored_state_as_if_nothing_had_been(
        self, schedule: Schedule
    ) -> None:
        whole = list(run(schedule, 60))
        for stopped in range(len(whole)):
            woken: Schedule = pickle.loads(pickle.dumps(schedule))
            state = pickle.loads(pickle.dumps(whole[stopped][2]))
            for epoch, metric, _, expected, _ in whole[stopped:]:
                value, state = woken.advance(state, epoch, metric)
                assert value == expected, (stopped, epoch)

    def test_a_schedule_is_a_frozen_value(self, schedule: Schedule) -> None:
        again = pickle.loads(pickle.dumps(schedule))

        assert again == schedule
        assert hash(again) == hash(schedule)
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(schedule, dataclasses.fields(schedule)[0].name, 0.5)

    def test_every_setting_is_described_in_a_sentence(self, schedule: Schedule) -> None:
        described = settings_of(type(schedule))
        own = {field.name for field in dataclasses.fields(schedule)} - {"curve"}

        assert set(described) == own
        for name, (_, setting) in described.items():
            assert setting.description.endswith("."), name
            assert setting.description[:1].isupper(), name

    def test_a_setting_beyond_its_bounds_is_refused_by_name(self, schedule: Schedule) -> None:
        for name, (_, setting) in settings_of(type(schedule)).items():
            for bad in [*beyond(setting), math.nan, math.inf]:
                present: Any = getattr(schedule, name)
                if isinstance(present, (bool, str)):
                    continue
                with pytest.raises(HyperparameterError, match=f"^{name} must be .*, but is {bad}") as refusal:
                    dataclasses.replace(schedule, **{name: (bad,) if isinstance(present, tuple) else bad})
                assert refusal.value.settings[0] == name


class CurveContract(ScheduleContract):
    """What holds for every schedule of the table, by itself and under a plateau."""

    kind: ClassVar[str]

    @pytest.fixture
    def curve(self) -> Curve:
        raise NotImplementedError("a class that inherits the contract gives the curve")

    @pytest.fixture(params=["by itself", "under a plateau"])
    def schedule(self, request: pytest.FixtureRequest, curve: Curve) -> Schedule:
        if request.param == "by itself":
            return curve
        return Plateau(curve=curve, patience=2, factor=0.5, cooldown=1, minimum=1e-6)

    def test_its_kind_stands_in_the_table(self, curve: Curve) -> None:
        assert CURVES[self.kind] is type(curve)

    def test_it_is_described_with_its_formula(self, curve: Curve) -> None:
        described = type(curve).__doc__ or ""

        assert described[:1].isupper()
        assert "value[e] = " in described

    def test_it_depends_on_nothing_but_the_epoch(self, curve: Curve) -> None:
        assert [value for _, _, _, value, _ in run(curve)] == [curve.value(epoch) for epoch in range(EPOCHS)]

    def test_a_plateau_scales_it_and_neither_overwrites_the_other(self, curve: Curve) -> None:
        plateau = Plateau(curve=curve, patience=3, factor=0.5)
        reductions = [max(0, (epoch - 1) // 3) for epoch in range(60)]

        assert values(plateau, 60) == [curve.value(epoch) * 0.5 ** reductions[epoch] for epoch in range(60)]
