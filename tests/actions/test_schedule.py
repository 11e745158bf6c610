"""What is drawn of a schedule before a search is spent on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuner.actions.schedule import draw_schedules, draw_study

STUDY = """
name = "warm"
[data]
builtin = "wine"
[hyperparameters]
epochs = 10
[hyperparameters.optimizer]
kind = "sgd"
learning_rate = 0.4
[hyperparameters.warmup]
epochs = 3
start_share = { low = 0.1, high = 0.5 }
[hyperparameters.plateau]
patience = 2
"""


def test_a_warm_up_is_drawn_in_front_of_a_curve_that_still_ends_in_the_last_epoch() -> None:
    drawing = draw_schedules(
        "cosine", {"initial": [0.4], "minimum": [0.1, 0.2]}, epochs=20, warmup={"epochs": 4, "start_share": 0.5}
    )

    assert drawing.title == "cosine over 20 epochs after a warm-up of 4"
    assert [drawn[:5] for _, drawn in drawing.curves] == [pytest.approx([0.2, 0.25, 0.3, 0.35, 0.4])] * 2
    assert [drawn[-1] for _, drawn in drawing.curves] == pytest.approx([0.1, 0.2])


def test_a_studys_rates_are_drawn_with_their_warm_up_and_without_the_plateau(tmp_path: Path) -> None:
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "warm.toml").write_text(STUDY)

    drawing = draw_study("warm", root=tmp_path, what="learning_rate")

    for _, drawn in drawing.curves:
        assert 0.04 <= drawn[0] <= 0.2
        assert list(drawn[3:]) == [0.4] * 7
