from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.schedule import ScheduleContract
from tuner.schedules import Constant, Cosine, Curve, Iir, OneCycle, Piecewise, Plateau, Schedule, Warmup, values

CURVES = [
    Constant(initial=0.3),
    Iir(initial=0.3, minimum=1e-3, alpha=0.9),
    Cosine(initial=0.3, span=30),
    OneCycle(initial=0.3, span=30),
    Piecewise(initial=0.3, boundaries=(10,), values=(0.01,)),
]


class TestWarmup(ScheduleContract):
    @pytest.fixture(
        params=[
            Warmup(curve=CURVES[0]),
            Warmup(curve=CURVES[1], epochs=3, start_share=0.0),
            Warmup(curve=CURVES[2], epochs=1, start_share=1.0),
            Plateau(curve=Warmup(curve=CURVES[3], epochs=7), patience=2, factor=0.5),
        ],
        ids=repr,
    )
    def schedule(self, request: pytest.FixtureRequest) -> Schedule:
        schedule: Schedule = request.param
        return schedule


def test_warmup_rises_in_a_straight_line_to_where_the_curve_begins() -> None:
    drawn = values(Warmup(curve=Iir(initial=0.4, alpha=0.5), epochs=4, start_share=0.2), 7)

    assert drawn == pytest.approx([0.08, 0.16, 0.24, 0.32, 0.4, 0.2, 0.1])


@pytest.mark.parametrize("curve", CURVES, ids=repr)
@given(epochs=st.integers(1, 30), start=st.floats(0.0, 1.0))
def test_a_curve_goes_its_own_way_after_its_warm_up(curve: Curve, epochs: int, start: float) -> None:
    drawn = values(Warmup(curve=curve, epochs=epochs, start_share=start), epochs + 40)

    assert drawn[epochs:] == values(curve, 40)
    assert sorted(drawn[: epochs + 1]) == pytest.approx(drawn[: epochs + 1], rel=1e-12)


def test_a_warm_up_in_front_of_a_cosine_agrees_with_keras() -> None:
    import keras

    theirs = keras.optimizers.schedules.CosineDecay(
        np.float64(0.03), decay_steps=20, alpha=0.1, warmup_target=0.3, warmup_steps=6
    )
    ours = Warmup(curve=Cosine(initial=0.3, minimum=0.03, span=20), epochs=6, start_share=0.1)

    assert values(ours, 30) == pytest.approx([float(theirs(np.float64(epoch))) for epoch in range(30)], rel=1e-6)


def test_a_plateau_scales_the_warm_up_and_the_curve() -> None:
    warm = Warmup(curve=Constant(initial=0.4), epochs=2, start_share=0.5)
    plateau = Plateau(curve=warm, patience=2, factor=0.5)

    assert values(plateau, 6, iter([1.0] * 6)) == pytest.approx([0.2, 0.3, 0.4, 0.2, 0.2, 0.1])
