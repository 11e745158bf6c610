from __future__ import annotations

import pytest

from tests.space.spaces import mistakes_of, space_of
from tuner.hyperparameters import OPTIMIZERS, Hyperparameters
from tuner.schedules import CURVES
from tuner.space import Choices, Range, corners, searched
from tuner.space.corners import ends

EVERY_OPTIMIZER = f"kind = {{ choices = {list(OPTIMIZERS)} }}"
RISE = "momentum = { kind = 'rise', start = { low = 0.0, high = 0.9 }, maximum = { low = 0.9, high = 0.99 } }"


def test_the_ends_of_a_range_are_its_bounds_and_of_choices_all_of_them():
    assert ends(Range(1, 9)) == (1, 9)
    assert ends(Choices((3, 1, 2))) == (1, 2, 3)
    assert ends(Choices(("b", "a"))) == ("b", "a")


def test_every_pair_of_ends_of_every_two_parameters_is_met():
    space = space_of("""
        batch_size = { low = 8, high = 64 }
        layers = { depth = { low = 1, high = 3 }, dropout = { low = 0.0, high = 0.5 }, l1 = { choices = [0.0, 1e-4] } }
    """)
    met = [decided for _, decided in corners(space)]
    parameters = searched(space)
    for one in parameters:
        for other in parameters:
            if one != other:
                pairs = {(decided[one], decided[other]) for decided in met}
                assert pairs >= {(a, b) for a in ends(parameters[one]) for b in ends(parameters[other])}


def test_every_corner_of_a_sound_space_is_a_configuration_with_each_kind():
    trees = [tree for tree, _ in corners(space_of(f"{RISE}\noptimizer.{EVERY_OPTIMIZER}"))]
    kinds = {Hyperparameters.model_validate(tree).optimizer.kind for tree in trees}
    assert kinds == set(OPTIMIZERS)


def test_a_space_of_plain_values_has_one_configuration():
    assert all(tree == {"batch_size": 8} for tree, _ in corners(space_of("batch_size = 8")))


@pytest.mark.parametrize(
    ("toml", "place", "problem"),
    [
        (
            """
            optimizer = { kind = "sgd", learning_rate = { low = 1e-4, high = 0.3, log = true } }
            schedule = { kind = "iir", alpha = 0.9, minimum = { low = 1e-5, high = 1e-3 } }
            """,
            "schedule.minimum",
            "must not exceed the initial value 0.0001, but is 0.001 "
            "(at optimizer.learning_rate = 0.0001, schedule.minimum = 0.001)",
        ),
        (
            "schedule = { kind = 'iir', alpha = 0.9, minimum = 0.5 }",
            "schedule.minimum",
            "must not exceed the initial value 0.001, but is 0.5",
        ),
        (
            "momentum = { kind = 'rise', start = { low = 0.0, high = 0.95 }, maximum = { low = 0.9, high = 0.99 } }",
            "momentum.maximum",
            "must not be below the start 0.95, but is 0.9 (at momentum.start = 0.95, momentum.maximum = 0.9)",
        ),
        (
            "epochs = { low = 5, high = 20 }\n"
            "momentum = { kind = 'rise', start = 0.85, maximum = 1.0, step = { choices = [0.001, 0.01] } }",
            "momentum",
            "must stay below 1, but reaches 1 (at momentum.step = 0.01)",
        ),
        (
            f"{RISE}\noptimizer = {{ kind = {{ choices = ['adam', 'sgd'] }}, sgd = {{ momentum = 0.5 }} }}",
            "optimizer.sgd.momentum",
            "is driven by hyperparameters.momentum already; state one of the two",
        ),
        (
            f"{RISE}\noptimizer = {{ kind = 'sgd', momentum = 0.5 }}",
            "optimizer.momentum",
            "is driven by hyperparameters.momentum already",
        ),
        (
            """
            [schedule]
            kind = "piecewise"
            boundaries = { choices = [[5], [5, 10]] }
            values = [0.1]
            """,
            "schedule.values",
            "must be as many as the 2 boundaries, but are 1 (at schedule.boundaries = [5, 10])",
        ),
    ],
)
def test_settings_that_do_not_go_together_somewhere_are_named_with_the_corner(toml, place, problem):
    found = mistakes_of(toml)
    assert list(found) == [place]
    assert found[place].startswith(problem)


def test_a_conflict_of_one_kind_among_several_is_found_although_the_first_kind_hides_the_table():
    found = mistakes_of("""
        [optimizer]
        kind = { choices = ["adagrad", "sgd"] }
        [[momentum]]
        kind = "constant"
        initial = 0.5
        [[momentum]]
        kind = "rise"
        start = { low = 0.0, high = 0.9 }
        maximum = { low = 0.5, high = 0.95 }
    """)
    assert list(found) == ["momentum.rise.maximum"]


def test_a_conflict_is_found_where_all_kinds_are_too_many_to_combine():
    schedules = "\n".join(
        f"[[schedule]]\nkind = '{kind}'\n{settings}"
        for kind, settings in {
            "constant": "",
            "iir": "alpha = 0.9",
            "exponential": "rate = 0.9",
            "linear": "",
            "power": "",
            "cosine": "",
        }.items()
    )
    assert {"constant", "iir", "exponential", "linear", "power", "cosine"} <= set(CURVES)
    found = mistakes_of(f"""
        [optimizer]
        kind = {{ choices = {["adagrad", *(kind for kind in OPTIMIZERS if kind != "adagrad")]} }}
        [optimizer.nadam]
        beta_1 = 0.5
        {schedules}
        [[momentum]]
        kind = "constant"
        initial = 0.5
        [[momentum]]
        kind = "exponential"
        initial = 0.5
        rate = 0.9
        [[momentum]]
        kind = "rise"
        start = {{ low = 0.0, high = 0.9 }}
        maximum = {{ low = 0.5, high = 0.95 }}
    """)
    assert set(found) == {"momentum.rise.maximum", "optimizer.nadam.beta_1"}


def test_one_conflict_hides_no_other():
    found = mistakes_of("""
        schedule = { kind = "iir", alpha = 0.9, minimum = 0.5 }
        momentum = { kind = "rise", start = 0.9, maximum = 0.8 }
    """)
    assert set(found) == {"schedule.minimum", "momentum.maximum"}


def test_a_table_that_is_left_out_for_one_conflict_starts_no_second_one():
    # Without its optimizer table the configuration would have Adam's rate of 0.001, which is below the minimum.
    found = mistakes_of("""
        optimizer = { kind = "sgd", learning_rate = 0.5, momentum = 0.5 }
        schedule = { kind = "iir", alpha = 0.9, minimum = 0.1 }
        momentum = { kind = "constant", initial = 0.9 }
    """)
    assert list(found) == ["optimizer.momentum"]


@pytest.mark.parametrize(
    ("optimizer", "named"),
    [
        ("optimizer = { kind = 'sgd', learning_rate = 'fast' }", "optimizer.learning_rate"),
        ("optimizer = { kind = 'sgd', learning_rat = 0.5 }", "optimizer.learning_rat"),
        ("optimizer = { kind = 'sgdd', learning_rate = 0.5 }", "optimizer.kind"),
        ("optimizer = 0.5", "optimizer"),
        ("optimizer = [{ kind = 'sgd', learning_rate = 'fast' }]", "optimizer[0].learning_rate"),
        ("optimizer = { kind = 'sgd', sgd = { learning_rate = 'fast' } }", "optimizer.sgd.learning_rate"),
        ("optimizer = { kind = 'sgd', sgd = 3 }", "optimizer.sgd"),
        ("optimiser = { kind = 'sgd', learning_rate = 0.5 }", "optimiser"),
    ],
)
def test_what_a_mistake_is_involved_in_is_not_complained_about_again(optimizer, named):
    schedule = "schedule = { kind = 'iir', alpha = 0.9, minimum = 0.1 }"
    assert list(mistakes_of(f"{optimizer}\n{schedule}")) == [named]


def test_an_unknown_name_that_resembles_nothing_puts_nothing_in_doubt():
    found = mistakes_of("schedule = { kind = 'iir', alpha = 0.9, minimum = 0.1, zzz = 1 }")
    assert set(found) == {"schedule.zzz", "schedule.minimum"}


@pytest.mark.parametrize(
    ("stated", "place", "problem"),
    [
        (
            "loss = 'mse'\nlabel_smoothing = 0.1",
            "label_smoothing",
            "applies to no loss that may be chosen (mse); it is for auto, cross_entropy, binary_cross_entropy",
        ),
        ("huber_delta = { low = 0.1, high = 1.0 }", "huber_delta", "applies to no loss that may be chosen (auto)"),
        (
            "loss = { choices = ['mse', 'mae'] }\nhuber_delta = 0.5",
            "huber_delta",
            "applies to no loss that may be chosen (mse, mae); it is for huber",
        ),
        (
            "loss = 'huber'\nclass_weights = 'balanced'",
            "class_weights",
            "applies to no loss that may be chosen (huber)",
        ),
    ],
)
def test_a_setting_that_applies_to_no_value_of_another_is_named(stated, place, problem):
    found = mistakes_of(stated)
    assert list(found) == [place]
    assert found[place].startswith(problem)


def test_a_setting_beside_one_that_cannot_be_read_is_not_complained_about():
    assert list(mistakes_of("loss = 'hubber'\nhuber_delta = 0.5")) == ["loss"]
    assert list(mistakes_of("los = 'huber'\nhuber_delta = 0.5")) == ["los"]


def test_what_applies_to_some_values_of_another_is_proved_beside_those():
    assert (
        mistakes_of("""
        loss = { choices = ["mse", "huber", "cross_entropy"] }
        huber_delta = { low = 0.1, high = 2.0 }
        label_smoothing = { low = 0.0, high = 0.3 }
    """)
        == {}
    )
