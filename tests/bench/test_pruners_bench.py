"""scripts/bench/pruners: its arithmetic, its curves, its page, and a run at toy size."""

from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from scripts.bench.pruner_parts import __main__ as front_door
from scripts.bench.pruner_parts.contenders import COMPARED, contenders
from scripts.bench.pruner_parts.curves import FILE, Curves, read, write
from scripts.bench.pruner_parts.report import summary
from scripts.bench.pruner_parts.search import Found, search
from scripts.bench.pruner_parts.train import STUDIES, train
from tests.docs.pages import ROOT
from tuner.search.pruners import default_warmup
from tuner.study.pruner_settings import MedianPruner, NoPruner, SuccessiveHalvingPruner
from tuner.study.search_settings import SearchSettings

PAGE = (ROOT / "docs" / "pruners.md").read_text(encoding="utf-8")
NAN = math.nan


def test_a_network_is_as_good_as_its_best_epoch_unless_it_diverged() -> None:
    curves = Curves(np.array([[3.0, 1.0, 2.0], [2.0, 0.1, NAN], [5.0, 4.0, 4.5]]))
    assert curves.results.tolist() == [1.0, math.inf, 4.0]
    assert (curves.regret(4.0), curves.rank(4.0), curves.rank(1.0), curves.rank(math.inf)) == (3.0, 1, 0, 2)


def test_curves_of_unequal_length_come_back_from_their_file(tmp_path: Path) -> None:
    write({"one": [[3.0, 1.0], [2.0]], "other": [[0.12345]]}, tmp_path / "curves.npz")
    told = read(tmp_path / "curves.npz")
    np.testing.assert_array_equal(told["one"].values, [[3.0, 1.0], [2.0, NAN]])
    assert told["other"].values[0, 0] == pytest.approx(0.12345, rel=5e-4)


def test_the_curves_are_small_and_those_of_the_studies_that_are_named() -> None:
    assert FILE.stat().st_size < 300_000
    curves = read()
    assert tuple(curves) == STUDIES
    for each in curves.values():
        assert len(each.values) == 500
        assert np.isfinite(each.values[:, 0]).mean() > 0.9


@pytest.mark.parametrize("settings", [NoPruner(), MedianPruner(), SuccessiveHalvingPruner(minimum_epochs=2)])
@pytest.mark.parametrize("lanes", [1, 4])
def test_a_search_trains_as_many_epochs_as_it_may_but_for_less_than_one_trials(settings, lanes) -> None:
    random = np.random.default_rng(0)
    curves = Curves(random.random((30, 8)) + np.linspace(1, 0, 8))
    found = search(curves, settings, budget=100, lanes=lanes, seed=1)
    assert 100 - 8 < found.epochs <= 100
    assert found.complete <= found.started
    assert found.result in curves.results
    assert found == search(curves, settings, budget=100, lanes=lanes, seed=1)
    if isinstance(settings, NoPruner):
        assert (found.complete, found.started) == (12, 12)
    else:
        assert found.started > 12


def test_a_diverged_network_ends_its_trial_and_never_wins() -> None:
    curves = Curves(np.array([[0.0, NAN, NAN, NAN], [1.0, 1.0, 1.0, 1.0]]))
    found = search(curves, NoPruner(), budget=40, lanes=2, seed=0)
    assert found.result == 1.0
    assert found.complete < found.started


def test_searches_are_summed_up_beside_those_without_a_pruner() -> None:
    curves = Curves(np.array([[1.0], [2.0], [3.0], [4.0]]))
    found = [Found(result, 20, 10, 100) for result in (1.0, 2.0, 3.0)]
    told = summary(curves, found, [Found(2.0, 10, 10, 100)] * 3)
    assert told["regret"] == {"median": 1.0, "lower": 0.5, "upper": 1.5}
    assert told["rank"] == {"median": 1.0, "lower": 0.5, "upper": 1.5}
    assert (told["better"], told["worse"]) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert (told["started"], told["complete"]) == (20.0, 10.0)


def test_the_default_of_a_study_file_contends() -> None:
    assert set(COMPARED) <= set(contenders(40))
    default = SearchSettings().pruner
    assert isinstance(default, MedianPruner)
    warmup = default_warmup(40) if default.warmup_epochs is None else default.warmup_epochs
    assert default.model_copy(update={"warmup_epochs": warmup}) in [contenders(40)[name] for name in COMPARED]


def test_the_page_shows_commands_that_the_benchmark_understands() -> None:
    commands = re.findall(r"^scripts/bench/pruners(.*)$", PAGE, re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        front_door.options().parse_args(command.split())


@pytest.mark.thorough
def test_a_run_at_toy_size_compares_pruners(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--seeds", "2", "--trials", "6", "--lanes", "3", "--studies", "diabetes", "--pruners", "median,hyperb"]
    monkeypatch.setattr(sys, "argv", ["pruners", *arguments, "--json", "told.json"])
    assert front_door.main() == 0
    assert "all studies" in capsys.readouterr().out
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert list(told["studies"]) == ["diabetes"]
    assert "none" in told["overall"]
    for name, one in told["studies"]["diabetes"].items():
        assert name == "none" or name.startswith(("median", "hyperband"))
        assert one["started"] >= 6


@pytest.mark.thorough
def test_curves_can_be_trained_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(2, tmp_path / "curves.npz", epochs=2, studies=("diabetes",))
    curves = read(tmp_path / "curves.npz")
    assert curves["diabetes"].values.shape == (2, 2)
    assert np.isfinite(curves["diabetes"].values).all()
    assert "diabetes: 2 networks, 4 epochs" in capsys.readouterr().out
