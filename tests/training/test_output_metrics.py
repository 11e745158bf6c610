"""Metrics that are made of all outputs for the validation rows, in both trainers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, balanced_accuracy_score, f1_score, r2_score, roc_auc_score

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import Recorder, job, train
from tests.training.test_lane_parity import trained_twice
from tests.training.test_row_weights import DATA, both_trainers, motionless
from tuner.data.prepared import Prepared
from tuner.lanes.program import LaneProgram
from tuner.lanes.signature import Expected
from tuner.models import build_mlp
from tuner.study.metrics import measured_beside
from tuner.training.folded import FoldedTrainer
from tuner.training.job import MAIN_DATA, End, Job, member_data
from tuner.training.lanes import LaneTrainer
from tuner.training.members import members_of
from tuner.training.trainer import Trainer

EVERY: Mapping[str, Prepared] = {
    "classes": DATA["classes"],
    "two numbers, weighted": DATA["two numbers, weighted"],
    "plain yes or no": prepared("binary"),
}


def by_sklearn(data: Prepared, predicted: np.ndarray) -> dict[str, float]:
    """Every metric that is made of outputs, of predictions in the network's units."""
    y, counts = data.y_validation, data.weights_validation
    if data.task == "regression":
        return {"val_r2": r2_score(y, predicted, sample_weight=counts)}
    chosen = (predicted[:, 0] > 0.5).astype(int) if data.task == "binary" else predicted.argmax(axis=1)
    scores = predicted[:, 0] if data.task == "binary" else predicted
    return {
        "val_balanced_accuracy": balanced_accuracy_score(y, chosen, sample_weight=counts),
        "val_macro_f1": f1_score(y, chosen, average="macro", sample_weight=counts),
        "val_roc_auc": roc_auc_score(y, scores, multi_class="ovr", sample_weight=counts),
        "val_pr_auc": average_precision_score(y, scores, sample_weight=counts),
    }


def going_by(trial: Job, data: Prepared) -> Job:
    """The same job with an objective for which everything is measured."""
    return replace(trial, metric="val_r2" if data.task == "regression" else "val_roc_auc", direction="maximize")


@both_trainers
@pytest.mark.parametrize("name", EVERY)
def test_they_are_those_of_scikit_learn_without_dropout_and_penalties(trainer: Trainer, name: str) -> None:
    data = EVERY[name]
    trial = going_by(motionless(data, layers={"depth": 2, "width": 8, "dropout": 0.5, "l2": 0.1}), data)
    model = build_mlp(
        trial.hyperparameters, features=data.features, outputs=data.outputs, task=data.task, seed=trial.seed
    )
    recorder = Recorder()
    outcome = train(trainer, [trial], recorder, {MAIN_DATA: data})[0]
    assert outcome.end is End.FINISHED, outcome.error
    (result,) = recorder.results
    expected = by_sklearn(data, model.predict(data.x_validation, verbose=0))
    assert {name: result.metrics[name] for name in expected} == pytest.approx(expected, rel=1e-5)
    assert outcome.best_metrics == result.metrics


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["classes", "two numbers, weighted"])
def test_lanes_and_fit_agree_epoch_by_epoch(name: str) -> None:
    """With tanh: relu may take rows for equal, which rounding then tells apart in one trainer and not in the other."""
    data = EVERY[name]
    metric = "val_r2" if data.task == "regression" else "val_pr_auc"
    jobs = [
        job(number, metric=metric, seed=number, epochs=3, layers={"depth": 1, "width": width, "activation": "tanh"})
        for number, width in enumerate((5, 7))
    ]
    expected = Expected(widths=(8,), activations=("tanh",))
    both = trained_twice(jobs, {MAIN_DATA: data}, lanes=2, expected=expected)
    for number in range(2):
        ours, theirs = both.lanes.of(number), both.keras.of(number)
        assert [dict(each.metrics) for each in ours] == [pytest.approx(dict(each.metrics), rel=1e-5) for each in theirs]
        assert both.ours[number].best_epoch == both.theirs[number].best_epoch


@both_trainers
@pytest.mark.parametrize(
    ("metric", "more"),
    [
        ("val_log_loss", set()),
        ("val_macro_f1", {"val_balanced_accuracy", "val_macro_f1"}),
        ("val_roc_auc", {"val_balanced_accuracy", "val_macro_f1", "val_roc_auc", "val_pr_auc"}),
    ],
)
def test_no_more_is_measured_than_the_objective_pays_for(trainer: Trainer, metric: str, more: set[str]) -> None:
    recorder = Recorder()
    train(trainer, [job(0, metric=metric, epochs=1)], recorder)
    sums = {"loss", "log_loss", "accuracy"}
    assert set(recorder.results[0].metrics) == sums | {f"val_{name}" for name in sums} | more


def test_a_plain_search_hands_no_outputs_out_of_its_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("outputs were measured")

    monkeypatch.setattr(LaneProgram, "_measured", refuse)
    trainer = LaneTrainer(lanes=1, threads=1)
    assert train(trainer, [job(0, epochs=1)], Recorder())[0].end is End.FINISHED
    assert "outputs were measured" in (train(trainer, [job(0, metric="val_macro_f1")], Recorder())[0].error or "")


@both_trainers
def test_the_best_epoch_is_the_one_with_the_highest_value(trainer: Trainer) -> None:
    recorder = Recorder()
    outcome = train(trainer, [job(0, metric="val_macro_f1")], recorder)[0]
    values = [result.metrics["val_macro_f1"] for result in recorder.results]
    assert outcome.best_epoch == values.index(max(values))


@both_trainers
@pytest.mark.parametrize("name", ["classes", "two numbers, weighted"])
def test_a_network_whose_outputs_are_no_numbers_diverges_and_leaves_its_neighbour_alone(
    trainer: Trainer, name: str
) -> None:
    data = EVERY[name]
    wild = job(0, optimizer={"kind": "sgd", "learning_rate": 1e30})
    recorder = Recorder()
    outcomes = train(trainer, [going_by(wild, data), going_by(job(1), data)], recorder, {MAIN_DATA: data})
    assert [outcomes[number].end for number in range(2)] == [End.DIVERGED, End.FINISHED]
    metric = going_by(wild, data).metric
    assert not math.isfinite(recorder.of(0)[-1].metrics[metric])
    assert all(math.isfinite(result.metrics[metric]) for result in recorder.of(1))


@both_trainers
def test_a_metric_that_the_validation_rows_do_not_define_fails_with_the_reason(trainer: Trainer) -> None:
    data = prepared()
    without = replace(data, y_validation=np.minimum(data.y_validation, 1))
    outcome = train(trainer, [job(0, metric="val_roc_auc")], Recorder(), {MAIN_DATA: without})[0]
    assert outcome.end is End.FAILED
    assert 'val_roc_auc cannot be measured: no validation row is of class "high"' in (outcome.error or "")
    assert train(trainer, [job(0, metric="val_macro_f1")], Recorder(), {MAIN_DATA: without})[0].end is End.FINISHED


@both_trainers
def test_a_trial_with_folds_has_the_mean_over_its_folds(trainer: Trainer) -> None:
    data = prepared("binary")
    turned = replace(data, x_validation=data.x_train[:40], y_validation=data.y_train[:40])
    members = members_of(folds=2, repeats=1)
    rows = {member_data(MAIN_DATA, 0, fold): each for fold, each in enumerate((data, turned))}
    recorder = Recorder()
    trial = job(0, metric="val_roc_auc")
    outcome = train(FoldedTrainer(trainer, members), [trial], recorder, rows)[0]
    assert outcome.end is End.FINISHED, outcome.error
    assert len(outcome.member_values) == 2
    assert outcome.member_values[0] != outcome.member_values[1]
    assert outcome.best_metrics["val_roc_auc"] == pytest.approx(np.mean(outcome.member_values))
    assert {f"val_{name}" for name in measured_beside("val_roc_auc", "binary")} < outcome.best_metrics.keys()


def test_more_validation_rows_than_a_batch_are_measured_in_their_order() -> None:
    data = prepared("binary")
    # 3 batches of lanes, and the last one filled up.
    draw = np.random.default_rng(4)
    x = draw.normal(size=(300, data.features)).astype(np.float32)
    y = (x[:, 0] + draw.normal(size=300) > 0).astype(np.int32)
    counts = draw.uniform(0, 2, 300).astype(np.float32)
    large = replace(data, x_validation=x, y_validation=y, weights_validation=counts)
    trial = going_by(motionless(large), large)
    recorder = Recorder()
    train(
        LaneTrainer(lanes=2, block=2, threads=1),
        [trial, replace(trial, number=1, seed=9)],
        recorder,
        {MAIN_DATA: large},
    )
    for number, seed in ((0, trial.seed), (1, 9)):
        model = build_mlp(trial.hyperparameters, features=large.features, outputs=1, task="binary", seed=seed)
        expected = by_sklearn(large, model.predict(x, verbose=0))
        (result,) = recorder.of(number)
        assert {name: result.metrics[name] for name in expected} == pytest.approx(expected, rel=1e-5)
