"""A space with settings of a model's own, read by the rules of a study file."""

from __future__ import annotations

import pytest

from tuner.errors import StudyFileError
from tuner.space import Choices, Fixed, Range, leaves
from tuner.study.own import own_study, study_of_arrays
from tuner.study.read import read_study


def space(own, **training):
    return leaves(own_study(study_of_arrays("mine"), {"own": own, **training}).space)


def mistakes(stated, **given):
    with pytest.raises(StudyFileError) as refused:
        own_study(study_of_arrays("mine"), stated, **given)
    return [str(mistake) for mistake in refused.value.mistakes]


@pytest.mark.parametrize(
    ("stated", "leaf"),
    [
        ({"low": 8, "high": 64, "log": True}, Range(8, 64, log=True)),
        ({"low": 8, "high": 64, "step": 8}, Range(8, 64, step=8)),
        ({"low": 0, "high": 0.5}, Range(0.0, 0.5)),
        ({"low": 0, "high": 1, "step": 0.25}, Range(0.0, 1.0, step=0.25)),
        ({"choices": ["relu", "tanh"]}, Choices(("relu", "tanh"))),
        ({"choices": ("relu", "tanh")}, Choices(("relu", "tanh"))),
        ({"choices": [True, False]}, Choices((True, False))),
        ({"choices": [[32], [64, 32]]}, Choices(((32,), (64, 32)))),
        ({"choices": ["none", 3, 0.5]}, Choices(("none", 3, 0.5))),
        (3, Fixed(3)),
        ("gru", Fixed("gru")),
        ((1, 2), Fixed((1, 2))),
    ],
)
def test_own_settings_are_read_as_those_of_a_study_file(stated, leaf):
    found = space({"x": stated})["own.x"]
    assert found == leaf
    if isinstance(leaf, Range):
        assert type(found.low) is type(leaf.low)


def test_numbers_of_numpy_will_do():
    np = pytest.importorskip("numpy")
    assert space({"x": {"low": np.int64(2), "high": np.int64(4)}})["own.x"] == Range(2, 4)
    assert space({"x": {"choices": list(np.array([1, 2]))}})["own.x"] == Choices((1, 2))


def test_settings_of_the_training_stand_beside_them():
    found = space({"units": 8}, optimizer={"kind": "sgd", "learning_rate": {"low": 0.1, "high": 0.2}}, epochs=3)
    assert found["optimizer.learning_rate"] == Range(0.1, 0.2)
    assert found["epochs"] == Fixed(3)


@pytest.mark.parametrize("name", ["layers", "normalization", "inputs", "activation_noise", "transfer", "pretraining"])
def test_what_is_for_our_network_is_refused_by_name(name):
    assert mistakes({name: {}}) == [
        f"space.{name} is for the network that tuner builds; state what yours has under space.own"
    ]


def test_every_mistake_is_told_at_once():
    told = mistakes(
        {
            "own": {"units": {"low": 9, "high": 8}, "epochs": 3, "act": None, "bound": {"lo": 3, "high": 5}},
            "layers": {"depth": 2},
            "epoch": 3,
            "optimizer": {"kind": "adamm"},
        }
    )
    assert any(each.startswith("space.own.units has low 9 above high 8") for each in told)
    assert any(each.startswith("space.own.epochs is the name of a setting of the training") for each in told)
    assert any(each.startswith("space.own.act is None, but should be a number") for each in told)
    assert any(each.startswith("space.own.bound.lo is no part of a range here") for each in told)
    assert any(each.startswith("space.layers is for the network") for each in told)
    assert any(each.startswith("space.epoch is no setting here") for each in told)
    assert any(each.startswith("space.optimizer.kind is") and "adam" in each for each in told)
    assert len(told) == 7


def test_settings_that_do_not_go_together_are_found_at_the_corners():
    [told] = mistakes({"own": {"units": 3}, "epochs": {"low": 5, "high": 50}, "warmup": {"epochs": 10}})
    assert told.startswith("space.warmup.epochs must leave an epoch for the schedule")


@pytest.mark.parametrize("own", [3, None, ["units"]])
def test_own_has_to_be_a_table(own):
    [told] = mistakes({"own": own})
    assert told.startswith("space.own is")
    assert "should be a table of settings by name" in told


def test_a_value_that_is_no_plain_value_is_refused():
    [told] = mistakes({"own": {"layer": {"choices": ["a", print]}}})
    assert told.startswith("space.own.layer.choices[1] is <built-in function print>, but should be")


def test_rows_that_are_used_as_they_are_have_no_preprocessing():
    [told] = mistakes({"preprocessing": {"scaler": "robust"}}, prepares=False)
    assert told == "space.preprocessing is for a study's own data; these rows are used as they are"


def test_the_meaning_tells_own_settings_and_none_of_our_network():
    meaning = own_study(study_of_arrays("mine"), {"own": {"units": {"low": 1, "high": 2}}}).meaning
    assert meaning["hyperparameters.own.units"] == {"low": 1, "high": 2}
    assert not [name for name in meaning if name.startswith(("hyperparameters.layers", "hyperparameters.inputs"))]


def test_another_own_space_has_another_fingerprint():
    one, other = (own_study(study_of_arrays("mine"), {"own": {"units": units}}) for units in (8, 9))
    assert one.fingerprint != other.fingerprint


def test_a_search_is_stated_as_in_a_study_file():
    study = study_of_arrays("mine", search={"metric": "val_accuracy", "pruner": "none"}, budget={"trials": 7})
    assert (study.search.metric, study.budget.trials) == ("val_accuracy", 7)
    with pytest.raises(StudyFileError, match=r"own model: search\.metrik"):
        study_of_arrays("mine", search={"metrik": "val_accuracy"})


@pytest.mark.parametrize("table", ["own", "build", "model"])
def test_a_study_file_has_no_such_table(table):
    raw = {"name": "mine", "data": {"builtin": "wine"}, "hyperparameters": {table: {"build": "os.system"}}}
    with pytest.raises(StudyFileError, match=rf"hyperparameters\.{table} is no setting here"):
        read_study(raw, source="mine.toml")
