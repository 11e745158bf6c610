from __future__ import annotations

import pytest

from tests.contracts.schedule import CurveContract
from tuner.errors import HyperparameterError
from tuner.schedules import Linear, values


class TestLinear(CurveContract):
    kind = "linear"

    @pytest.fixture(
        params=[
            Linear(initial=0.3, end=0.1, span=30),
            Linear(initial=0.3, span=7),
            Linear(initial=0.0, end=0.3, span=50),
            Linear(initial=0.3, end=0.05, span=30, decrement=0.02, every=5),
        ],
        ids=repr,
    )
    def curve(self, request: pytest.FixtureRequest) -> Linear:
        curve: Linear = request.param
        return curve


def test_linear_is_a_straight_line_that_stays_at_its_end() -> None:
    drawn = values(Linear(initial=0.5, end=0.1, span=4), 7)

    assert drawn == pytest.approx([0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1])


def test_linear_can_rise() -> None:
    assert values(Linear(initial=0.1, end=0.3, span=2), 4) == pytest.approx([0.1, 0.2, 0.3, 0.3])


def test_linear_with_a_decrement_falls_in_equal_steps_and_never_below_its_end() -> None:
    drawn = values(Linear(initial=0.5, end=0.25, span=1, decrement=0.1, every=2), 10)

    assert drawn == pytest.approx([0.5, 0.5, 0.4, 0.4, 0.3, 0.3, 0.25, 0.25, 0.25, 0.25])


def test_linear_with_a_decrement_refuses_an_end_above_the_initial_value() -> None:
    with pytest.raises(HyperparameterError, match=r"^end must not exceed the initial value 0.1 when") as error:
        Linear(initial=0.1, end=0.2, span=3, decrement=0.1)

    assert error.value.settings == ("end", "initial")
