"""Trials that are handed back by the lane trainer go on in other lanes, in the order of rows that they had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.going_on import CUTS, JOBS, GoingOnContract, Models, Trained
from tests.contracts.trainer import Recorder, job, train
from tests.training.test_lanes import TOLERANCE, Ran, ran
from tuner.lanes.signature import Expected
from tuner.training.fit import FitTrainer
from tuner.training.job import DataOrder, End, Job, Outcome, Verdict, Wait
from tuner.training.lanes import LaneTrainer

SPACE = Expected(
    depths=(2,), widths=(8,), shallow=(2,), activations=("relu",), techniques=frozenset({"dropout", "penalties"})
)
"""All jobs fit into one program."""


class TestLaneTrainerGoesOn(GoingOnContract):
    def train(self, jobs: Sequence[Job], observer: Recorder, folder: Path | None) -> tuple[dict[int, Outcome], Models]:
        models = {}
        trainer = LaneTrainer(
            8,
            SPACE,
            block=2,
            threads=2,
            checkpoints=folder and str(folder),
            keep_model=lambda trial, model: models.update({trial.number: model.get_weights()}),
        )
        return train(trainer, jobs, observer), models


@pytest.fixture(scope="module")
def whole() -> Trained:
    return TestLaneTrainerGoesOn().run(JOBS)


@pytest.fixture(scope="module")
def handed_back(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Job]:
    """The jobs, to go on where they were handed back: they trained together from epoch 0 on."""
    return parted(JOBS, tmp_path_factory.mktemp("checkpoints"), cut=CUTS[1])


def parted(jobs: Sequence[Job], folder: Path, *, cut: int) -> Sequence[Job]:
    """Jobs that were trained together up to an epoch, and then handed back."""
    verdicts = {(each.number, cut): Verdict.HAND_BACK for each in jobs}
    outcomes = ran(jobs, lanes=8, expected=SPACE, verdicts=verdicts, checkpoints=str(folder)).outcomes
    return [replace(each, checkpoint=outcomes[each.number].checkpoint) for each in jobs]


def stranger(number: int, *, epochs: int = 2, stream: int = 9) -> Job:
    return replace(job(number, epochs=epochs, seed=number), order=DataOrder(seed=11, stream=stream))


def check_goes_on(run: Ran, whole: Trained, number: int) -> None:
    """A trial has the numbers and the outcome of an uninterrupted one, whatever trains beside it."""
    results = run.recorder.of(number)
    assert [result.epoch for result in results] == list(range(CUTS[1] + 1, whole.outcomes[number].epochs))
    for ours, theirs in zip(results, whole.results[number][CUTS[1] + 1 :], strict=True):
        assert (ours.learning_rate, ours.momentum) == (theirs.learning_rate, theirs.momentum)
        assert ours.metrics == pytest.approx(dict(theirs.metrics), rel=TOLERANCE)
    for name in ("end", "epochs", "best_epoch", "parameters", "order"):
        assert getattr(run.outcomes[number], name) == getattr(whole.outcomes[number], name), name


def test_trials_of_one_program_go_on_together_also_in_one_with_room_for_larger_networks(
    handed_back: Sequence[Job], whole: Trained
) -> None:
    roomy = Expected(
        depths=(3,),
        widths=(40,),
        shallow=(3,),
        activations=("relu", "tanh"),
        techniques=frozenset({"dropout", "penalties"}),
    )
    run = ran([*handed_back, stranger(10)], lanes=8, expected=roomy)
    assert len(run.programs) == 1
    for each in handed_back:
        check_goes_on(run, whole, each.number)


def test_a_trial_goes_on_beside_strangers_which_take_on_its_order(handed_back: Sequence[Job], whole: Trained) -> None:
    run = ran([stranger(10), handed_back[0], stranger(11), Wait(), stranger(12)], lanes=4, expected=SPACE)
    assert len(run.programs) == 1
    check_goes_on(run, whole, 0)
    begun = DataOrder(seed=11, stream=0, first_epoch=CUTS[1] + 1)
    assert [run.outcomes[number].order for number in (10, 11, 12)] == [begun, begun, begun.later(1)]


def test_trials_that_were_elsewhere_go_on_in_programs_of_their_own(
    handed_back: Sequence[Job], whole: Trained, tmp_path: Path
) -> None:
    others = parted([stranger(10, epochs=4), stranger(11, epochs=4)], tmp_path, cut=0)
    run = ran([handed_back[0], others[0], handed_back[1], others[1], stranger(12)], lanes=5, expected=SPACE)
    assert [program.rooms[0] for program in run.programs] == [3, 3], "the second has a block of the size of the first"
    for number in (0, 1):
        check_goes_on(run, whole, number)
    assert [run.outcomes[number].order for number in (10, 11)] == [DataOrder(seed=11, stream=9)] * 2
    order = DataOrder(seed=11, stream=0, first_epoch=CUTS[1] + 1)
    assert run.outcomes[12].order == order, "the fresh one joins the first of the fullest"


def test_a_trial_that_comes_too_late_for_the_others_of_its_program_goes_on_in_another(
    handed_back: Sequence[Job], whole: Trained
) -> None:
    run = ran([handed_back[0], Wait(), handed_back[1]], lanes=4, expected=SPACE)
    assert len(run.programs) == 2
    for number in (0, 1):
        check_goes_on(run, whole, number)


def test_a_program_without_trials_serves_a_trial_from_elsewhere(handed_back: Sequence[Job], whole: Trained) -> None:
    run = ran([stranger(10), *handed_back[:2]], lanes=1, expected=SPACE)
    assert len(run.programs) == 1
    for number in (0, 1):
        check_goes_on(run, whole, number)


def test_a_trial_that_began_in_the_midst_of_others_goes_on_in_their_order(tmp_path: Path) -> None:
    late = job(1, seed=30, epochs=4, optimizer={"kind": "adam", "learning_rate": 0.02})
    verdicts = {(1, 1): Verdict.HAND_BACK}
    first = ran([stranger(0, epochs=3), late], lanes=1, verdicts=verdicts, checkpoints=str(tmp_path))
    order = DataOrder(seed=11, stream=9, first_epoch=3)
    assert (first.outcomes[1].end, first.outcomes[1].order) == (End.HANDED_BACK, order)
    second = ran([replace(late, checkpoint=first.outcomes[1].checkpoint)], lanes=1)
    assert second.outcomes[1].order == order

    repeated = Recorder()
    train(FitTrainer(), [replace(late, order=order)], repeated)
    results = [*first.recorder.of(1), *second.recorder.of(1)]
    assert [result.epoch for result in results] == [0, 1, 2, 3]
    for ours, theirs in zip(results, repeated.results, strict=True):
        assert ours.metrics == pytest.approx(dict(theirs.metrics), rel=TOLERANCE)
