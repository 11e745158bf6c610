from __future__ import annotations

import pytest

from tests.contracts.schedule import CurveContract
from tuner.errors import HyperparameterError
from tuner.schedules import Rise, values


class TestRise(CurveContract):
    kind = "rise"

    @pytest.fixture(params=[Rise(initial=0.5, maximum=0.95), Rise(initial=0.0, maximum=0.9, step=0.2)], ids=repr)
    def curve(self, request: pytest.FixtureRequest) -> Rise:
        curve: Rise = request.param
        return curve


def test_rise_adds_its_step_every_epoch_up_to_its_maximum() -> None:
    assert values(Rise(initial=0.5, maximum=0.8, step=0.1), 6) == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.8, 0.8])


def test_rise_adds_a_hundredth_unless_told_otherwise() -> None:
    assert values(Rise(initial=0.5, maximum=0.99), 3) == pytest.approx([0.5, 0.51, 0.52])


def test_rise_without_a_step_stays_where_it_starts() -> None:
    assert values(Rise(initial=0.5, maximum=0.9, step=0), 3) == [0.5] * 3


def test_rise_refuses_a_maximum_below_its_start() -> None:
    with pytest.raises(HyperparameterError, match=r"^maximum must not be below the start 0.9, but is 0.5") as error:
        Rise(initial=0.9, maximum=0.5)

    assert error.value.settings == ("maximum", "initial")
