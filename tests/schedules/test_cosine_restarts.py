from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.schedule import CurveContract
from tuner.errors import HyperparameterError
from tuner.schedules import Cosine, CosineRestarts, values


class TestCosineRestarts(CurveContract):
    kind = "cosine_restarts"

    @pytest.fixture(
        params=[
            CosineRestarts(initial=0.3, minimum=1e-4),
            CosineRestarts(initial=0.3, period=7, growth=1, decay=0.9),
            CosineRestarts(initial=0.3, period=1, growth=3, decay=0.5),
        ],
        ids=repr,
    )
    def curve(self, request: pytest.FixtureRequest) -> CosineRestarts:
        curve: CosineRestarts = request.param
        return curve


def test_each_wave_is_longer_and_begins_lower_by_its_factor() -> None:
    drawn = values(CosineRestarts(initial=0.5, minimum=0.1, period=2, growth=2, decay=0.5), 14)

    assert drawn[:2] == pytest.approx([0.5, 0.3])
    assert drawn[2:6] == pytest.approx([0.3, 0.2707106781, 0.2, 0.1292893219])
    assert [drawn[6], drawn[10]] == pytest.approx([0.2, 0.15])


def test_waves_of_one_length_repeat_themselves() -> None:
    drawn = values(CosineRestarts(initial=0.4, period=5, growth=1), 20)

    assert drawn == drawn[:5] * 4


@given(period=st.integers(1, 60), growth=st.integers(1, 4))
def test_a_wave_begins_as_a_cosine_of_its_length_does(period: int, growth: int) -> None:
    curve = CosineRestarts(initial=0.3, minimum=0.01, period=period, growth=growth)
    began = 0
    for length in (period, period * growth, period * growth**2):
        single = Cosine(initial=0.3, minimum=0.01, span=length)
        assert [curve.value(began + epoch) for epoch in range(length)] == pytest.approx(
            values(single, length), rel=1e-12
        )
        began += length


@pytest.mark.parametrize(("period", "growth", "decay"), [(1, 2, 1.0), (10, 2, 0.8), (7, 1, 0.9), (4, 3, 0.5)])
def test_cosine_restarts_agrees_with_keras(period: int, growth: int, decay: float) -> None:
    import keras

    theirs = keras.optimizers.schedules.CosineDecayRestarts(
        np.float64(0.4), period, t_mul=float(growth), m_mul=decay, alpha=0.05
    )
    ours = CosineRestarts(initial=0.4, minimum=0.02, period=period, growth=growth, decay=decay)
    # On the epoch of a restart Keras' logarithm can fall to either side; within a wave it cannot.
    inside = [epoch for epoch in range(100) if ours._wave(epoch)[1]]

    assert len(inside) > 80
    assert [ours.value(epoch) for epoch in inside] == pytest.approx(
        [float(theirs(np.float64(epoch))) for epoch in inside], rel=1e-6
    )


def test_cosine_restarts_refuses_a_minimum_above_the_initial_value() -> None:
    with pytest.raises(HyperparameterError, match=r"^minimum must not exceed the initial value 0.1, but is 0.2"):
        CosineRestarts(initial=0.1, minimum=0.2)
