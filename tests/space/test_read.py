from __future__ import annotations

import pytest

from tests.space.spaces import mistakes_of, space_of
from tuner.hyperparameters import OPTIMIZERS
from tuner.space import Choices, Fixed, Kinds, Range, leaves, searched

EVERY_OPTIMIZER = f"kind = {{ choices = {list(OPTIMIZERS)} }}"


def test_a_value_a_range_and_choices_are_told_apart():
    space = space_of("""
        batch_size = 32
        layers.width = { low = 16, high = 256, log = true }
        layers.dropout = { low = 0, high = 0.5, step = 0.1 }
        layers.activation = { choices = ["relu", "elu"] }
    """)
    assert leaves(space) == {
        "batch_size": Fixed(32),
        "layers.width": Range(16, 256, log=True),
        "layers.dropout": Range(0.0, 0.5, step=0.1),
        "layers.activation": Choices(("relu", "elu")),
    }
    assert list(searched(space)) == ["layers.width", "layers.activation", "layers.dropout"]


def test_a_range_is_of_whole_numbers_where_the_setting_is_one():
    space = space_of("layers.depth = { low = 1, high = 3 }\nlayers.l2 = { low = 0, high = 1 }")
    assert leaves(space)["layers.depth"].integer
    assert not leaves(space)["layers.l2"].integer


def test_a_range_may_hold_a_single_number():
    assert leaves(space_of("epochs = { low = 5, high = 5 }"))["epochs"] == Range(5, 5)


def test_a_setting_that_is_a_list_itself_is_no_list_of_choices():
    space = space_of("""
        [schedule]
        kind = "piecewise"
        boundaries = [5, 10]
        values = { choices = [[0.01, 0.001], [0.02, 0.002]] }
    """)
    assert leaves(space)["schedule.boundaries"] == Fixed((5, 10))
    assert leaves(space)["schedule.values"] == Choices(((0.01, 0.001), (0.02, 0.002)))


def test_what_a_study_leaves_out_is_not_in_the_space():
    assert leaves(space_of("")) == {}


def test_a_setting_stated_for_all_kinds_is_one_parameter_for_those_that_have_it():
    space = space_of("""
        [optimizer]
        kind = { choices = ["sgd", "adam", "adagrad"] }
        epsilon = { low = 1e-8, high = 1e-4, log = true }
    """)
    optimizer = space.entries["optimizer"]
    assert isinstance(optimizer, Kinds)
    assert optimizer.names == ("sgd", "adam", "adagrad")
    assert optimizer.uses == {"sgd": (), "adam": ("epsilon",), "adagrad": ("epsilon",)}
    assert set(searched(space)) == {"optimizer.kind", "optimizer.epsilon"}


def test_adadelta_keeps_its_own_rate_beside_others_unless_its_own_table_states_one():
    shared = f"[optimizer]\n{EVERY_OPTIMIZER}\nlearning_rate = {{ low = 1e-4, high = 0.3, log = true }}\n"
    optimizer = space_of(shared).entries["optimizer"]
    assert "learning_rate" not in optimizer.uses["adadelta"]
    assert all("learning_rate" in optimizer.uses[kind] for kind in OPTIMIZERS if kind != "adadelta")

    own = space_of(shared + "adadelta = { learning_rate = { low = 0.1, high = 1.0 } }").entries["optimizer"]
    assert own.own["adadelta"]["learning_rate"] == Range(0.1, 1.0)


def test_adadelta_alone_takes_the_rate_of_its_table():
    optimizer = space_of('[optimizer]\nkind = "adadelta"\nlearning_rate = 0.5').entries["optimizer"]
    assert optimizer.uses["adadelta"] == ("learning_rate",)


def test_a_kinds_own_table_wins_over_what_is_stated_for_all():
    optimizer = space_of("""
        [optimizer]
        kind = { choices = ["sgd", "adam"] }
        learning_rate = 0.01
        [optimizer.sgd]
        learning_rate = 0.1
    """).entries["optimizer"]
    assert optimizer.uses == {"sgd": (), "adam": ("learning_rate",)}
    assert optimizer.own["sgd"] == {"learning_rate": Fixed(0.1)}


def test_a_list_of_tables_is_a_choice_of_kinds_with_settings_of_their_own():
    space = space_of("""
        [[schedule]]
        kind = "iir"
        alpha = { low = 0.5, high = 1.0 }
        [[schedule]]
        kind = "exponential"
        rate = 0.9
    """)
    assert leaves(space) == {
        "schedule.kind": Choices(("iir", "exponential")),
        "schedule.iir.alpha": Range(0.5, 1.0),
        "schedule.exponential.rate": Fixed(0.9),
    }


@pytest.mark.parametrize(
    ("toml", "place", "problem"),
    [
        ("batch_size = '32'", "batch_size", 'is "32", but should be a whole number'),
        ("batch_size = true", "batch_size", "is true, but should be a whole number"),
        ("layers.dropout = 1", "layers.dropout", "is 1, but should be below 1"),
        ("layers.l1 = nan", "layers.l1", "is nan, but should be a finite number"),
        ("layers = 3", "layers", "is 3, but should be a table of depth, width, width_2"),
        (
            "layers.depth = { low = 3, high = 1 }",
            "layers.depth",
            "has low 3 above high 1; low should be the lesser",
        ),
        ("layers.depth = { low = 1 }", "layers.depth.high", "is missing, but a range needs low and high"),
        (
            "layers.depth = { low = 1, hgih = 3 }",
            "layers.depth.hgih",
            'is no part of a range here; there are low, high, log, step. Did you mean "high"?',
        ),
        (
            "layers.l1 = { low = 0, high = 1, log = true }",
            "layers.l1.low",
            "is 0, but should be above 0 where log = true",
        ),
        ("layers.l1 = { low = 0, high = 1, log = 1 }", "layers.l1.log", "is 1, but should be true or false"),
        (
            "layers.l1 = { low = 0.5, high = 1, log = true, step = 0.1 }",
            "layers.l1.step",
            "does not go with log = true; leave one of them out",
        ),
        (
            "layers.depth = { low = 1, high = 3, step = 4 }",
            "layers.depth.step",
            "is 4, but should be at most high - low, 2",
        ),
        (
            "layers.depth = { low = 1, high = 3, step = 0.5 }",
            "layers.depth.step",
            "is 0.5, but should be a whole number above 0",
        ),
        (
            "layers.l1 = { low = 0, high = 1, step = nan }",
            "layers.l1.step",
            "is nan, but should be a number above 0",
        ),
        (
            "layers.activation = { low = 1, high = 2 }",
            "layers.activation",
            "is a range, but only numbers have one; should be a value or { choices = [...] }",
        ),
        ("layers.depth = { choices = [] }", "layers.depth.choices", "is [], but should be a list of values"),
        ("layers.depth = { choices = 3 }", "layers.depth.choices", "is 3, but should be a list of values"),
        ("layers.depth = { choices = [1, 0] }", "layers.depth.choices[1]", "is 0, but should be at least 1"),
        ("layers.l1 = { choices = [0, 0.0] }", "layers.l1.choices", "states a value twice: [0, 0.0]"),
        (
            "layers.depth = { choices = [1], low = 1 }",
            "layers.depth.low",
            "does not go with choices; state either a range or choices",
        ),
        (
            "layers.depth = [1, 2]",
            "layers.depth",
            "is [1, 2], but should be a value, a range { low = ..., high = ... } or { choices = [...] }",
        ),
        (
            "layers.activation = ['relu']",
            "layers.activation",
            'is ["relu"], but should be a value or { choices = [...] }',
        ),
        ("batchsize = 3", "batchsize", "is no setting here; there are batch_size, epochs, loss"),
        ("loss = 'mean'", "loss", 'is "mean", but should be one of auto, cross_entropy, binary_cross'),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_found_and_what_would_do(toml, place, problem):
    found = mistakes_of(toml)
    assert list(found) == [place]
    assert found[place].startswith(problem)


@pytest.mark.parametrize(
    ("toml", "place", "problem"),
    [
        (
            "schedule = 'cosine'",
            "schedule",
            'is "cosine", but should be a table such as { kind = "cosine" }, or a list',
        ),
        ("schedule = []", "schedule", "is an empty list, but should hold at least one table with a kind"),
        ("schedule = ['iir']", "schedule[0]", 'is "iir", but should be a table such as { kind = "iir" }'),
        ("schedule = [{ alpha = 0.5 }]", "schedule[0].kind", "is missing; it should be one of constant, iir"),
        ("schedule = {}", "schedule.kind", "is missing; it should be one of constant, iir"),
        ("schedule.kind = 'cosin'", "schedule.kind", 'is "cosin", but should be one of constant, iir'),
        ("schedule.kind = ['cosine']", "schedule.kind", 'is ["cosine"], but should be one of constant, iir'),
        ("schedule.knid = 'cosine'", "schedule.knid", "is no setting here; there are kind, "),
        ("schedule.kind = { choices = [] }", "schedule.kind.choices", "is [], but should be a list of kinds"),
        (
            "schedule.kind = { choices = ['cosine', 'linaer'] }",
            "schedule.kind.choices[1]",
            'is "linaer", but should be one of constant, iir',
        ),
        (
            "schedule.kind = { choices = ['cosine', 'cosine'] }",
            "schedule.kind.choices",
            'states a kind twice: ["cosine", "cosine"]',
        ),
        (
            "schedule.kind = { choices = ['cosine'], low = 1 }",
            "schedule.kind.low",
            "does not go with choices",
        ),
        (
            "schedule = [{ kind = 'cosine' }, { kind = 'cosine' }]",
            "schedule[1].kind",
            'is "cosine" for the second time; one table for each kind',
        ),
        ("schedule.kind = 'iir'", "schedule.alpha", "is missing, but iir needs it. Memory of the filter"),
        ("schedule = [{ kind = 'iir' }]", "schedule[0].alpha", "is missing, but iir needs it. Memory of the filter"),
        (
            "schedule = { kind = { choices = ['iir', 'constant'] } }",
            "schedule.iir.alpha",
            "is missing, but iir needs it",
        ),
        ("schedule = { kind = 'iir', aplha = 0.5 }", "schedule.aplha", "is no setting here; there are kind, minimum"),
        ("schedule = [{ kind = 'iir', aplha = 0.5 }]", "schedule[0].aplha", "is no setting here; there are kind"),
        ("schedule = { kind = 'constant', foo = 1 }", "schedule.foo", "is no setting here; there are kind."),
        (
            "optimizer = { kind = 'sgd', beta_1 = 0.9 }",
            "optimizer.beta_1",
            "is no setting of sgd, but of adam, nadam, adamax or adamw",
        ),
        (
            "optimizer = { kind = 'sgd', adam = { beta_1 = 0.9 } }",
            "optimizer.adam",
            "is for a kind that is not chosen (sgd)",
        ),
        ("optimizer = { kind = 'sgd', adam = 3 }", "optimizer.adam", "is for a kind that is not chosen (sgd)"),
        ("optimizer = { kind = 'sgd', sgd = 3 }", "optimizer.sgd", "is 3, but should be a table with settings of sgd"),
        (
            "optimizer = { kind = { choices = ['sgd', 'adam'] }, sgd = { nesterof = true } }",
            "optimizer.sgd.nesterof",
            'is no setting here; there are kind, learning_rate, momentum, nesterov. Did you mean "nesterov"?',
        ),
        (
            "optimizer = { kind = { choices = ['sgd', 'adadelta'] }, learning_rate = 1, sgd = { learning_rate = 2 } }",
            "optimizer.learning_rate",
            "is used by no kind that may be chosen (sgd, adadelta)",
        ),
        (
            "optimizer.kind = 'adagrad'\nmomentum = { kind = 'constant', initial = 0.9 }",
            "momentum",
            "applies to no optimizer that may be chosen (adagrad); it is for sgd, rmsprop, adam",
        ),
        (
            "layers = { depth = { low = 1, high = 2 }, width_3 = 16 }",
            "layers.width_3",
            "applies from depth = 3 on, but that is at most 2; raise that, or take this out",
        ),
        (
            "layers.width_4 = { low = 4, high = 8 }",
            "layers.width_4",
            "applies from depth = 4 on, but that is at most 2",
        ),
        ("layers = { depth = { choices = [1, 3] }, width_4 = 8 }", "layers.width_4", "applies from depth = 4 on"),
    ],
)
def test_a_wrong_table_of_a_kind_is_named_with_what_was_found_and_what_would_do(toml, place, problem):
    found = mistakes_of(toml)
    assert list(found) == [place]
    assert found[place].startswith(problem)


def test_a_table_of_unknown_kind_is_still_checked_for_what_is_wrong_with_every_kind():
    found = mistakes_of("""
        [optimizer]
        kind = "adamm"
        learning_rate = -1
        beta_1 = 0.9
        amsgrad = true
        sgd = { nesterov = "yes" }
    """)
    assert set(found) == {
        "optimizer.kind",
        "optimizer.learning_rate",
        "optimizer.amsgrad",
        "optimizer.sgd.nesterov",
    }


def test_a_setting_of_a_misspelt_kind_is_not_called_foreign():
    found = mistakes_of("""
        momentum = { kind = "constant", initial = 0.9 }
        [optimizer]
        kind = { choices = ["sdg", "adagrad"] }
        nesterov = true
        sgd = { nesterov = true }
    """)
    assert list(found) == ["optimizer.kind.choices[0]"]


def test_a_table_that_repeats_a_kind_is_still_read():
    found = mistakes_of("schedule = [{ kind = 'iir', alpha = 1 }, { kind = 'iir', alpha = 2 }]")
    assert set(found) == {"schedule[1].kind", "schedule[1].alpha"}


def test_all_mistakes_are_named_at_once():
    found = mistakes_of("""
        batch_size = 0
        epochs = "many"
        layers = { depth = { low = 2, high = 1 }, widht = 3 }
        optimizer = { kind = "sgd", nesterov = 1 }
        schedule = { kind = "iir" }
    """)
    assert set(found) == {
        "batch_size",
        "epochs",
        "layers.depth",
        "layers.widht",
        "optimizer.nesterov",
        "schedule.alpha",
    }
