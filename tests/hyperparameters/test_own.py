"""What the builder of somebody's own model gets, and how its settings may be called."""

from __future__ import annotations

import copy

import pytest

from tuner.hyperparameters.own import Chosen, why_no_name
from tuner.study.own import own_model


def chosen() -> Chosen:
    model = own_model({"units": 8, "layers": {"choices": [[1], [2, 3]]}})
    tree = {"own": {"units": 16, "layers": (2, 3)}, "optimizer": {"kind": "sgd", "learning_rate": 0.5}, "epochs": 7}
    return Chosen(model.model_validate(tree))


def test_own_settings_are_attributes_and_items():
    given = chosen()
    assert given.units == given["units"] == given["own.units"] == given.own["units"] == 16


def test_settings_of_the_training_are_attributes_and_items():
    given = chosen()
    assert given.optimizer.learning_rate == given["optimizer.learning_rate"] == 0.5
    assert given.epochs == given["epochs"] == 7


def test_an_own_setting_may_be_called_layers():
    given = chosen()
    assert given.layers == given["layers"] == (2, 3)


def test_settings_of_the_network_that_tuner_builds_are_not_there():
    with pytest.raises(AttributeError, match="there is no setting normalization here"):
        _ = chosen().normalization
    with pytest.raises(KeyError, match=r"there is no setting inputs\.noise here"):
        _ = chosen()["inputs.noise"]


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(AttributeError, match=r'Did you mean "units"\?'):
        _ = chosen().unitz
    with pytest.raises(KeyError, match=r'Did you mean "units"\?'):
        _ = chosen()["unitz"]


def test_it_can_be_copied_and_shown():
    assert copy.deepcopy(chosen()).units == 16
    assert "'units': 16" in repr(chosen())


@pytest.mark.parametrize("name", ["a b", "2nd", "_x", "größe", "", 3])
def test_a_name_has_to_be_one_of_an_attribute(name):
    assert "is no name for a setting" in str(why_no_name(name))


@pytest.mark.parametrize("name", ["kind", "lambda", "copy", "model_dump"])
def test_reserved_names_are_refused(name):
    assert "is a reserved name" in str(why_no_name(name))


@pytest.mark.parametrize("name", ["epochs", "optimizer", "own", "preprocessing"])
def test_names_of_the_training_are_refused(name):
    assert "is the name of a setting of the training" in str(why_no_name(name))


def test_what_does_not_apply_to_an_own_model_is_not_stored():
    stored = own_model({"units": 8}).model_validate({"own": {"units": 8}}).model_dump()
    assert stored["own"] == {"units": 8}
    assert {"layers", "normalization", "inputs", "activation_noise"}.isdisjoint(stored)
    assert {"optimizer", "schedule", "clipping", "gradient_noise", "epochs"} <= stored.keys()
