from __future__ import annotations

from tests.space.spaces import space_of
from tuner.hyperparameters import OPTIMIZERS
from tuner.space import Choices, choose, searched
from tuner.space.branches import branches, conditional

EVERY_OPTIMIZER = f"kind = {{ choices = {list(OPTIMIZERS)} }}"
RISE = "momentum = { kind = 'rise', start = { low = 0.0, high = 0.9 }, maximum = { low = 0.9, high = 0.99 } }"


def test_a_space_without_kinds_has_one_branch_with_everything():
    space = space_of("layers = { depth = { low = 1, high = 3 }, activation = { choices = ['relu', 'tanh'] } }")
    [branch] = branches(space)
    assert branch == searched(space)
    assert conditional(space) == ()


def test_there_is_a_branch_for_each_combination_of_kinds():
    space = space_of("""
        optimizer = { kind = { choices = ["sgd", "adagrad", "adam"] } }
        schedule = [{ kind = "constant" }, { kind = "iir", alpha = { low = 0.5, high = 1.0 } }]
    """)
    found = list(branches(space))
    assert len(found) == 6
    assert len({(branch["optimizer.kind"], branch["schedule.kind"]) for branch in found}) == 6
    assert all(("schedule.iir.alpha" in branch) == (branch["schedule.kind"] == Choices(("iir",))) for branch in found)


def test_what_does_not_apply_makes_no_branch_of_its_own():
    """A momentum's kind beside an optimizer that has no momentum."""
    space = space_of("""
        optimizer = { kind = { choices = ["sgd", "adagrad"] } }
        momentum = [
            { kind = "constant", initial = 0.9 },
            { kind = "rise", start = { low = 0.0, high = 0.9 }, maximum = 0.95 },
        ]
    """)
    assert len(list(branches(space))) == 3
    assert set(conditional(space)) == {"momentum.kind", "momentum.rise.start"}


OWN_WIDTHS = """
    [layers]
    depth = { low = 1, high = 4 }
    width = { low = 8, high = 64 }
    width_2 = { low = 8, high = 32 }
    width_4 = { choices = [4, 8] }
"""


def test_a_width_of_a_layer_of_its_own_belongs_to_networks_that_have_that_layer():
    space = space_of(OWN_WIDTHS)
    found = {
        (branch["layers.depth"].low, branch["layers.depth"].high): {name.partition(".")[2] for name in branch}
        for branch in branches(space)
    }
    assert found == {
        (1, 1): {"depth", "width"},
        (2, 3): {"depth", "width", "width_2"},
        (4, 4): {"depth", "width", "width_2", "width_4"},
    }
    assert conditional(space) == ("layers.width_2", "layers.width_4")


def test_depths_that_are_choices_are_turnings_each():
    space = space_of("layers = { depth = { choices = [3, 1] }, width_2 = { low = 4, high = 8 } }")
    assert [(branch["layers.depth"].values, len(branch)) for branch in branches(space)] == [((3,), 2), ((1,), 1)]


def test_the_parameters_of_a_branch_are_those_that_such_a_configuration_is_asked_for():
    space = space_of(f"{RISE}\noptimizer.learning_rate = {{ low = 1e-4, high = 0.3 }}\noptimizer.{EVERY_OPTIMIZER}")

    class Asked:
        def __init__(self, kind):
            self.kind, self.names = kind, []

        def number(self, name, among):
            self.names.append(name)
            return among.low

        def choice(self, name, among):
            self.names.append(name)
            return self.kind

    for branch in branches(space):
        [kind] = branch["optimizer.kind"].values
        asked = Asked(kind)
        choose(space, asked)
        assert list(branch) == asked.names


def test_conditional_are_those_that_some_configuration_lacks():
    space = space_of(f"{RISE}\noptimizer.learning_rate = {{ low = 1e-4, high = 0.3 }}\noptimizer.{EVERY_OPTIMIZER}")
    assert conditional(space) == ("optimizer.learning_rate", "momentum.start", "momentum.maximum")


LOSSES = """
    loss = { choices = ["mse", "huber", "mae"] }
    huber_delta = { low = 0.1, high = 2.0 }
"""


def test_a_setting_that_others_go_by_is_a_turning():
    found = [(branch["loss"].values, "huber_delta" in branch) for branch in branches(space_of(LOSSES))]
    assert found == [(("mse",), False), (("huber",), True), (("mae",), False)]
    assert conditional(space_of(LOSSES)) == ("huber_delta",)


def test_a_setting_that_nothing_goes_by_is_none():
    [branch] = branches(space_of('loss = { choices = ["mse", "huber"] }'))
    assert branch["loss"].values == ("mse", "huber")
