"""Members in a child process: its death fails the trials that it trained, and no others."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.trainer import Listed, Recorder, job
from tests.training.folded_trainers import folds_of
from tuner.training.folded import FoldedTrainer
from tuner.training.hosted import HostedTrainer
from tuner.training.job import End, Job, Outcome, Verdict
from tuner.training.members import members_of

MEMBERS = members_of(folds=2, repeats=1)

JOBS = [replace(job(number, epochs=3), metric="pid") for number in range(3)]
"""Of trainers that report their process."""


@pytest.fixture(autouse=True)
def _child_finds_the_light_trainers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def trained(name: str, jobs: Sequence[Job] = JOBS, recorder: Recorder | None = None) -> dict[int, Outcome]:
    trainer = FoldedTrainer(HostedTrainer(f"hosted_trainers:{name}"), MEMBERS)
    outcomes = list(trainer.train(Listed(jobs), folds_of(MEMBERS), recorder or Recorder()))
    assert len({outcome.number for outcome in outcomes}) == len(outcomes)
    return {outcome.number: outcome for outcome in outcomes}


def test_a_childs_death_fails_the_trial_whose_member_it_trained_and_the_next_child_goes_on() -> None:
    recorder = Recorder()
    outcomes = trained("KilledByJobOne", recorder=recorder)
    assert [outcomes[number].end for number in range(3)] == [End.FAILED, End.FINISHED, End.FINISHED]
    assert outcomes[0].epochs == len(recorder.of(0)) == 1
    error = str(outcomes[0].error)
    assert error.startswith(f"repeat 0, fold 1: the training process was killed by signal {signal.SIGKILL.value}")
    assert "no memory left" in error


def test_a_childs_death_fails_every_trial_of_which_it_trained_a_member_once() -> None:
    # It has room for three jobs: both members of the first trial, and the first member of the second.
    outcomes = trained("ThreeKilled", JOBS[:2])
    assert {number: outcome.end for number, outcome in outcomes.items()} == {0: End.FAILED, 1: End.FAILED}
    assert str(outcomes[0].error).startswith("repeat 0, fold 0: ")
    assert str(outcomes[1].error).startswith("repeat 0, fold 0: ")


def test_verdicts_reach_members_in_a_child() -> None:
    recorder = Recorder({(0, 0): Verdict.PRUNE})
    outcomes = trained("Steady", recorder=recorder)
    assert (outcomes[0].end, outcomes[0].epochs, len(recorder.of(0))) == (End.PRUNED, 1, 1)
    assert outcomes[1].end is End.FINISHED
