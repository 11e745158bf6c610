"""What every trainer must do with a trial that is handed back and goes on later: as if nothing had happened.

A test class for a trainer inherits the contract and says how to train:

    class TestFitGoesOn(GoingOnContract):
        def train(self, jobs, observer, folder): ...

Each trial here is interrupted twice, and each part is trained by a fresh trainer.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contracts.trainer import Recorder, job
from tuner.training.archive import ABOUT
from tuner.training.job import End, EpochResult, Job, Outcome, Verdict

EPOCHS = 6

CUTS = (0, 3)
"""The epochs after which every trial is handed back."""

JOBS = (
    job(
        0,
        seed=20,
        epochs=EPOCHS,
        layers={"depth": 2, "width": 7, "dropout": 0.3, "l1": 0.002, "l2": 0.005},
        optimizer={"kind": "nadam", "learning_rate": 0.02},
        schedule={"kind": "iir", "alpha": 0.7, "minimum": 0.001},
        momentum={"kind": "rise", "start": 0.5, "maximum": 0.9, "step": 0.1},
    ),
    # Turned round, the best epoch of a training that goes well is its first, and its plateau is reached at once.
    replace(
        job(
            1,
            seed=21,
            epochs=EPOCHS,
            layers={"depth": 2, "width": 8},
            optimizer={"kind": "adam", "learning_rate": 0.02},
            plateau={"patience": 1, "factor": 0.5, "min_delta": 1.0},
            early_stopping={"patience": EPOCHS - 2, "min_delta": 1.0},
        ),
        direction="maximize",
    ),
    job(
        2,
        seed=22,
        epochs=EPOCHS,
        layers={"depth": 2, "width": 5, "dropout": 0.2, "l2": 0.01},
        optimizer={"kind": "adagrad", "learning_rate": 0.1},
    ),
)
"""Optimizers with slots, Nadam's product, dropout, penalties, a schedule, a plateau and early stopping."""

Models = Mapping[int, Sequence[np.ndarray[Any, Any]]]
"""The weights of each trial's model, by the job's number."""


@dataclass(frozen=True)
class Trained:
    """What came of some jobs, over all of their parts.

    Attributes:
        results: of every epoch, by the job's number.
        outcomes: the last ones.
        models: with the best epoch's weights.
        parts: the outcomes of the parts before the last.
    """

    results: Mapping[int, Sequence[EpochResult]]
    outcomes: Mapping[int, Outcome]
    models: Models
    parts: Sequence[Mapping[int, Outcome]] = ()


def told(result: EpochResult) -> EpochResult:
    """A result without what has nothing to do with the trial."""
    return replace(result, seconds=0.0, lanes=None)


def came_to(outcome: Outcome) -> Outcome:
    """An outcome without what differs from run to run."""
    return replace(outcome, seconds=0.0)


class GoingOnContract(ABC):
    """What every trainer must do with trials that are handed back and go on."""

    @abstractmethod
    def train(self, jobs: Sequence[Job], observer: Recorder, folder: Path | None) -> tuple[dict[int, Outcome], Models]:
        """Train jobs on the tiny classes by a fresh trainer with this folder for checkpoints."""

    def run(
        self, jobs: Sequence[Job], folder: Path | None = None, verdicts: Mapping[tuple[int, int], Verdict] | None = None
    ) -> Trained:
        recorder = Recorder(verdicts or {})
        outcomes, models = self.train(jobs, recorder, folder)
        return Trained({each.number: recorder.of(each.number) for each in jobs}, outcomes, models)

    def run_in_parts(self, jobs: Sequence[Job], folder: Path, cuts: Sequence[int]) -> Trained:
        results: dict[int, list[EpochResult]] = {each.number: [] for each in jobs}
        parts = []
        for cut in [*cuts, None]:
            verdicts = {} if cut is None else {(each.number, cut): Verdict.HAND_BACK for each in jobs}
            part = self.run(jobs, folder, verdicts)
            for number, more in part.results.items():
                results[number] += more
            parts.append(part.outcomes)
            jobs = [replace(each, checkpoint=part.outcomes[each.number].checkpoint) for each in jobs]
        return Trained(results, part.outcomes, part.models, parts[:-1])

    @pytest.fixture(scope="class")
    @classmethod
    def whole(cls) -> Trained:
        return cls().run(JOBS)

    @pytest.fixture(scope="class")
    @classmethod
    def in_parts(cls, tmp_path_factory: pytest.TempPathFactory) -> Trained:
        return cls().run_in_parts(JOBS, tmp_path_factory.mktemp("new") / "checkpoints" / "of trials", CUTS)

    def test_the_trials_of_these_tests_are_as_they_should_be(self, whole: Trained) -> None:
        ends = {number: (outcome.end, outcome.epochs) for number, outcome in whole.outcomes.items()}
        assert ends == {0: (End.FINISHED, EPOCHS), 1: (End.STOPPED_EARLY, EPOCHS - 1), 2: (End.FINISHED, EPOCHS)}
        assert whole.outcomes[1].best_epoch == 0, "its best epoch lies before both interruptions"
        assert whole.outcomes[0].best_epoch in range(CUTS[0] + 1, EPOCHS)
        assert len({result.learning_rate for result in whole.results[1]}) > 2, "its plateau acts"

    def test_every_part_but_the_last_is_handed_back_with_a_checkpoint(self, in_parts: Trained) -> None:
        for cut, part in zip(CUTS, in_parts.parts, strict=True):
            assert sorted(part) == [each.number for each in JOBS]
            for outcome in part.values():
                assert (outcome.end, outcome.epochs) == (End.HANDED_BACK, cut + 1)
                assert outcome.checkpoint is not None
                assert Path(outcome.checkpoint).is_file()
        assert all(outcome.checkpoint is None for outcome in in_parts.outcomes.values())

    @pytest.mark.parametrize("number", range(len(JOBS)))
    def test_a_trial_that_goes_on_has_the_very_numbers_of_an_uninterrupted_one(
        self, whole: Trained, in_parts: Trained, number: int
    ) -> None:
        assert [told(each) for each in in_parts.results[number]] == [told(each) for each in whole.results[number]]

    @pytest.mark.parametrize("number", range(len(JOBS)))
    def test_its_outcome_counts_all_of_its_parts(self, whole: Trained, in_parts: Trained, number: int) -> None:
        assert came_to(in_parts.outcomes[number]) == came_to(whole.outcomes[number])
        assert in_parts.outcomes[number].seconds > 0.99 * sum(each.seconds for each in in_parts.results[number])

    @pytest.mark.parametrize("number", range(len(JOBS)))
    def test_its_model_is_that_of_an_uninterrupted_one(self, whole: Trained, in_parts: Trained, number: int) -> None:
        for ours, theirs in zip(in_parts.models[number], whole.models[number], strict=True):
            np.testing.assert_array_equal(ours, theirs)

    def test_the_folder_is_made_and_holds_a_file_for_each_hand_back_and_nothing_else(self, in_parts: Trained) -> None:
        written = [str(outcome.checkpoint) for part in in_parts.parts for outcome in part.values()]
        assert sorted(map(str, Path(written[0]).parent.iterdir())) == sorted(written)

    def test_where_nothing_can_be_written_a_trial_is_handed_back_without_a_checkpoint(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder = tmp_path / "file"
        folder.touch()
        outcome = self.run([job(0, epochs=2)], folder, {(0, 0): Verdict.HAND_BACK}).outcomes[0]
        assert (outcome.end, outcome.checkpoint) == (End.HANDED_BACK, None)
        assert "trial 0 is handed back without a checkpoint: FileExistsError" in caplog.text

    def test_a_trial_that_is_over_is_not_handed_back(self, tmp_path: Path) -> None:
        outcome = self.run([job(0, epochs=1)], tmp_path, {(0, 0): Verdict.HAND_BACK}).outcomes[0]
        assert (outcome.end, outcome.checkpoint) == (End.FINISHED, None)

    def test_a_trial_whose_checkpoint_is_of_no_use_starts_over(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        jobs = [job(number, epochs=2, seed=9 if number == 3 else 5) for number in range(4)]
        written = Path(str(self.run(jobs[:1], tmp_path, {(0, 0): Verdict.HAND_BACK}).outcomes[0].checkpoint))
        names = ("of other arrays", "missing", "truncated", "foreign")
        paths = [tmp_path / f"{name}.npz" for name in names]
        with np.load(written) as stored:
            arrays = dict(stored)
        np.savez(paths[0], **{**arrays, min(arrays.keys() - {ABOUT}): np.zeros((2, 2), np.float32)})
        paths[2].write_bytes(written.read_bytes()[:-100])
        paths[3].write_bytes(written.read_bytes())

        again = self.run([replace(each, checkpoint=str(path)) for each, path in zip(jobs, paths, strict=True)])
        whole = self.run([jobs[0], jobs[3]])
        for number, path in enumerate(paths):
            assert f"trial {number} starts over, without its checkpoint {path}: " in caplog.text
            like = 3 if number == 3 else 0
            expected = [replace(told(each), number=number) for each in whole.results[like]]
            assert [told(each) for each in again.results[number]] == expected
            assert came_to(again.outcomes[number]) == replace(came_to(whole.outcomes[like]), number=number)
        assert {record.levelno for record in caplog.records} == {logging.WARNING}
