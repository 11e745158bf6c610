"""Studies whose trials start from an exported model, and studies that only `fit` can search."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import optuna
import pytest
from sqlalchemy.engine import URL

from tests.search.fake_trainer import FakeTrainer
from tuner.actions.check import check
from tuner.actions.objective import keras_objective
from tuner.actions.search import search
from tuner.actions.workers import search_with_workers
from tuner.errors import StudyError, StudyFileError
from tuner.study.read import read_study
from tuner.training.transfer_file import read_transfer_model

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")

FEATURES = 13
"""Of the data set `wine`."""


def saved(path: Path, *, widths: tuple[int, ...] = (6, 6), features: int = FEATURES, seed: int = 0) -> keras.Model:
    path.parent.mkdir(exist_ok=True)
    layers = [keras.layers.Dense(width, activation="tanh", name=f"first_{n}") for n, width in enumerate(widths)]
    model = keras.Sequential([keras.Input((features,)), *layers, keras.layers.Dense(3, name="end")])
    draw = np.random.RandomState(seed)
    model.set_weights([draw.normal(size=weights.shape) for weights in model.get_weights()])
    model.save(path)
    return model


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    saved(folder / "models" / "first.keras")
    saved(folder.parent / f"{folder.name}-outside.keras")
    return folder


@pytest.fixture(scope="module", autouse=True)
def each_file_is_read_once() -> Iterator[None]:
    """Each reading takes a process with Keras in it; what the same content comes to is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tuner.actions.transferring.read_transfer_model", cache(read_transfer_model))
        yield


def study(transfer: dict[str, Any] | None = None, **hyperparameters: Any) -> Any:
    tables = {
        "data": {"builtin": "wine"},
        "hyperparameters": {
            "epochs": 2,
            "layers": {"depth": 2, "width": 6},
            "optimizer": {"kind": "adam", "learning_rate": {"low": 1e-3, "high": 1e-1, "log": True}},
            **({} if transfer is None else {"transfer": {"model": "models/first.keras", **transfer}}),
            **hyperparameters,
        },
        "search": {"starting_points": False},
        "budget": {"trials": 2},
    }
    return read_study(tables, source="studies/small.toml", stem="small")


def refused(root: Path, definition: Any, *words: str) -> None:
    url = URL.create("sqlite", database=str(root / "none.db"))
    with pytest.raises(StudyFileError) as error:
        search(definition, root=root, storage=url, trainer=FakeTrainer())
    for word in words:
        assert word in str(error.value)
    assert not (root / "none.db").exists(), "nothing is written"


def test_a_search_by_fit_trains_such_trials(root: Path, tmp_path: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "trials.db"))
    definition = study({"layers": {"low": 0, "high": 2}, "frozen_epochs": 1}, pretraining={"epochs": 1})
    end = search(definition, root=root, storage=url, trainer="fit")
    assert (end.summary.trials.complete, end.summary.trials.failed) == (2, 0)


def test_a_study_goes_on_only_with_the_very_model_that_it_began_with(root: Path, tmp_path: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "trials.db"))
    saved(root / "models" / "changing.keras")
    definition = study({"model": "models/changing.keras"})
    search(definition, root=root, storage=url, trainer=FakeTrainer(), trials=1)
    search(definition, root=root, storage=url, trainer=FakeTrainer(), trials=2)
    saved(root / "models" / "changing.keras", seed=1)
    with pytest.raises(StudyError, match=r"files\.models/changing\.keras: was"):
        search(definition, root=root, storage=url, trainer=FakeTrainer(), trials=3)


def test_trials_get_the_weights_that_the_file_holds(root: Path) -> None:
    path = root / "models" / "first.keras"
    found = read_transfer_model(path.read_bytes(), "first")
    expected = keras.saving.load_model(path)
    assert [layer.name for layer in found.layers] == ["first_0", "first_1"]
    for layer in found.layers:
        kernel, bias = expected.get_layer(layer.name).get_weights()
        np.testing.assert_array_equal(layer.kernel, kernel)
        np.testing.assert_array_equal(layer.bias, bias)


@pytest.mark.parametrize(
    ("hyperparameters", "places"),
    [
        ({"transfer": {"model": "models/first.keras"}}, ["hyperparameters.transfer"]),
        ({"pretraining": {"epochs": {"low": 0, "high": 2}}}, ["hyperparameters.pretraining"]),
    ],
)
def test_lanes_are_refused_before_anything_begins(
    root: Path, hyperparameters: dict[str, Any], places: list[str]
) -> None:
    url = URL.create("sqlite", database=str(root / "none.db"))
    for start in (search, lambda *given, **named: search_with_workers(*given, 2, **named)):
        with pytest.raises(StudyFileError, match="search with --trainer fit") as error:
            start(study(**hyperparameters), root=root, storage=url)  # type: ignore[operator]
        assert [mistake.place for mistake in error.value.mistakes] == places
    assert not (root / "none.db").exists()


@pytest.mark.thorough
def test_tables_that_no_trial_uses_leave_the_trainer_free(root: Path, tmp_path: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "trials.db"))
    definition = study({"layers": 0}, pretraining={"epochs": 0})
    assert search(definition, root=root, storage=url, trainer="lanes", lanes=2).summary.trials.complete == 2


def test_a_check_names_the_trainer(tmp_path: Path) -> None:
    text = '[data]\nbuiltin = "wine"\n[hyperparameters]\nbatch_size = { low = 8, high = 16 }\n'
    (tmp_path / "s.toml").write_text(text + "[hyperparameters.pretraining]\nepochs = 3\n")
    advice = check(str(tmp_path / "s.toml"), root=tmp_path).advice
    assert "hyperparameters.pretraining is for Keras' own fit: search with --trainer fit" in advice


def test_more_layers_than_there_are_are_refused(root: Path) -> None:
    refused(
        root,
        study({"layers": 3}, layers={"depth": 3, "width": 6}),
        "hyperparameters.transfer.layers is up to 3, but models/first.keras has 2 hidden Dense layers before",
        "its output; take at most 2",
    )


def test_other_features_are_refused_with_both_numbers(root: Path) -> None:
    saved(root / "models" / "narrow.keras", features=5)
    refused(
        root,
        study({"model": "models/narrow.keras"}),
        'hyperparameters.transfer.model is "models/narrow.keras", whose layer "first_0" takes 5 features',
        f"but the data come to {FEATURES};",
    )


def test_other_widths_are_refused_with_the_layer_and_the_way_out(root: Path) -> None:
    saved(root / "models" / "tapered.keras", widths=(6, 4))
    refused(
        root,
        study({"model": "models/tapered.keras", "layers": 2}),
        'hyperparameters.layers.width can be 6, but the layer "first_1" of models/tapered.keras, which is taken, has 4',
        "state width_2 = 4, or transfer.layers = 1",
    )
    refused(root, study({}, layers={"depth": 2, "width": {"low": 6, "high": 9}}), "can be 9", "state width = 6")


def test_more_layers_than_the_trial_has_are_a_mistake_in_the_file() -> None:
    with pytest.raises(StudyFileError, match=r"transfer\.layers must be at most layers\.depth, but is 2 of 1"):
        study({"layers": 2}, layers={"depth": {"low": 1, "high": 2}, "width": 6})


@pytest.mark.parametrize("path", ["../{name}-outside.keras", "/etc/hostname", "link.keras"])
def test_a_model_outside_of_the_project_is_refused(root: Path, path: str) -> None:
    link = root / "link.keras"
    if not link.is_symlink():
        link.symlink_to(root.parent / f"{root.name}-outside.keras")
    refused(
        root, study({"model": path.format(name=root.name)}), "hyperparameters.transfer.model", "outside of the project"
    )


@pytest.mark.parametrize(("content", "words"), [(None, "there is no such file"), (b"[1, 2]", "no .keras file")])
def test_what_is_no_model_is_refused(root: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (root / "odd.keras").write_bytes(content)
    refused(root, study({"model": "odd.keras" if content else "absent.keras"}), words)


def test_code_in_a_model_is_never_run(root: Path, tmp_path: Path) -> None:
    """A layer that is a function, and a class of another package, whose import would already run it."""
    model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Lambda(lambda x: x), keras.layers.Dense(6)])
    model.save(root / "lambda.keras")
    refused(root, study({"model": "lambda.keras"}), "cannot be loaded as a Keras model", "lambda")

    def foreign(config: Any) -> None:
        config["config"]["layers"][1].update(module="antigravity", class_name="fly", registered_name=None)

    with zipfile.ZipFile(root / "models" / "first.keras") as given, zipfile.ZipFile(root / "f.keras", "w") as written:
        for name in given.namelist():
            content = given.read(name)
            if name == "config.json":
                config = json.loads(content)
                foreign(config)
                content = json.dumps(config).encode()
            written.writestr(name, content)
    refused(root, study({"model": "f.keras"}), "it needs code of antigravity")


@pytest.mark.parametrize("fork", [True, pytest.param(False, marks=pytest.mark.thorough)])
def test_layers_after_one_of_another_kind_or_a_fork_cannot_be_taken(root: Path, fork: bool) -> None:
    inputs = keras.Input((FEATURES,))
    first = keras.layers.Dense(6, name="a")(inputs)
    second = keras.layers.Dense(6, name="b")(inputs if fork else first)
    last = keras.layers.Dense(3)(keras.layers.Add(name="sum")([first, second]))
    keras.Model(inputs, last).save(root / "sum.keras")
    why = (
        'before the layer "b", at which the network is no single chain' if fork else 'before the layer "sum", which is'
    )
    three = study({"model": "sum.keras", "layers": 3}, layers={"depth": 3, "width": 6})
    refused(root, three, f"has {1 if fork else 2} hidden Dense layers {why}")


def test_an_objective_for_optuna_has_the_layers_too(root: Path) -> None:
    optimized = optuna.create_study()
    optimized.optimize(keras_objective(study({"layers": 1}), root=root), n_trials=1)
    assert optimized.best_trial.state.is_finished()
