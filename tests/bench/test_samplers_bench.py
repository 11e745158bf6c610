"""scripts/bench/samplers: its arithmetic, and a run at toy size."""

from __future__ import annotations

import json
import sys

import optuna
import pytest

from scripts.bench.samplers_parts import __main__ as front_door
from scripts.bench.samplers_parts.contenders import CONTENDERS, REFERENCE, LikeOptuna, optunas_own
from scripts.bench.samplers_parts.figures import Difference, Quartiles
from scripts.bench.samplers_parts.objectives import OBJECTIVES
from scripts.bench.samplers_parts.searches import simulated
from tuner.search.suggest import TrialSuggest
from tuner.seeds import derive_seed
from tuner.space import choose


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_regret_is_never_below_zero_and_chance_finds_none_of_it_gone(name):
    regrets = simulated(OBJECTIVES[name], optuna.samplers.RandomSampler(seed=1), seed=1, trials=60, parallel=16)
    finite = [regret for regret in regrets if regret < float("inf")]
    assert len(regrets) == 60
    assert finite == sorted(finite, reverse=True)
    assert finite[-1] > 0


def test_the_reference_suggests_what_optunas_own_sampler_does():
    study, objective = optuna.create_study(), OBJECTIVES["bowl"]
    reference = LikeOptuna(seed=3)
    for number in range(25):
        drawn = []
        # One is told a value and counts; the other only shows what it would have been.
        for sampler in (optunas_own(derive_seed(3, "sampler", 2 * number + 1)), reference):
            study.sampler = sampler
            if sampler is reference:
                last = study.ask()
                choose(objective.space, TrialSuggest(last))
                drawn.append(last.params)
                study.tell(last, objective.function(choose(objective.space, TrialSuggest(last))))
            else:
                shown = study.ask()
                sampler._rng.rng.seed(derive_seed(3, "sampler", shown.number + 1))
                sampler._random_sampler._rng.rng.seed(derive_seed(3, "sampler", shown.number + 1))
                choose(objective.space, TrialSuggest(shown))
                drawn.append(shown.params)
                study.tell(shown, state=optuna.trial.TrialState.FAIL)
        expected, found = drawn
        assert found == {
            name: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
            for name, value in expected.items()
        }


def test_equal_regrets_show_no_difference_and_halved_ones_do():
    regrets = {"bowl": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], "valley": [1.0, 2.0, 3.0]}
    same = Difference.of(regrets, regrets)
    assert (same.ratio, same.better, same.p) == (1.0, 0.5, 1.0)
    assert same.in_words == "no difference seen; at most 0% worse"
    better = Difference.of({name: [each / 2 for each in values] for name, values in regrets.items()}, regrets)
    assert better.high < 1
    assert better.p < 0.01
    assert better.in_words.startswith("better, by ")


def test_quartiles_are_those_of_the_regrets():
    assert Quartiles.of([1.0, 2.0, 3.0, 4.0, 5.0]) == Quartiles(2.0, 3.0, 4.0)


def test_a_run_at_toy_size_fills_the_tables_and_the_json(tmp_path, capsys, monkeypatch):
    path = tmp_path / "figures.json"
    arguments = [
        "--quick",
        "--seeds",
        "1",
        "--trials",
        "14",
        "--objectives",
        "cliffs",
        "--no-costs",
        "--processes",
        "1",
    ]
    monkeypatch.setattr(sys, "argv", ["samplers", *arguments, "--json", str(path)])
    assert front_door.main() == 0
    told = json.loads(path.read_text())
    assert told["searches"]["16 at once"]["trials"] == 14
    for setting in told["searches"].values():
        assert setting["contenders"][REFERENCE]["quartiles"]["cliffs"]["median"] > 0
        assert setting["contenders"]["fit4"]["against_optuna"]["pairs"] == 1
    printed = capsys.readouterr().out
    assert all(CONTENDERS[name].title in printed for name in told["searches"]["16 at once"]["contenders"])
