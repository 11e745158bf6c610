from __future__ import annotations

import json
import tomllib

import pytest

from tests.study.test_mistakes import VALID, edited
from tests.study.toml_text import toml_text
from tuner.hyperparameters import OPTIMIZERS
from tuner.study.definition import StudyDefinition, differences, fingerprint
from tuner.study.read import read_study
from tuner.study.search_settings import SearchSettings


def study(**changes) -> StudyDefinition:
    """The valid study with other values at some dotted places, such as `search__metric`."""
    tree = edited([])
    for place, value in changes.items():
        *path, last = place.split("__")
        here = tree
        for part in path:
            here = here[part]
        here[last] = value
    return read_study(tree, source="sample.toml")


def reordered(tree):
    if isinstance(tree, dict):
        return {name: reordered(value) for name, value in reversed(tree.items())}
    return tree


SAME = study()


def test_the_meaning_does_not_depend_on_the_order_of_the_file():
    other = read_study(reordered(VALID), source="elsewhere.toml")
    assert other.meaning == SAME.meaning
    assert other.fingerprint == SAME.fingerprint


def test_the_meaning_is_the_same_after_a_way_through_json():
    assert json.loads(json.dumps(SAME.meaning)) == SAME.meaning


def test_the_same_file_written_twice_has_one_fingerprint():
    assert read_study(tomllib.loads(toml_text(VALID)), source="").fingerprint == SAME.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"budget__trials": 7},
        {"budget__time": "1h"},
        {"search__sampler": "random"},
        {"search__pruner": "none"},
        {"search__retries": 0},
        {"run__storage": "sqlite:///other.db"},
        {"name": "renamed"},
    ],
)
def test_budget_sampler_pruner_and_storage_do_not_change_what_a_study_means(change):
    assert study(**change).meaning == SAME.meaning
    assert study(**change).fingerprint == SAME.fingerprint


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"seed": 21}, "seed: was 20, now 21"),
        ({"data__builtin": "wine"}, 'data.builtin: was "digits", now "wine"'),
        ({"data__validation": 0.3}, "data.validation: was 0.2, now 0.3"),
        ({"data__repeats": 5}, "data.repeats: was 1, now 5"),
        ({"search__metric": "val_accuracy"}, 'search.metric: was "val_log_loss", now "val_accuracy"'),
        ({"hyperparameters__batch_size": 64}, "hyperparameters.batch_size: was 32, now 64"),
        (
            {"hyperparameters__layers__l2": {"low": 1e-8, "high": 1e-2, "log": True}},
            'hyperparameters.layers.l2: was {"low": 0.0, "high": 0.01}, now {"low": 1e-08, "high": 0.01, "log": true}',
        ),
        (
            {"hyperparameters__layers__initializer": "auto"},
            'hyperparameters.layers.initializer: was {"choices": ["auto", "he_normal"]}, now "auto"',
        ),
    ],
)
def test_data_split_seed_metric_and_hyperparameters_change_what_a_study_means(change, difference):
    changed = study(**change)
    assert changed.fingerprint != SAME.fingerprint
    assert differences(SAME.meaning, changed.meaning) == [difference]


def test_differences_name_what_is_new_and_what_is_gone():
    assert differences({"a": 1, "b": 2}, {"b": 2, "c": [3]}) == ["a: was 1, now absent", "c: new, [3]"]
    assert differences(SAME.meaning, SAME.meaning) == []


def test_the_fingerprint_of_a_plain_meaning_does_not_depend_on_its_order():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_a_step_and_a_list_are_part_of_the_meaning():
    definition = study(
        hyperparameters__epochs={"low": 10, "high": 40, "step": 10},
        hyperparameters__schedule={"kind": "piecewise", "boundaries": [5], "values": {"choices": [[0.1], [0.2]]}},
    )
    assert definition.meaning["hyperparameters.epochs"] == {"low": 10, "high": 40, "step": 10}
    assert definition.meaning["hyperparameters.schedule.boundaries"] == [5]
    assert definition.meaning["hyperparameters.schedule.values"] == {"choices": [[0.1], [0.2]]}


@pytest.mark.parametrize(
    ("task", "metric", "direction"),
    [
        ("binary", "val_log_loss", "minimize"),
        ("multiclass", "val_log_loss", "minimize"),
        ("regression", "val_rmse", "minimize"),
    ],
)
def test_each_task_has_a_metric_where_a_study_states_none(task, metric, direction):
    plain = StudyDefinition("sample", SAME.data, SAME.space)
    assert (plain.metric(task), plain.direction(task)) == (metric, direction)


def test_a_stated_metric_brings_its_direction():
    accurate = StudyDefinition("sample", SAME.data, SAME.space, SearchSettings(metric="val_accuracy"))
    assert (accurate.metric("binary"), accurate.direction("binary")) == ("val_accuracy", "maximize")


def test_every_optimizer_may_be_chosen_at_once():
    kinds = {"kind": {"choices": list(OPTIMIZERS)}}
    assert study(hyperparameters__optimizer=kinds).meaning["hyperparameters.optimizer.kind"] == kinds["kind"]
