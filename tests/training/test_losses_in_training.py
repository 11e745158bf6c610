"""What both trainers come to with every loss, with smoothed labels and with classes of equal weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_sample_weight

from tests.contracts.small_tables import ROWS, VALIDATION_ROWS, prepared
from tests.contracts.trainer import BATCH, MOTIONLESS, Recorder, job, train
from tuner.data.prepared import Prepared
from tuner.lanes.signature import Expected
from tuner.models import build_mlp
from tuner.study.losses import LOSSES
from tuner.study.metrics import Task
from tuner.training.batches import targets_of
from tuner.training.fit import FitTrainer, fit_job
from tuner.training.job import MAIN_DATA, End, Job
from tuner.training.lanes import LaneTrainer
from tuner.training.trainer import Trainer

TRAINERS: Mapping[str, Callable[[], Trainer]] = {
    "fit": FitTrainer,
    "lanes": lambda: LaneTrainer(lanes=4, expected=Expected(), block=2, threads=1),
}

both_trainers = pytest.mark.parametrize("trainer", [make() for make in TRAINERS.values()], ids=list(TRAINERS))

SMOOTH_OR_BALANCED: Sequence[Mapping[str, Any]] = (
    {},
    {"label_smoothing": 0.2},
    {"class_weights": "balanced"},
    {"label_smoothing": 0.4, "class_weights": "balanced"},
)


def one_of_each(task: Task) -> list[Mapping[str, Any]]:
    """The losses of a task, each under one of its names, and what may stand beside them."""
    losses = {name: loss for loss, name in reversed(LOSSES[task].items())}.values()
    if task == "regression":
        return [*({"loss": loss} for loss in losses), {"loss": "huber", "huber_delta": 0.2}]
    others = [{"loss": loss} for loss in losses if loss in ("mse", "mae", "kl_divergence")]
    return [*SMOOTH_OR_BALANCED, *others, {"loss": "mse", "class_weights": "balanced"}]


def weighted(data: Prepared) -> Prepared:
    draw = np.random.default_rng(4)
    counts = [draw.uniform(0, 2, rows).astype(np.float32) for rows in (ROWS, VALIDATION_ROWS)]
    return replace(data, weights_train=counts[0], weights_validation=counts[1])


DATA = {
    "classes": prepared("multiclass"),
    "yes or no": prepared("binary"),
    "number": prepared("regression"),
    "classes, weighted": weighted(prepared("multiclass")),
}


def job_of(number: int, data: Prepared, **settings: Any) -> Job:
    return job(number, metric="val_rmse" if data.task == "regression" else "val_log_loss", **settings)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("yes or no", marks=pytest.mark.thorough),
        pytest.param("number", marks=pytest.mark.thorough),
        "classes, weighted",
    ],
)
def test_lanes_of_every_loss_give_the_numbers_of_keras(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = DATA[name]
    expected = Expected(techniques=frozenset({"label_smoothing", "class_weights"}))
    settings = enumerate(one_of_each(data.task))
    jobs = [job_of(number, data, seed=number, epochs=2, **stated) for number, stated in settings]
    ours, theirs = Recorder(), Recorder()
    given = {MAIN_DATA: data}
    outcomes = train(LaneTrainer(lanes=len(jobs), expected=expected, block=3), jobs, ours, given)
    again = [replace(each, order=outcomes[each.number].order) for each in jobs]
    references = train(FitTrainer(), again, theirs, given)
    largest = 0.0
    for each in jobs:
        assert outcomes[each.number].end is references[each.number].end is End.FINISHED, outcomes[each.number].error
        for our, their in zip(ours.of(each.number), theirs.of(each.number), strict=True):
            assert our.metrics == pytest.approx(their.metrics, rel=1e-5), each.hyperparameters
            deviations = [abs(our.metrics[metric] / value - 1) for metric, value in their.metrics.items() if value]
            largest = max(largest, *deviations)
    losses = {theirs.of(each.number)[-1].metrics["loss"] for each in jobs}
    assert len(losses) == len(jobs), "settings that change nothing are tested in vain"
    with capsys.disabled():
        print(f"\n{name}: metrics of all losses deviate by at most {largest:.1e} of themselves")


@pytest.mark.parametrize(
    ("trainer", "task"),
    [
        pytest.param(make(), task, id=f"{name}-{task}", marks=[pytest.mark.thorough] if other else [])
        for other, name, make, task in (
            (False, "fit", FitTrainer, "binary"),
            (False, "lanes", TRAINERS["lanes"], "multiclass"),
            (True, "fit", FitTrainer, "multiclass"),
            (True, "lanes", TRAINERS["lanes"], "binary"),
        )
    ],
)
def test_the_log_loss_is_cross_entropy_whatever_is_trained_on(trainer: Trainer, task: Task) -> None:
    data = prepared(task)
    jobs = [
        job_of(number, data, epochs=1, optimizer=MOTIONLESS, **stated)
        for number, stated in enumerate(one_of_each(task))
    ]
    model = build_mlp(
        jobs[0].hyperparameters, features=data.features, outputs=data.outputs, task=task, seed=jobs[0].seed
    )
    recorder = Recorder()
    train(trainer, jobs, recorder, {MAIN_DATA: data})
    for prefix, x, y in (("", data.x_train, data.y_train), ("val_", data.x_validation, data.y_validation)):
        p = model.predict(x, verbose=0)
        expected = log_loss(y, np.hstack([1 - p, p]) if task == "binary" else p)
        for each in jobs:
            (result,) = recorder.of(each.number)
            assert result.metrics[f"{prefix}log_loss"] == pytest.approx(expected, rel=1e-5), each.hyperparameters


@both_trainers
@pytest.mark.parametrize("name", ["yes or no", "classes", "classes, weighted"])
def test_balanced_classes_train_as_rows_that_count_so_and_are_validated_as_they_are(
    trainer: Trainer, name: str
) -> None:
    data = DATA[name]
    counts = compute_sample_weight("balanced", data.y_train)
    own = 1.0 if data.weights_train is None else data.weights_train
    by_rows = replace(data, weights_train=(counts * own).astype(np.float32))
    seen = []
    for stated, given in (("balanced", data), ("none", by_rows)):
        recorder = Recorder()
        train(trainer, [job_of(0, given, class_weights=stated)], recorder, {MAIN_DATA: given})
        seen.append([dict(each.metrics) for each in recorder.results])
    for balanced, rows in zip(*seen, strict=True):
        for metric in ("loss", "val_loss", "val_log_loss", "val_accuracy"):
            assert balanced[metric] == pytest.approx(rows[metric], rel=1e-5), metric
        same = balanced["log_loss"] == pytest.approx(rows["log_loss"], rel=1e-5)
        assert same is (data.weights_train is not None)


def test_lanes_with_and_without_share_a_program_and_stay_apart() -> None:
    data = prepared()
    expected = Expected(techniques=frozenset({"label_smoothing", "class_weights"}))
    alone, together = Recorder(), Recorder()
    plain = job_of(0, data)
    train(LaneTrainer(lanes=1, expected=Expected()), [plain], alone, {MAIN_DATA: data})
    others = [job_of(number, data, **stated) for number, stated in enumerate(SMOOTH_OR_BALANCED)]
    train(LaneTrainer(lanes=4, expected=expected), others, together, {MAIN_DATA: data})
    assert {result.lanes.room for result in together.results if result.lanes} == {4}
    for before, now in zip(alone.results, together.of(0), strict=True):
        assert now.metrics == pytest.approx(before.metrics, rel=1e-6)


@both_trainers
def test_a_loss_or_a_setting_of_another_task_fails_its_trial_alone(trainer: Trainer) -> None:
    data = prepared("regression")
    jobs = [job_of(0, data, label_smoothing=0.1), job_of(1, data), job_of(2, data, loss="kl_divergence")]
    outcomes = train(trainer, jobs, Recorder(), {MAIN_DATA: data})
    assert [outcomes[number].end for number in range(3)] == [End.FAILED, End.FINISHED, End.FAILED]
    assert "label_smoothing is for classes" in str(outcomes[0].error)
    assert "loss must be auto, mse, mae or huber" in str(outcomes[2].error)


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")  # Keras, in saving
@pytest.mark.parametrize(
    ("task", "stated"),
    [
        ("multiclass", {"loss": "kl_divergence"}),
        ("multiclass", {"label_smoothing": 0.1, "class_weights": "balanced"}),
        ("binary", {"label_smoothing": 0.1}),
        ("regression", {"loss": "huber", "huber_delta": 0.3}),
    ],
)
def test_a_saved_model_is_loaded_by_keras_alone_whatever_its_loss(
    task: Task, stated: dict[str, Any], tmp_path: Path
) -> None:
    data = prepared(task)
    model, outcome = fit_job(job_of(0, data, **stated), data, Recorder())
    assert model is not None, outcome.error
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x, y = data.x_validation, targets_of(data, data.y_validation)
    found = loaded.evaluate(x, y, verbose=0, return_dict=True)
    if task != "regression":
        assert found["log_loss"] == pytest.approx(outcome.best_metrics["val_log_loss"], rel=1e-5)
    if task != "multiclass":
        assert found["loss"] == pytest.approx(outcome.best_metrics["val_loss"], rel=1e-5)
    loaded.fit(x, y, batch_size=BATCH, verbose=0)
