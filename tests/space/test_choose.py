from __future__ import annotations

import random

import pytest

from tests.space.spaces import space_of
from tuner.hyperparameters import OPTIMIZERS, OPTIMIZERS_WITH_MOMENTUM, Hyperparameters
from tuner.space import Choices, Range, choose

SPACE = f"""
    batch_size = 16
    [layers]
    depth = {{ low = 1, high = 3 }}
    dropout = {{ low = 0.1, high = 0.5 }}
    [optimizer]
    kind = {{ choices = {list(OPTIMIZERS)} }}
    learning_rate = {{ low = 1e-4, high = 0.3, log = true }}
    sgd = {{ nesterov = {{ choices = [true, false] }} }}
    [[schedule]]
    kind = "iir"
    alpha = {{ low = 0.5, high = 1.0 }}
    [[schedule]]
    kind = "exponential"
    rate = {{ low = 0.5, high = 1.0 }}
    [momentum]
    kind = "rise"
    start = {{ low = 0.0, high = 0.9 }}
    maximum = 0.95
"""


class Asked:
    """Decides by what is stated, else at random, and remembers what it was asked."""

    def __init__(self, stated: dict[str, object], seed: int = 0) -> None:
        self.stated = stated
        self.random = random.Random(seed)
        self.names: list[str] = []

    def number(self, name: str, among: Range) -> int | float:
        self.names.append(name)
        draw = self.random.randint if among.integer else self.random.uniform
        return self.stated.get(name, draw(among.low, among.high))

    def choice(self, name: str, among: Choices) -> object:
        self.names.append(name)
        return self.stated.get(name, self.random.choice(among.values))


def test_each_parameter_that_applies_is_asked_for_once_by_its_dotted_name():
    asked = Asked({"optimizer.kind": "sgd", "schedule.kind": "iir"})
    chosen = choose(space_of(SPACE), asked)
    assert asked.names == [
        "layers.depth",
        "layers.dropout",
        "optimizer.kind",
        "optimizer.learning_rate",
        "optimizer.sgd.nesterov",
        "schedule.kind",
        "schedule.iir.alpha",
        "momentum.start",
    ]
    assert chosen["batch_size"] == 16
    assert chosen["optimizer"].keys() == {"kind", "learning_rate", "nesterov"}
    assert chosen["schedule"].keys() == {"kind", "alpha"}
    assert chosen["momentum"]["maximum"] == 0.95


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_momentum_is_asked_for_only_beside_an_optimizer_that_has_one(kind):
    asked = Asked({"optimizer.kind": kind})
    chosen = choose(space_of(SPACE), asked)
    assert ("momentum.start" in asked.names) is (kind in OPTIMIZERS_WITH_MOMENTUM)
    assert ("momentum" in chosen) is (kind in OPTIMIZERS_WITH_MOMENTUM)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_another_kinds_settings_are_not_asked_for(kind):
    asked = Asked({"optimizer.kind": kind})
    chosen = choose(space_of(SPACE), asked)
    assert ("optimizer.sgd.nesterov" in asked.names) is (kind == "sgd")
    assert ("optimizer.learning_rate" in asked.names) is (kind != "adadelta")
    assert Hyperparameters.model_validate(chosen).optimizer.kind == kind


def test_only_the_chosen_schedules_own_settings_are_asked_for():
    asked = Asked({"schedule.kind": "exponential"})
    choose(space_of(SPACE), asked)
    assert "schedule.exponential.rate" in asked.names
    assert "schedule.iir.alpha" not in asked.names


def test_a_momentum_goes_by_the_default_optimizer_where_a_study_states_none():
    asked = Asked({})
    choose(space_of("momentum = { kind = 'rise', start = { low = 0.1, high = 0.2 }, maximum = 0.9 }"), asked)
    assert asked.names == ["momentum.start"]


@pytest.mark.parametrize("depths", ["{ low = 1, high = 3 }", "{ choices = [1, 2, 3] }"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_width_of_a_layer_is_asked_for_only_where_there_is_such_a_layer(depths, depth):
    asked = Asked({"layers.depth": depth})
    widths = "width_2 = { low = 4, high = 8 }, width_3 = { choices = [2, 9] }"
    chosen = choose(space_of(f"layers = {{ depth = {depths}, {widths} }}"), asked)
    assert asked.names == ["layers.depth", "layers.width_2", "layers.width_3"][:depth]
    assert len(Hyperparameters.model_validate(chosen).layers.widths) == depth


def test_nothing_is_asked_for_in_a_space_of_plain_values():
    asked = Asked({})
    assert choose(space_of("batch_size = 8\nlayers.depth = 1"), asked) == {"batch_size": 8, "layers": {"depth": 1}}
    assert asked.names == []


@pytest.mark.parametrize("seed", range(50))
def test_whatever_is_chosen_from_a_proved_space_is_a_configuration(seed):
    chosen = choose(space_of(SPACE), Asked({}, seed))
    assert Hyperparameters.model_validate(chosen).batch_size == 16
