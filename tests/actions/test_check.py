from __future__ import annotations

from pathlib import Path

import pytest

from tuner.actions.check import check

STUDY = """
[data]
builtin = "wine"
[hyperparameters.layers]
depth = {{ low = 1, high = 3 }}
dropout = {{ choices = [0.0, 0.2] }}
[search]
sampler = "{sampler}"
pruner = "{pruner}"
"""


@pytest.fixture
def checked(tmp_path: Path):
    def checked(sampler: str, pruner: str = "none"):
        path = tmp_path / "sampled.toml"
        path.write_text(STUDY.format(sampler=sampler, pruner=pruner))
        return check(str(path), root=tmp_path)

    return checked


def test_a_grid_is_counted_and_other_samplers_have_none(checked):
    assert checked("grid").grid_size == 6
    assert checked("tpe").grid_size is None


def test_advice_is_given_where_a_sampler_does_not_fit(checked):
    assert checked("gp").advice == ()
    [line] = checked("gp", "median").advice
    assert line.startswith("search.sampler: gp learns from complete trials alone")
