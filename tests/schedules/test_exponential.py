from __future__ import annotations

import pytest

from tests.contracts.schedule import CurveContract
from tuner.errors import HyperparameterError
from tuner.schedules import Exponential, values


class TestExponential(CurveContract):
    kind = "exponential"

    @pytest.fixture(
        params=[
            Exponential(initial=0.3, rate=0.85, minimum=1e-3),
            Exponential(initial=0.3, rate=0.5, every=7, staircase=True),
        ],
        ids=repr,
    )
    def curve(self, request: pytest.FixtureRequest) -> Exponential:
        curve: Exponential = request.param
        return curve


def test_exponential_is_multiplied_by_its_rate_over_every_so_many_epochs() -> None:
    drawn = values(Exponential(initial=0.4, rate=0.5, every=4), 13)

    assert drawn[::4] == pytest.approx([0.4, 0.2, 0.1, 0.05])
    assert drawn[2] == pytest.approx(0.4 * 0.5**0.5)


def test_exponential_staircase_stays_level_between_its_steps() -> None:
    drawn = values(Exponential(initial=0.4, rate=0.5, every=3, staircase=True), 9)

    assert drawn == pytest.approx([0.4] * 3 + [0.2] * 3 + [0.1] * 3)


def test_exponential_falls_every_epoch_unless_told_otherwise() -> None:
    assert values(Exponential(initial=1.0, rate=0.85), 3) == pytest.approx([1, 0.85, 0.7225])


def test_exponential_never_goes_below_its_minimum() -> None:
    drawn = values(Exponential(initial=0.3, rate=0.5, minimum=0.1), 20)

    assert drawn[1] == pytest.approx(0.15)
    assert drawn[2:] == [0.1] * 18


def test_exponential_refuses_a_minimum_above_the_initial_value() -> None:
    with pytest.raises(HyperparameterError, match=r"^minimum must not exceed the initial value 0.1, but is 0.2"):
        Exponential(initial=0.1, minimum=0.2, rate=0.5)
