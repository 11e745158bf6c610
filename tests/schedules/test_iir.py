from __future__ import annotations

from itertools import pairwise

import pytest

from tests.contracts.schedule import CurveContract
from tuner.errors import HyperparameterError
from tuner.schedules import Iir, values


class TestIir(CurveContract):
    kind = "iir"

    @pytest.fixture(
        params=[
            Iir(initial=0.3, minimum=1e-4, alpha=0.9),
            Iir(initial=0.3, alpha=0),
            Iir(initial=0.3, minimum=0.1, alpha=1),
        ],
        ids=repr,
    )
    def curve(self, request: pytest.FixtureRequest) -> Iir:
        curve: Iir = request.param
        return curve


@pytest.mark.parametrize(
    ("initial", "minimum", "expected"),
    [
        (0.3, 1e-4, {0: 0.3, 1: 0.27001, 2: 0.243019, 5: 0.17718795, 10: 0.10466867, 20: 0.03656084, 50: 0.00164562}),
        (
            0.01,
            1e-5,
            {0: 0.01, 1: 0.009001, 2: 0.0081019, 5: 0.005909, 10: 0.0034933, 20: 0.00122455, 50: 0.0000614862},
        ),
    ],
)
def test_iir_gives_the_published_values_to_six_digits(
    initial: float, minimum: float, expected: dict[int, float]
) -> None:
    drawn = values(Iir(initial=initial, minimum=minimum, alpha=0.9), 51)

    assert {epoch: f"{drawn[epoch]:.5e}" for epoch in expected} == {e: f"{v:.5e}" for e, v in expected.items()}


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9, 0.99])
def test_iir_is_the_first_order_recursive_filter(alpha: float) -> None:
    drawn = values(Iir(initial=0.3, minimum=1e-4, alpha=alpha), 200)

    for last, value in pairwise(drawn):
        assert value == pytest.approx(alpha * last + (1 - alpha) * 1e-4, rel=1e-9)


def test_iir_with_alpha_one_never_decays() -> None:
    assert values(Iir(initial=0.3, minimum=0.1, alpha=1), 100) == pytest.approx([0.3] * 100, rel=1e-12)


def test_iir_with_alpha_zero_is_at_the_minimum_from_the_second_epoch_on() -> None:
    assert values(Iir(initial=0.3, minimum=0.1, alpha=0), 4) == pytest.approx([0.3, 0.1, 0.1, 0.1])


def test_iir_refuses_a_minimum_above_the_initial_value() -> None:
    with pytest.raises(
        HyperparameterError, match=r"^minimum must not exceed the initial value 0.1, but is 0.2"
    ) as error:
        Iir(initial=0.1, minimum=0.2, alpha=0.9)

    assert error.value.settings == ("minimum", "initial")
