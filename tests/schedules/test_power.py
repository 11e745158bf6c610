from __future__ import annotations

import pytest

from tests.contracts.schedule import CurveContract
from tuner.schedules import Power, values


class TestPower(CurveContract):
    kind = "power"

    @pytest.fixture(
        params=[
            Power(initial=0.3),
            Power(initial=0.3, scale=1, exponent=0.5),
            Power(initial=0.3, scale=1e-3, exponent=80),
        ],
        ids=repr,
    )
    def curve(self, request: pytest.FixtureRequest) -> Power:
        curve: Power = request.param
        return curve


def test_power_with_exponent_one_is_inverse_time_decay() -> None:
    drawn = values(Power(initial=0.6, scale=5), 11)

    assert [drawn[0], drawn[5], drawn[10]] == pytest.approx([0.6, 0.3, 0.2])


def test_power_with_exponent_one_half_falls_with_the_square_root() -> None:
    drawn = values(Power(initial=0.6, scale=1, exponent=0.5), 9)

    assert [drawn[0], drawn[3], drawn[8]] == pytest.approx([0.6, 0.3, 0.2])


def test_power_too_steep_for_a_float_ends_at_zero() -> None:
    assert values(Power(initial=0.3, scale=1e-300, exponent=9), 3) == [0.3, 0.0, 0.0]
