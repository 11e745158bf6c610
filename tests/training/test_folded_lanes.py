"""Members in lanes: one compiled program for all folds, and the numbers of as many separate trainings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.contracts.trainer import BATCH, Listed, Recorder, job
from tests.training.folded_trainers import FOLDS, Spied, folds_of
from tests.training.test_lanes import ABSURD, MOTIONLESS, TOLERANCE, Seen
from tuner.study.metrics import Task
from tuner.training.fit import FitTrainer
from tuner.training.folded import FoldedTrainer
from tuner.training.job import End, Job, Outcome, Verdict, member_data
from tuner.training.lanes import LaneTrainer
from tuner.training.members import members_of

METRIC = "val_log_loss"

FIVE = members_of(folds=5, repeats=1)

ADAM = {"kind": "adam", "learning_rate": 0.02}

TRIALS = (
    job(0, seed=20, optimizer=ADAM, plateau={"patience": 1, "factor": 0.5}),
    job(1, seed=21, layers={"depth": 1, "width": 8, "l2": 0.01}),
    job(2, seed=22, epochs=8, early_stopping={"patience": 1, "min_delta": 0.02}, optimizer=ADAM),
    job(3, seed=23, optimizer={"kind": "nadam", "learning_rate": 0.02}),
)


@dataclass(frozen=True)
class Ran:
    recorder: Recorder
    outcomes: dict[int, Outcome]
    members: Spied
    programs: list[Seen]


def ran(
    jobs: tuple[Job, ...],
    members: Any = FIVE,
    *,
    lanes: int = 10,
    task: Task = "multiclass",
    verdicts: Any = None,
    **settings: Any,
) -> Ran:
    """Train trials in lanes that are watched."""
    Seen.programs = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tuner.training.lanes.LaneProgram", Seen)
        spied, recorder = Spied(LaneTrainer(lanes=lanes, **settings)), Recorder(verdicts or {})
        outcomes = FoldedTrainer(spied, members).train(Listed(jobs), folds_of(members, task), recorder)
        return Ran(recorder, {outcome.number: outcome for outcome in outcomes}, spied, list(Seen.programs))


@pytest.fixture(scope="module")
def in_lanes() -> Ran:
    return ran(TRIALS)


def test_all_folds_are_traced_once(in_lanes: Ran) -> None:
    # Networks with penalties have programs of their own.
    assert len(in_lanes.programs) == 2 * len(FIVE)
    for name in ("_train", "_validate"):
        functions = {id(vars(program._graph)[name]): vars(program._graph)[name] for program in in_lanes.programs}
        assert [each.experimental_get_tracing_count() for each in functions.values()] == [1, 1]


def test_every_fold_has_a_block_of_the_same_size_however_many_lanes_it_has() -> None:
    """Five lanes for three folds: the first two have two each when they are compiled, the third has one."""
    run = ran(TRIALS[:1] + TRIALS[3:], FOLDS, lanes=5, block=2)
    assert [program.rooms[0] for program in run.programs] == [2, 2, 2]
    assert len({id(program._graph._train) for program in run.programs}) == 1
    check_equal(run, 0)


def test_folds_whose_steps_differ_in_number_are_traced_apart() -> None:
    """Of 120 rows 80 are 5 batches of 16; a row more makes 6."""
    data = folds_of(FOLDS)
    wider = replace(data["main/0.0"], x_train=data["main/0.0"].x_train[:79], y_train=data["main/0.0"].y_train[:79])
    longer = replace(
        data["main/0.0"],
        x_train=data["main/0.0"].x_train.repeat(2, 0)[:81],
        y_train=data["main/0.0"].y_train.repeat(2, 0)[:81],
    )
    recorder = Recorder()
    given = {**data, "main/0.1": wider, "main/0.2": longer}
    Seen.programs = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tuner.training.lanes.LaneProgram", Seen)
        [outcome] = FoldedTrainer(LaneTrainer(lanes=3), FOLDS).train(Listed([job(0)]), given, recorder)
    assert outcome.end is End.FINISHED, outcome.error
    first, second, third = (program._graph._train for program in Seen.programs)
    assert first is second is not third


def check_equal(run: Ran, trial: int) -> None:
    """Each member has the numbers of its own Keras fit in the order of rows that it had, and the trial their means."""
    numbers = [number for number, each in run.members.jobs.items() if number // len(run_members(run)) == trial]
    jobs = [replace(run.members.jobs[number], order=run.members.outcomes[number].order) for number in numbers]
    data = {each.data: folds_of(run_members(run))[each.data] for each in jobs}
    alone = Spied(FitTrainer())
    list(alone.train(Listed(jobs), data, Recorder()))
    for number in numbers:
        ours, theirs = run.members.results[number], alone.results[number]
        assert run.members.outcomes[number].end is alone.outcomes[number].end
        for mine, other in zip(ours, theirs, strict=True):
            assert (mine.epoch, mine.learning_rate) == (other.epoch, other.learning_rate)
            assert mine.metrics == pytest.approx(dict(other.metrics), rel=TOLERANCE)
    results = run.recorder.of(trial)
    assert len(results) == max(len(alone.results[number]) for number in numbers)
    for epoch, result in enumerate(results):
        values = [alone.results[number][min(epoch, len(alone.results[number]) - 1)] for number in numbers]
        expected = sum(value.metrics[METRIC] for value in values) / len(values)
        assert result.metrics[METRIC] == pytest.approx(expected, rel=TOLERANCE)


def run_members(run: Ran) -> Any:
    return FIVE if any(job.data == member_data("main", 0, 4) for job in run.members.jobs.values()) else FOLDS


@pytest.mark.parametrize("trial", [0, *(pytest.param(other, marks=pytest.mark.thorough) for other in (1, 2))])
def test_each_member_has_the_numbers_of_its_own_fit_and_the_trial_their_means(in_lanes: Ran, trial: int) -> None:
    check_equal(in_lanes, trial)


def test_members_that_stop_early_stop_at_different_epochs(in_lanes: Ran) -> None:
    epochs = [in_lanes.members.outcomes[2 * len(FIVE) + index].epochs for index in range(len(FIVE))]
    assert len(set(epochs)) > 1, epochs
    assert in_lanes.outcomes[2].epochs == max(epochs)


def test_each_member_has_the_numbers_of_a_separate_lane_trainer(in_lanes: Ran) -> None:
    for index in (0, 3):
        member = replace(in_lanes.members.jobs[index], order=in_lanes.members.outcomes[index].order)
        alone = Recorder()
        list(LaneTrainer(lanes=1).train(Listed([member]), folds_of(FIVE), alone))
        for mine, other in zip(in_lanes.members.results[index], alone.results, strict=True):
            assert mine.metrics == pytest.approx(dict(other.metrics), rel=TOLERANCE)


def test_the_results_name_each_members_value_at_the_best_epoch(in_lanes: Ran) -> None:
    for number, outcome in in_lanes.outcomes.items():
        curve = [result.metrics[METRIC] for result in in_lanes.recorder.of(number)]
        assert outcome.best_epoch == curve.index(min(curve))
        assert sum(outcome.member_values) / len(FIVE) == pytest.approx(min(curve))
        assert len(set(outcome.member_values)) == len(FIVE)


@pytest.mark.thorough
def test_fewer_lanes_than_members_come_to_the_same_epochs() -> None:
    run = ran(TRIALS[:1], lanes=2)
    check_equal(run, 0)
    assert len(run.recorder.results) == TRIALS[0].hyperparameters.epochs


def test_fresh_members_of_one_fold_share_a_program_though_their_trials_have_different_orders() -> None:
    jobs = tuple(replace(each, order=replace(each.order, stream=each.number)) for each in TRIALS[::3])
    run = ran(jobs, FOLDS, lanes=6)
    assert [program.rooms[0] for program in run.programs] == [2, 2, 2]


def test_repeats_on_the_same_rows_differ_in_weights_and_order() -> None:
    run = ran(TRIALS[:1], members_of(folds=1, repeats=3), lanes=3)
    assert len(set(run.outcomes[0].member_values)) == 3
    assert len({outcome.order for outcome in run.members.outcomes.values()}) == 3


def test_pruning_divergence_and_failure_in_lanes() -> None:
    jobs = (
        job(0), job(1, optimizer=ABSURD), job(2, loss="huber"), job(3), job(4, optimizer=MOTIONLESS, epochs=9,
        early_stopping={"patience": 2}),
    )  # fmt: skip
    run = ran(jobs, FOLDS, lanes=4, verdicts={(0, 1): Verdict.PRUNE})
    ends = {number: outcome.end for number, outcome in run.outcomes.items()}
    assert ends == {0: End.PRUNED, 1: End.DIVERGED, 2: End.FAILED, 3: End.FINISHED, 4: End.STOPPED_EARLY}
    assert run.outcomes[0].epochs == 2
    assert len(run.recorder.of(1)) == run.outcomes[1].epochs > 0
    assert run.recorder.of(2) == []
    assert str(run.outcomes[2].error).startswith("repeat 0, fold 0: ")


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_the_other_tasks_have_folds_too(task: Task) -> None:
    metric = {"binary": "val_log_loss", "regression": "val_rmse"}[task]
    run = ran((job(0, metric=metric),), FOLDS, task=task)
    assert run.outcomes[0].end is End.FINISHED
    assert len({id(program._graph._train) for program in run.programs}) == 1


assert BATCH == 16, "on which the number of steps in these tests rests"
