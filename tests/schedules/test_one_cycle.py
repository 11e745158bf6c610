from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.schedule import CurveContract
from tuner.schedules import OneCycle, values


class TestOneCycle(CurveContract):
    kind = "one_cycle"

    @pytest.fixture(
        params=[
            OneCycle(initial=0.03, end=1e-4, span=39),
            OneCycle(initial=0.95, peak_factor=0.9, end=0.95, span=30, shape="linear"),
            OneCycle(initial=0.1, peak_factor=2.0, end=0.01, rise_share=0.9, span=1),
        ],
        ids=repr,
    )
    def curve(self, request: pytest.FixtureRequest) -> OneCycle:
        curve: OneCycle = request.param
        return curve


def test_one_cycle_rises_to_its_peak_and_falls_to_its_end_in_straight_lines() -> None:
    drawn = values(OneCycle(initial=0.1, peak_factor=3.0, end=0.02, rise_share=0.4, span=10, shape="linear"), 13)

    rise = [0.1, 0.15, 0.2, 0.25]
    fall = [0.3, 0.2533333333, 0.2066666667, 0.16, 0.1133333333, 0.0666666667]
    assert drawn == pytest.approx([*rise, *fall, 0.02, 0.02, 0.02])


def test_one_cycle_goes_in_half_waves_unless_told_otherwise() -> None:
    drawn = values(OneCycle(initial=0.1, peak_factor=3.0, end=0.02, rise_share=0.4, span=10), 11)

    assert drawn[:5] == pytest.approx([0.1, 0.1292893219, 0.2, 0.2707106781, 0.3])
    assert [drawn[5], drawn[7], drawn[10]] == pytest.approx([0.2812435565, 0.16, 0.02])


def test_one_cycle_turns_between_two_epochs_where_its_peak_lies_there() -> None:
    drawn = values(OneCycle(initial=0.1, peak_factor=2.0, rise_share=0.3, span=5, shape="linear"), 6)

    assert drawn == pytest.approx([0.1, 0.1 + 0.1 / 1.5, 0.2 * 3 / 3.5, 0.2 * 2 / 3.5, 0.2 * 1 / 3.5, 0.0])


@given(
    st.builds(
        OneCycle,
        initial=st.floats(1e-6, 1.0),
        peak_factor=st.floats(0.01, 100.0),
        end=st.floats(0.0, 1.0),
        rise_share=st.floats(0.01, 0.99),
        shape=st.sampled_from(["cosine", "linear"]),
        span=st.integers(1, 100),
    )
)
def test_one_cycle_goes_straight_to_its_peak_then_straight_to_its_end_and_stays(curve: OneCycle) -> None:
    drawn, peak, top = values(curve, curve.span + 3), curve.initial * curve.peak_factor, curve.rise_share * curve.span
    turn = next(epoch for epoch in range(curve.span + 1) if epoch >= top)
    for way, last in ((drawn[:turn], peak), (drawn[turn:], curve.end)):
        upward = way[0] <= last
        bounded = [*way, last]
        for before, after in pairwise(bounded):
            assert before <= after * (1 + 1e-12) if upward else after <= before * (1 + 1e-12)
    assert drawn[-3:] == pytest.approx([curve.end] * 3)
    assert max(drawn) <= max(curve.initial, peak, curve.end) * (1 + 1e-12)
