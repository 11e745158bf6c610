"""Known-good configurations are tried first, once, and as far as the space has them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState
from sqlalchemy.engine import URL

from tests.contracts.small_tables import prepared
from tests.search.fake_trainer import FakeLanes, FakeTrainer, loop_of, small_study
from tuner.hyperparameters import Hyperparameters
from tuner.search.block_storage import BlockStorage
from tuner.search.portfolio import PORTFOLIO
from tuner.search.starting_points import QUEUED, STARTING_POINT, queue_starting_points, starting_points
from tuner.search.storage import opened_backend
from tuner.search.studies import join_study
from tuner.study.definition import StudyDefinition
from tuner.study.read import read_study
from tuner.training.job import MAIN_DATA

WIDE: Mapping[str, Any] = {
    "batch_size": {"low": 8, "high": 1024},
    "preprocessing": {"scaler": {"choices": ["standard", "quantile"]}},
    "layers": {
        "depth": {"low": 1, "high": 12},
        "width": {"low": 4, "high": 1024},
        "activation": {"choices": ["relu", "elu", "selu", "tanh"]},
        "initializer": {"choices": ["auto", "he_normal", "lecun_normal", "glorot_uniform"]},
        "dropout": {"low": 0.0, "high": 0.5},
        "dropout_kind": {"choices": ["plain", "alpha"]},
        "l1": {"low": 0.0, "high": 0.1},
        "l2": {"low": 0.0, "high": 0.1},
    },
    "normalization": {"kind": {"choices": ["none", "before", "after"]}},
    "optimizer": [
        {"kind": "sgd", "learning_rate": {"low": 1e-5, "high": 1.0}, "momentum": {"low": 0.0, "high": 0.99}},
        {
            "kind": "adam",
            "learning_rate": {"low": 1e-5, "high": 1.0},
            "beta_1": {"low": 0.5, "high": 0.99},
            "beta_2": {"low": 0.5, "high": 0.9999},
            "epsilon": {"low": 1e-9, "high": 0.1},
        },
        {
            "kind": "adamw",
            "learning_rate": {"low": 1e-5, "high": 1.0},
            "weight_decay": {"low": 0.0, "high": 0.1},
        },
    ],
    "schedule": [
        {"kind": "constant"},
        {"kind": "cosine_restarts", "period": {"low": 1, "high": 50}, "growth": {"low": 1, "high": 3}},
    ],
}
"""A space with room for whatever a point can say today."""


def wide_study(**settings: Any) -> StudyDefinition:
    raw = {"name": "wide", "data": {"builtin": "wine"}, "hyperparameters": {"epochs": 4, **WIDE}, "search": settings}
    return read_study(raw, source="wide.toml")


def listed(tables: Any) -> list[Any]:
    return tables if isinstance(tables, list) else [tables]


def queued(storage: BlockStorage, definition: StudyDefinition) -> Any:
    study = join_study(storage, definition, prepared())
    queue_starting_points(study, definition)
    return study


def names_of(study: Any) -> list[str | None]:
    return [trial.user_attrs.get(STARTING_POINT) for trial in study.get_trials(deepcopy=False)]


def run(storage: BlockStorage, definition: StudyDefinition, trainer: FakeTrainer, *, trials: int) -> None:
    queued(storage, definition)
    lanes = trainer.lanes if isinstance(trainer, FakeLanes) else 1
    loop_of(storage, definition, trials=trials, lanes=lanes).run(trainer, {MAIN_DATA: prepared()})


@pytest.mark.parametrize("name", PORTFOLIO)
def test_a_wide_space_takes_a_point_as_it_is(name):
    [(_, params)] = starting_points(wide_study().space, {name: PORTFOLIO[name]})
    point = PORTFOLIO[name]
    optimizer, schedule = listed(point["optimizer"])[0], point["schedule"][0]

    assert params["optimizer.kind"] == optimizer["kind"]
    assert params[f"optimizer.{optimizer['kind']}.learning_rate"] == optimizer["learning_rate"]
    assert params["schedule.kind"] == schedule["kind"]
    assert params["batch_size"] == point["batch_size"]
    if "normalization" in point:
        assert params["normalization.kind"] == point["normalization"]["kind"]
    for setting in ("depth", "width", "activation", "initializer", "dropout", "dropout_kind", "l1", "l2"):
        assert params.get(f"layers.{setting}") == point["layers"].get(setting)


@pytest.mark.parametrize("name", PORTFOLIO)
def test_a_point_is_a_configuration_that_can_be(name):
    point = dict(PORTFOLIO[name])
    for optimizer, schedule in product(listed(point["optimizer"]), listed(point["schedule"])):
        stated = {**point, "optimizer": optimizer, "schedule": schedule}
        stated.pop("momentum", None)
        Hyperparameters.model_validate(stated)
        for momentum in listed(point.get("momentum", [])):
            others = {key: value for key, value in optimizer.items() if key not in ("momentum", "beta_1")}
            Hyperparameters.model_validate({**stated, "optimizer": others, "momentum": momentum})


def test_the_documentation_tells_every_point_in_its_order():
    page = (Path(__file__).parents[2] / "docs" / "starting-points.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*)", page, re.MULTILINE)
    assert [name for name, _ in rows] == list(PORTFOLIO)
    for name, row in rows:
        layers = PORTFOLIO[name]["layers"]
        assert f"{layers['depth']} x {layers['width']}, {layers['activation']}" in row
        assert f"batch {PORTFOLIO[name]['batch_size']}" in row


def test_the_point_of_scikit_learn_has_its_defaults():
    from sklearn.neural_network import MLPClassifier

    theirs, ours = MLPClassifier().get_params(), PORTFOLIO["scikit-learn"]
    assert theirs["hidden_layer_sizes"] == (ours["layers"]["width"],) * ours["layers"]["depth"]
    assert (theirs["activation"], theirs["solver"]) == (ours["layers"]["activation"], ours["optimizer"]["kind"])
    assert theirs["learning_rate_init"] == ours["optimizer"]["learning_rate"]
    assert [theirs[name] for name in ("beta_1", "beta_2", "epsilon")] == [
        ours["optimizer"][name] for name in ("beta_1", "beta_2", "epsilon")
    ]
    assert theirs["alpha"] / 2 / ours["batch_size"] == pytest.approx(ours["layers"]["l2"])


def test_the_point_of_keras_has_its_defaults():
    import keras

    ours, adam = PORTFOLIO["keras"], keras.optimizers.Adam()
    assert float(adam.learning_rate) == pytest.approx(ours["optimizer"]["learning_rate"])
    assert (adam.beta_1, adam.beta_2) == (ours["optimizer"]["beta_1"], ours["optimizer"]["beta_2"])
    kernel = inspect.signature(keras.layers.Dense).parameters["kernel_initializer"].default
    assert kernel == ours["layers"]["initializer"]


def test_points_that_come_to_the_same_are_tried_once_and_those_that_fix_nothing_never():
    study = small_study(hyperparameters={"layers": {"depth": 1, "width": {"low": 32, "high": 100}}})
    points = {
        "one": {"layers": {"depth": 3, "width": 100}},
        "same": {"layers": {"depth": 2, "width": 512}},
        "nothing": {"layers": {"depth": 2}, "batch_size": 9},
        "other": {"layers": {"width": 64}},
    }

    assert dict(starting_points(study.space, points)) == {"one": {"layers.width": 100}, "other": {"layers.width": 64}}


def test_a_point_has_one_width_where_a_space_has_several():
    layers = {"depth": {"low": 1, "high": 3}, "width": {"low": 8, "high": 64}, "width_3": {"low": 4, "high": 32}}
    study = small_study(hyperparameters={"layers": layers})
    [(_, params)] = starting_points(study.space, {"one": {"layers": {"depth": 3, "width": 48}}})
    assert params == {"layers.depth": 3, "layers.width": 48, "layers.width_3": 32}


def test_a_new_studys_first_trials_are_its_starting_points_in_their_order(storage):
    trainer = FakeTrainer()
    run(storage, wide_study(), trainer, trials=len(PORTFOLIO) + 2)

    study = join_study(storage, wide_study(), prepared())
    assert names_of(study) == [*PORTFOLIO, None, None]
    assert [job.number for job in trainer.jobs] == list(range(len(PORTFOLIO) + 2))
    first = trainer.jobs[0].hyperparameters
    assert (first.layers.depth, first.layers.width, first.layers.activation) == (2, 128, "elu")
    assert (first.optimizer.kind, first.optimizer.learning_rate, first.batch_size) == ("adam", 0.001, 32)
    assert {trial.state for trial in study.trials} <= {TrialState.COMPLETE, TrialState.PRUNED}


def test_starting_points_fill_the_first_lanes_together(storage):
    trainer = FakeLanes(lanes=4)
    run(storage, wide_study(), trainer, trials=6)

    assert [job.number for job in trainer.jobs][:4] == [0, 1, 2, 3]
    assert {trainer.jobs[k].hyperparameters.layers.activation for k in range(4)} == {"elu", "selu", "relu"}


@pytest.mark.parametrize("sampler", ["tpe", "random", "cmaes", "nsga2", "qmc"])
def test_two_runs_try_the_same_first_trials(sampler, tmp_path):
    seen = []
    for run_number in range(2):
        url = URL.create("sqlite", database=str(tmp_path / f"{run_number}.db"))
        with opened_backend(url) as backend, closing(BlockStorage(backend)) as storage:
            definition = wide_study(sampler=sampler)
            run(storage, definition, FakeTrainer(), trials=len(PORTFOLIO) + 3)
            study = join_study(storage, definition, prepared())
            seen.append([trial.params for trial in study.get_trials(deepcopy=False)])
            for trial, point in zip(study.get_trials(deepcopy=False), PORTFOLIO.values(), strict=False):
                assert trial.params["batch_size"] == point["batch_size"]
    assert seen[0] == seen[1]


def test_another_worker_and_a_study_that_goes_on_do_not_get_them_again(storage):
    definition = wide_study()
    queued(storage, definition)
    assert names_of(queued(storage, definition)) == list(PORTFOLIO)

    run(storage, definition, FakeTrainer(), trials=len(PORTFOLIO) + 1)
    assert names_of(queued(storage, definition)) == [*PORTFOLIO, None]


def test_what_was_broken_off_while_they_were_queued_is_made_up_for(storage):
    definition = wide_study()
    study = join_study(storage, definition, prepared())
    for name, params in list(starting_points(definition.space))[:3]:
        study.enqueue_trial(params, user_attrs={STARTING_POINT: name})

    assert names_of(queued(storage, definition)) == list(PORTFOLIO)
    assert study.user_attrs[QUEUED] is True


def test_a_study_with_trials_from_before_there_were_starting_points_goes_on_without(storage):
    loop_of(storage, wide_study(), trials=2).run(FakeTrainer(), {MAIN_DATA: prepared()})

    assert names_of(queued(storage, wide_study())) == [None, None]


def test_they_can_be_switched_off(storage):
    assert names_of(queued(storage, wide_study(starting_points=False))) == []


def test_a_grid_has_none(storage):
    definition = small_study(
        sampler="grid",
        starting_points=True,
        hyperparameters={
            "optimizer": {"kind": {"choices": ["sgd", "adam"]}},
            "momentum": {"kind": "constant", "initial": 0.5},
        },
    )

    assert list(starting_points(definition.space))
    assert names_of(queued(storage, definition)) == []


def test_what_a_starting_point_leaves_open_is_the_samplers(storage):
    definition = small_study(starting_points=True)
    run(storage, definition, FakeTrainer(), trials=3)

    # SGD is the one optimizer of the space that any point has.
    trials = join_study(storage, definition, prepared()).get_trials(deepcopy=False)
    assert [trial.user_attrs.get(STARTING_POINT) for trial in trials] == ["lecun-selu-sgd", None, None]
    assert trials[0].params == {"optimizer.kind": "sgd", "optimizer.learning_rate": 0.01, "momentum.start": 0.9}
