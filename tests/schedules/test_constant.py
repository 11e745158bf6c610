from __future__ import annotations

import pytest

from tests.contracts.schedule import CurveContract
from tuner.schedules import Constant, values


class TestConstant(CurveContract):
    kind = "constant"

    @pytest.fixture(params=[Constant(initial=0.3), Constant(initial=0)], ids=repr)
    def curve(self, request: pytest.FixtureRequest) -> Constant:
        curve: Constant = request.param
        return curve


def test_constant_has_the_same_value_in_every_epoch() -> None:
    assert values(Constant(initial=0.02), 50) == [0.02] * 50
