from __future__ import annotations

from typing import Any

import pytest

from tests.study.test_mistakes import edited
from tuner.errors import StudyFileError
from tuner.study.read import read_study, task_mistakes


def refused(tree: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(StudyFileError) as caught:
        read_study(tree, source="sample.toml")
    return [(mistake.place, mistake.problem) for mistake in caught.value.mistakes]


SEVERAL_CLASSES = (
    "auto, cross_entropy, categorical_cross_entropy, sparse_categorical_cross_entropy, kl_divergence, mse, mae"
)


def sample(builtin: str = "digits", metric: str | None = None, loss: Any = "auto") -> dict[str, Any]:
    return {
        "name": "sample",
        "data": {"builtin": builtin},
        "hyperparameters": {"loss": loss},
        "search": {"metric": metric} if metric else {},
    }


@pytest.mark.parametrize(
    ("builtin", "metric", "problem"),
    [
        ("digits", "val_rmse", "but the target is multiclass, for which there are val_log_loss, val_accuracy, "),
        ("breast_cancer", "val_mae", "but the target is binary, for which there are val_log_loss, val_accuracy, "),
        ("diabetes", "val_accuracy", "but the target is regression, for which there are val_rmse, val_mae, val_r2"),
    ],
)
def test_a_metric_of_another_task_is_a_mistake_before_any_data_are_read(builtin, metric, problem):
    ((place, found),) = refused(sample(builtin, metric=metric))
    assert place == "search.metric"
    assert found.startswith(f'is "{metric}", {problem}')


@pytest.mark.parametrize(
    ("builtin", "loss", "place", "fitting"),
    [
        ("digits", "huber", "loss", SEVERAL_CLASSES),
        ("digits", "binary_cross_entropy", "loss", SEVERAL_CLASSES),
        ("breast_cancer", "kl_divergence", "loss", "auto, cross_entropy, binary_cross_entropy, mse, mae"),
        ("diabetes", "cross_entropy", "loss", "auto, mse, mae, huber"),
        ("wine", {"choices": ["auto", "huber"]}, "loss.choices[1]", SEVERAL_CLASSES),
    ],
)
def test_a_loss_of_another_task_is_a_mistake_before_any_data_are_read(builtin, loss, place, fitting):
    ((found, problem),) = refused(sample(builtin, loss=loss))
    assert found == f"hyperparameters.{place}"
    assert problem.endswith(f"for which there are {fitting}")


def test_each_wrong_loss_among_choices_is_named_at_its_own_place():
    places = [
        place for place, _ in refused(sample("digits", loss={"choices": ["huber", "auto", "binary_cross_entropy"]}))
    ]
    assert places == ["hyperparameters.loss.choices[0]", "hyperparameters.loss.choices[2]"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("label_smoothing", 0.1),
        ("label_smoothing", {"low": 0.0, "high": 0.2}),
        ("class_weights", "balanced"),
        ("class_weights", {"choices": ["balanced", "none"]}),
    ],
)
def test_what_is_for_classes_is_a_mistake_beside_a_number(name, value):
    tree = sample("diabetes")
    tree["hyperparameters"][name] = value
    assert refused(tree) == [(f"hyperparameters.{name}", "is for classes, but the target is regression")]
    assert read_study({**tree, "data": {"builtin": "wine"}}, source="")
    tree["hyperparameters"][name] = "none" if name == "class_weights" else 0.0
    assert read_study(tree, source="")


@pytest.mark.parametrize(
    ("builtin", "metric", "loss"),
    [
        ("digits", "val_accuracy", "cross_entropy"),
        ("breast_cancer", "val_log_loss", "auto"),
        ("diabetes", "val_mae", {"choices": ["mse", "mae", "auto"]}),
        ("digits", "val_roc_auc", "auto"),
        ("diabetes", "val_r2", "auto"),
    ],
)
def test_a_metric_and_a_loss_of_the_task_are_fine(builtin, metric, loss):
    assert read_study(sample(builtin, metric, loss), source="").search.metric == metric


def test_a_files_task_is_asked_for_again_when_the_data_are_known():
    tree = {**sample(metric="val_rmse", loss="huber"), "data": {"path": "a.csv", "target": "y"}}
    definition = read_study(tree, source="")
    mistakes = task_mistakes("binary", definition.search.metric, definition.space)
    assert [mistake.place for mistake in mistakes] == ["search.metric", "hyperparameters.loss"]
    assert task_mistakes("regression", definition.search.metric, definition.space) == []


def test_a_metric_of_another_task_is_named_beside_other_mistakes_of_the_data():
    tree = sample(metric="val_rmse")
    tree["data"] |= {"shuffle": True, "validation": 2}
    assert [place for place, _ in refused(tree)] == ["data.validation", "data.shuffle", "search.metric"]


def test_settings_of_the_data_that_do_not_go_together_are_named_beside_other_mistakes():
    tree = sample()
    tree["data"] |= {"path": "a.csv", "validation": 0.5, "test": 0.5, "on_data_change": "ask", "shuffle": True}
    assert {place for place, _ in refused(tree)} == {
        "data.on_data_change",
        "data.shuffle",
        "data.validation",
        "data.path",
    }


def test_a_study_needs_data_and_hyperparameters():
    assert refused({"name": "sample"}) == [
        ("data", "is missing; state a builtin data set, or a path and its target"),
        ("hyperparameters", "is missing; state at least one range or choices to search"),
    ]


def test_a_misspelt_table_is_not_called_missing_as_well():
    tree = sample()
    tree["dta"] = tree.pop("data")
    tree["hyperparameter"] = tree.pop("hyperparameters")
    assert refused(tree) == [
        ("dta", 'is no table or setting here; there are name, seed, data, hyperparameters, search, budget, run, '
                'cluster. Did you mean "data"?'),
        ("hyperparameter", 'is no table or setting here; there are name, seed, data, hyperparameters, search, budget, '
                           'run, cluster. Did you mean "hyperparameters"?'),
    ]  # fmt: skip


def test_a_misspelt_builtin_is_not_called_missing_as_well():
    assert [place for place, _ in refused({**sample(), "data": {"bultin": "digits"}})] == ["data.bultin"]


def test_a_path_needs_a_target():
    assert refused({**sample(), "data": {"path": "a.csv"}}) == [
        ("data.target", "is missing: name the column of a.csv to predict")
    ]


@pytest.mark.parametrize("name", ["", "a b", "../a", "-a", 3, ["a"], "é"])
def test_a_name_is_plain_letters_and_digits(name):
    ((place, problem),) = refused({**sample(), "name": name})
    assert place == "name"
    assert problem.endswith("but should be of letters, digits, dots, dashes and underscores")


def test_tables_that_come_from_no_file_need_a_name():
    tree = sample()
    del tree["name"]
    assert refused(tree) == [("name", "is missing; it should be of letters, digits, dots, dashes and underscores")]
    assert read_study(tree, source="", stem="small").name == "small"


@pytest.mark.parametrize("seed", [-1, 1.0, "1", True])
def test_a_seed_is_a_whole_number_from_0(seed):
    assert [place for place, _ in refused({**sample(), "seed": seed})] == ["seed"]


def test_mistakes_come_in_the_order_of_the_files_tables():
    tree = edited([]) | {"zzz": 1, "seed": -1, "budget": {"trials": 0}, "run": {"a": 1}, "search": {"a": 1}}
    tree["data"]["a"] = 1
    tree["hyperparameters"]["a"] = 1
    places = [place for place, _ in refused(tree)]
    assert places == ["zzz", "seed", "data.a", "hyperparameters.a", "search.a", "budget.trials", "run.a"]


def test_the_error_has_a_line_for_each_mistake_with_the_file():
    with pytest.raises(StudyFileError) as caught:
        read_study({**sample(), "seed": -1, "name": 3}, source="studies/a.toml")
    assert str(caught.value).splitlines() == [
        "studies/a.toml: name is 3, but should be of letters, digits, dots, dashes and underscores",
        "studies/a.toml: seed is -1, but should be a whole number, at least 0",
    ]
