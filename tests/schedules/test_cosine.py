from __future__ import annotations

import math

import pytest

from tests.contracts.schedule import CurveContract
from tuner.errors import HyperparameterError
from tuner.schedules import Cosine, values


class TestCosine(CurveContract):
    kind = "cosine"

    @pytest.fixture(
        params=[Cosine(initial=0.3, minimum=1e-4, span=39), Cosine(initial=0.3, span=1)],
        ids=repr,
    )
    def curve(self, request: pytest.FixtureRequest) -> Cosine:
        curve: Cosine = request.param
        return curve


def test_cosine_is_half_a_wave() -> None:
    drawn = values(Cosine(initial=0.5, minimum=0.1, span=6), 7)

    assert drawn == pytest.approx([0.3 + 0.2 * math.cos(math.pi * epoch / 6) for epoch in range(7)])
    assert drawn[3] == pytest.approx(0.3)


def test_cosine_stays_at_its_minimum_after_its_span() -> None:
    assert values(Cosine(initial=0.5, minimum=0.1, span=3), 8)[3:] == pytest.approx([0.1] * 5)


def test_cosine_refuses_a_minimum_above_the_initial_value() -> None:
    with pytest.raises(HyperparameterError, match=r"^minimum must not exceed the initial value 0.1, but is 0.2"):
        Cosine(initial=0.1, minimum=0.2, span=3)
