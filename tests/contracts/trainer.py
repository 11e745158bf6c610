"""What every trainer must do, whether it trains one job at a time or many at once.

A test class for a trainer inherits the contract and makes one:

    class TestFitTrainer(TrainerContract):
        @pytest.fixture(scope="class")
        @classmethod
        def trainer(cls): return FitTrainer()

The tables are tiny and the trainings short; `job`, `Listed`, `Recorder` and `train` serve other tests of training too.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.contracts.small_tables import prepared
from tuner.data.prepared import Prepared
from tuner.hyperparameters import Hyperparameters
from tuner.study.metrics import METRICS, Task
from tuner.training.job import MAIN_DATA, DataKey, DataOrder, Done, End, EpochResult, Job, Outcome, Verdict, Wait
from tuner.training.trainer import Observer, Trainer

EPOCHS = 4
BATCH = 16
"""Leaves a last batch of ten of the ninety rows."""


def job(number: int = 0, *, metric: str = "val_log_loss", seed: int = 5, **hyperparameters: Any) -> Job:
    """A small job; settings that are left out are those of a short training with plain SGD."""
    stated = {
        "batch_size": BATCH,
        "epochs": EPOCHS,
        "layers": {"depth": 1, "width": 8},
        "optimizer": {"kind": "sgd", "learning_rate": 0.1},
        **hyperparameters,
    }
    return Job(
        number=number,
        hyperparameters=Hyperparameters.model_validate(stated),
        seed=seed,
        order=DataOrder(seed=11, stream=0),
        metric=metric,
        direction=METRICS[metric].direction,
    )


class Listed:
    """A job source that hands out a list, item by item, and is done after it."""

    def __init__(self, items: Iterable[Job | Wait]) -> None:
        self._items = iter(items)

    def next(self) -> Job | Wait | Done:
        return next(self._items, Done())


@dataclass
class Recorder(Observer):
    """An observer that writes down every result, and says `GO_ON` unless told otherwise for (number, epoch).

    Attributes:
        verdicts: what to say.
        results: of every job, in the order in which they came.
        announced: what became of the epochs: "begins" and "ended", in the order in which it was told.
    """

    verdicts: Mapping[tuple[int, int], Verdict] = field(default_factory=dict)
    results: list[EpochResult] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)

    def epoch_begins(self) -> None:
        self.announced.append("begins")

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        self.announced.append("ended")
        self.results += results
        return [self.verdicts.get((result.number, result.epoch), Verdict.GO_ON) for result in results]

    def of(self, number: int) -> list[EpochResult]:
        """The results of one job, in the order in which they came."""
        return [result for result in self.results if result.number == number]


def train(
    trainer: Trainer,
    jobs: Iterable[Job | Wait],
    observer: Observer,
    data: Mapping[DataKey, Prepared] | None = None,
) -> dict[int, Outcome]:
    """Train jobs on the tiny classes unless other data are given; every outcome by the job's number."""
    given = {MAIN_DATA: prepared()} if data is None else data
    outcomes = list(trainer.train(Listed(jobs), given, observer))
    assert len({outcome.number for outcome in outcomes}) == len(outcomes), "a job has exactly one outcome"
    return {outcome.number: outcome for outcome in outcomes}


MIXED = (
    job(
        0,
        schedule={"kind": "iir", "alpha": 0.5},
        momentum={"kind": "rise", "start": 0.5, "maximum": 0.75, "step": 0.1},
    ),
    job(1, optimizer={"kind": "adam", "learning_rate": 0.02}, layers={"depth": 2, "width": 6, "l2": 0.01}),
    job(2, optimizer={"kind": "adadelta"}, plateau={"patience": 1, "factor": 0.5, "min_delta": 0.05}),
)
"""Three jobs that have little in common."""

MOTIONLESS: Mapping[str, Any] = {"kind": "sgd", "learning_rate": 1e-30}
"""An optimizer that changes no weight, so that no epoch is better than the first."""


@dataclass(frozen=True)
class Run:
    """What came of training `MIXED`."""

    recorder: Recorder
    outcomes: Mapping[int, Outcome]


class TrainerContract(ABC):
    """What every trainer must do."""

    @pytest.fixture(scope="class")
    @classmethod
    @abstractmethod
    def trainer(cls) -> Trainer:
        """The trainer under test; it serves one `train` after another."""

    @pytest.fixture(scope="class")
    @classmethod
    def run(cls, trainer: Trainer) -> Run:
        recorder = Recorder()
        return Run(recorder, train(trainer, MIXED, recorder))

    def test_each_job_has_one_outcome_and_every_epoch_one_result_in_order(self, run: Run) -> None:
        assert sorted(run.outcomes) == [0, 1, 2]
        for number, outcome in run.outcomes.items():
            assert outcome.end is End.FINISHED, outcome.error
            assert outcome.epochs == EPOCHS
            assert [result.epoch for result in run.recorder.of(number)] == list(range(EPOCHS))

    def test_each_epoch_is_announced_before_its_results(self, run: Run) -> None:
        epochs = len(run.recorder.announced) // 2
        assert epochs >= EPOCHS
        assert run.recorder.announced == ["begins", "ended"] * epochs

    def test_every_result_has_the_losses_and_the_metrics_of_the_task(self, run: Run) -> None:
        names = {"loss", "log_loss", "accuracy"}
        for result in run.recorder.results:
            assert set(result.metrics) == names | {f"val_{name}" for name in names}
            assert all(math.isfinite(value) for value in result.metrics.values())
            assert result.seconds >= 0

    def test_the_objective_has_no_penalties_in_it_while_the_loss_has(self, run: Run) -> None:
        for result in run.recorder.of(0):
            assert result.metrics["val_loss"] == pytest.approx(result.metrics["val_log_loss"], rel=1e-5)
        for result in run.recorder.of(1):
            assert result.metrics["val_loss"] > result.metrics["val_log_loss"] + 1e-3

    def test_training_makes_the_objective_better(self, run: Run) -> None:
        first, *_, last = run.recorder.of(0)
        assert last.metrics["val_log_loss"] < first.metrics["val_log_loss"]

    def test_the_learning_rates_are_those_of_the_schedule_and_the_plateau(self, run: Run) -> None:
        for trial in MIXED:
            schedule = trial.hyperparameters.learning_rate_schedule(trial.direction)
            state, metric = schedule.start(), None
            for result in run.recorder.of(trial.number):
                expected, state = schedule.advance(state, result.epoch, metric)
                assert result.learning_rate == pytest.approx(expected, rel=1e-6)
                metric = result.metrics[trial.metric]

    def test_the_momenta_are_those_of_the_schedule(self, run: Run) -> None:
        assert [result.momentum for result in run.recorder.of(0)] == pytest.approx([0.5, 0.6, 0.7, 0.75])
        assert [result.momentum for result in run.recorder.of(1)] == pytest.approx([0.9] * EPOCHS)
        assert [result.momentum for result in run.recorder.of(2)] == [None] * EPOCHS

    def test_the_best_epoch_is_the_one_with_the_best_objective(self, run: Run) -> None:
        for trial in MIXED:
            results = run.recorder.of(trial.number)
            values = [result.metrics[trial.metric] for result in results]
            outcome = run.outcomes[trial.number]
            assert outcome.best_epoch == values.index(min(values))
            assert outcome.best_metrics == pytest.approx(dict(results[outcome.best_epoch].metrics))

    def test_an_outcome_says_how_large_the_network_is_and_in_which_order_it_saw_the_rows(self, run: Run) -> None:
        assert [run.outcomes[number].parameters for number in range(3)] == [
            4 * 8 + 8 + 8 * 3 + 3,
            4 * 6 + 6 + 6 * 6 + 6 + 6 * 3 + 3,
            4 * 8 + 8 + 8 * 3 + 3,
        ]
        assert all(run.outcomes[trial.number].order is not None for trial in MIXED)

    def test_the_same_seed_and_order_give_the_same_numbers(self, trainer: Trainer) -> None:
        dropout = {"depth": 1, "width": 8, "dropout": 0.3}
        seen: list[list[Mapping[str, float]]] = []
        for _ in range(2):
            recorder = Recorder()
            train(trainer, [job(0, epochs=2, layers=dropout)], recorder)
            seen.append([result.metrics for result in recorder.results])
        assert [dict(metrics) for metrics in seen[0]] == [pytest.approx(dict(metrics)) for metrics in seen[1]]

    def test_another_seed_gives_other_numbers(self, trainer: Trainer) -> None:
        recorder = Recorder()
        train(trainer, [job(0, epochs=1), job(1, epochs=1, seed=6)], recorder)
        assert recorder.of(0)[0].metrics["val_log_loss"] != pytest.approx(recorder.of(1)[0].metrics["val_log_loss"])

    def test_a_pruned_job_ends_after_that_epoch_and_its_neighbours_go_on(self, trainer: Trainer) -> None:
        recorder = Recorder({(0, 1): Verdict.PRUNE})
        outcomes = train(trainer, [job(0), job(1)], recorder)
        assert (outcomes[0].end, outcomes[0].epochs) == (End.PRUNED, 2)
        assert len(recorder.of(0)) == 2
        assert (outcomes[1].end, outcomes[1].epochs) == (End.FINISHED, EPOCHS)

    def test_a_job_that_is_handed_back_ends_after_that_epoch(self, trainer: Trainer) -> None:
        recorder = Recorder({(0, 0): Verdict.HAND_BACK})
        outcome = train(trainer, [job(0)], recorder)[0]
        assert (outcome.end, outcome.epochs, len(recorder.results)) == (End.HANDED_BACK, 1, 1)
        assert outcome.checkpoint is None, "the trainer has no folder for them"

    def test_a_job_diverges_alone_and_its_last_epoch_is_reported(self, trainer: Trainer) -> None:
        absurd = {"kind": "sgd", "learning_rate": 1e30}
        recorder = Recorder({(0, 0): Verdict.PRUNE})
        outcomes = train(trainer, [job(0, optimizer=absurd), job(1), job(2, optimizer=absurd)], recorder)
        assert [outcomes[number].end for number in range(3)] == [End.DIVERGED, End.FINISHED, End.DIVERGED]
        for number in (0, 2):
            last = recorder.of(number)[-1]
            assert outcomes[number].epochs == last.epoch + 1
            assert not (math.isfinite(last.metrics["loss"]) and math.isfinite(last.metrics["val_log_loss"]))
        assert all(math.isfinite(value) for result in recorder.of(1) for value in result.metrics.values())

    def test_a_job_that_no_longer_improves_is_stopped_early(self, trainer: Trainer) -> None:
        trial = job(0, optimizer=MOTIONLESS, epochs=9, early_stopping={"patience": 2})
        outcome = train(trainer, [trial], Recorder())[0]
        assert (outcome.end, outcome.epochs) == (End.STOPPED_EARLY, 3)

    def test_of_equally_good_epochs_the_first_is_the_best(self, trainer: Trainer) -> None:
        assert train(trainer, [job(0, optimizer=MOTIONLESS)], Recorder())[0].best_epoch == 0

    def test_a_metric_to_be_maximized_has_its_best_epoch_where_it_is_highest(self, trainer: Trainer) -> None:
        recorder = Recorder()
        outcome = train(trainer, [job(0, metric="val_accuracy")], recorder)[0]
        values = [result.metrics["val_accuracy"] for result in recorder.results]
        assert outcome.best_epoch == values.index(max(values))

    def test_a_job_that_cannot_be_trained_fails_and_the_next_one_is_trained(self, trainer: Trainer) -> None:
        outcomes = train(trainer, [job(0, loss="huber"), replace(job(1), data="elsewhere"), job(2)], Recorder())
        assert [outcomes[number].end for number in range(3)] == [End.FAILED, End.FAILED, End.FINISHED]
        assert "huber" in (outcomes[0].error or "")
        assert "elsewhere" in (outcomes[1].error or "")
        assert "\n" not in (outcomes[0].error or "")

    @pytest.mark.parametrize("task", ["binary", "regression"])
    def test_the_other_tasks_are_trained_and_measured_too(self, trainer: Trainer, task: Task) -> None:
        metric = {"binary": "val_log_loss", "regression": "val_rmse"}[task]
        recorder = Recorder()
        outcome = train(trainer, [job(0, metric=metric)], recorder, {MAIN_DATA: prepared(task)})[0]
        assert outcome.end is End.FINISHED, outcome.error
        first, *_, last = [result.metrics[metric] for result in recorder.results]
        assert last < first

    def test_a_regressions_errors_are_in_the_targets_own_unit_and_its_loss_is_not(self, trainer: Trainer) -> None:
        recorder = Recorder()
        data = {"plain": prepared("regression"), "scaled": replace(prepared("regression"), target_scale=10.0)}
        jobs = [replace(job(n, metric="val_rmse", epochs=1), data=key) for n, key in enumerate(data)]
        outcomes = train(trainer, jobs, recorder, data)
        (plain,), (scaled,) = recorder.of(0), recorder.of(1)
        for name in ("rmse", "mae", "val_rmse", "val_mae"):
            assert scaled.metrics[name] == pytest.approx(10 * plain.metrics[name], rel=1e-5)
            assert outcomes[1].best_metrics[name] == pytest.approx(scaled.metrics[name])
        for name in ("loss", "val_loss"):
            assert scaled.metrics[name] == pytest.approx(plain.metrics[name], rel=1e-5)

    def test_a_job_that_has_to_be_waited_for_is_trained(self, trainer: Trainer) -> None:
        waits = [Wait(0.001), Wait(0.0)]
        outcomes = train(trainer, [*waits, job(0, epochs=1), *waits, job(1, epochs=1), *waits], Recorder())
        assert [outcomes[number].end for number in (0, 1)] == [End.FINISHED, End.FINISHED]

    def test_without_jobs_there_are_no_outcomes(self, trainer: Trainer) -> None:
        assert train(trainer, [], Recorder()) == {}

    @pytest.mark.parametrize("moment", ["epoch_begins", "epoch_ended"])
    def test_an_error_of_the_observer_is_no_failed_trial_but_passed_on(self, trainer: Trainer, moment: str) -> None:
        def broken(*_: object) -> None:
            raise OSError("the database is gone")

        recorder = Recorder()
        setattr(recorder, moment, broken)
        with pytest.raises(OSError, match="the database is gone"):
            train(trainer, [job(0)], recorder)
