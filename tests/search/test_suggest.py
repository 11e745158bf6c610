from __future__ import annotations

import optuna
import pytest

from tests.search.fake_trainer import small_study
from tuner.search.suggest import TrialSuggest, choice_name
from tuner.space import Choices, Range, choose


def suggested(name: str, among: Range | Choices, count: int = 200) -> list[object]:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    ask = TrialSuggest.number if isinstance(among, Range) else TrialSuggest.choice
    return [ask(TrialSuggest(study.ask()), name, among) for _ in range(count)]


def test_whole_numbers_reach_both_ends_of_their_range():
    assert set(suggested("depth", Range(1, 3))) == {1, 2, 3}


def test_steps_of_whole_numbers_stay_inside_a_range_that_they_do_not_divide():
    assert set(suggested("width", Range(8, 31, step=8))) == {8, 16, 24}


def test_steps_of_fractions_stay_inside_a_range_that_they_do_not_divide():
    values = set(suggested("dropout", Range(0.0, 0.35, step=0.1)))
    assert sorted(values) == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_a_logarithmic_range_is_drawn_evenly_over_its_decades():
    values = suggested("learning_rate", Range(1e-4, 1.0, log=True))
    assert 60 < sum(value < 1e-2 for value in values) < 140


@pytest.mark.parametrize("values", [("relu", "tanh"), (True, False), (1, 2, 8), (None, 1.0), ((10, 20), (5,))])
def test_a_choice_comes_back_as_the_value_that_it_names(values):
    assert set(suggested("choice", Choices(values))) == set(values)


def test_a_list_is_stored_by_its_json_text():
    assert choice_name((10, 20)) == "[10, 20]"
    assert choice_name("relu") == "relu"


def test_stored_parameters_give_the_same_configuration_back():
    definition = small_study(
        hyperparameters={
            "schedule": [
                {"kind": "piecewise", "boundaries": {"choices": [[1, 2], [2, 3]]}, "values": [0.5, 0.1]},
                {"kind": "iir", "alpha": {"low": 0.5, "high": 0.9}, "minimum": 1e-5},
            ]
        }
    )
    study = optuna.create_study()
    for _ in range(10):
        trial = study.ask()
        tree = choose(definition.space, TrialSuggest(trial))
        assert choose(definition.space, TrialSuggest(optuna.trial.FixedTrial(trial.params))) == tree
