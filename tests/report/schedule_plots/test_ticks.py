from __future__ import annotations

import pytest

from tuner.report.schedule_plots.ticks import decade_ticks, even_ticks


@pytest.mark.parametrize(
    ("low", "high", "count", "ticks"),
    [
        (0.0001, 0.3, 6, [0.05, 0.1, 0.15, 0.2, 0.25, 0.3]),
        (0, 29, 6, [0, 5, 10, 15, 20, 25]),
        (0, 1, 1, [0, 1]),
        (-1, 1, 4, [-1, -0.5, 0, 0.5, 1]),
        (0, 1e-5, 2, [0, 5e-6, 1e-5]),
        (0.1, 0.1, 6, [0.1]),
    ],
)
def test_even_ticks_are_round_numbers_inside_the_axis(low, high, count, ticks):
    assert even_ticks(low, high, count) == ticks


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (1e-4, 0.3, [1e-4, 1e-3, 1e-2, 1e-1]),
        (0.02, 0.3, [0.02, 0.05, 0.1, 0.2]),
        (0.21, 0.3, [0.21, 0.3]),
        (0.3, 0.3, [0.3]),
    ],
)
def test_decade_ticks_are_powers_of_ten_and_finer_where_these_are_too_few(low, high, ticks):
    assert decade_ticks(low, high) == ticks
