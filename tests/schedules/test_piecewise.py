from __future__ import annotations

import pytest

from tests.contracts.schedule import CurveContract
from tuner.errors import HyperparameterError
from tuner.schedules import Piecewise, values


class TestPiecewise(CurveContract):
    kind = "piecewise"

    @pytest.fixture(
        params=[
            Piecewise(initial=0.3, boundaries=(10, 30), values=(0.1, 0.01)),
            Piecewise(initial=0.3, boundaries=(1,), values=(0.0,)),
        ],
        ids=repr,
    )
    def curve(self, request: pytest.FixtureRequest) -> Piecewise:
        curve: Piecewise = request.param
        return curve


def test_piecewise_changes_at_its_boundaries_and_nowhere_else() -> None:
    drawn = values(Piecewise(initial=0.3, boundaries=(2, 5), values=(0.1, 0.2)), 8)

    assert drawn == [0.3, 0.3, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2]


@pytest.mark.parametrize("boundaries", [(), (3, 2), (2, 2)])
def test_piecewise_refuses_boundaries_that_do_not_rise(boundaries: tuple[int, ...]) -> None:
    with pytest.raises(HyperparameterError, match=r"^boundaries must be rising epochs, but are \["):
        Piecewise(initial=0.3, boundaries=boundaries, values=(0.1,) * len(boundaries))


def test_piecewise_refuses_values_that_are_not_as_many_as_the_boundaries() -> None:
    with pytest.raises(HyperparameterError, match=r"^values must be as many as the 2 boundaries, but are 1") as error:
        Piecewise(initial=0.3, boundaries=(2, 5), values=(0.1,))

    assert error.value.settings == ("values", "boundaries")
