"""A trial with members is one trial to whoever asks for it, whatever its members do."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.trainer import EPOCHS, MIXED, Listed, Recorder, Run, TrainerContract, job
from tests.training.folded_trainers import FOLDS, TWICE, Everywhere, Script, Scripted, folds_of
from tuner.training.folded import FoldedTrainer
from tuner.training.job import Done, End, EpochResult, Job, LaneUse, Outcome, Verdict, Wait
from tuner.training.lanes import LaneTrainer

METRIC = "val_log_loss"

LONG = Script([9.0] * EPOCHS)


def check_learning_rates(run: Run) -> None:
    """They are the first member's, whose plateau goes by its own metric."""
    for trial in MIXED[:2]:
        schedule = trial.hyperparameters.learning_rate_schedule(trial.direction)
        state = schedule.start()
        for result in run.recorder.of(trial.number):
            expected, state = schedule.advance(state, result.epoch, None)
            assert result.learning_rate == pytest.approx(expected, rel=1e-6)


class TestFoldedLanes(TrainerContract):
    @pytest.fixture(scope="class")
    @classmethod
    def trainer(cls):
        return Everywhere(LaneTrainer(lanes=6), TWICE)

    def test_the_learning_rates_are_those_of_the_schedule_and_the_plateau(self, run: Run) -> None:
        check_learning_rates(run)


@dataclass
class Calls(Recorder):
    """A recorder that keeps what was told in one call together, as (trial, epoch)."""

    calls: list[list[tuple[int, int]]] = field(default_factory=list)

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        self.calls.append([(result.number, result.epoch) for result in results])
        return super().epoch_ended(results)


@dataclass(frozen=True)
class Folded:
    """What came of trials whose members follow a script."""

    recorder: Calls
    outcomes: Mapping[int, Outcome]
    members: Scripted

    def values(self, number: int = 0) -> list[float]:
        """The reported means."""
        return [result.metrics[METRIC] for result in self.recorder.of(number)]


def folded(
    scripts: Sequence[Script] | Sequence[Sequence[Script]],
    *,
    lanes: int = 3,
    verdicts: Mapping[tuple[int, int], Verdict] | None = None,
    folder: Path | None = None,
    jobs: Iterable[Job | Wait] | None = None,
    **settings: Any,
) -> Folded:
    """Let the members of one trial, or of several, follow a script."""
    trials = [scripts] if isinstance(scripts[0], Script) else scripts
    inner = Scripted(lambda trial, fold: trials[trial][fold], lanes, folder)
    trainer = FoldedTrainer(inner, FOLDS, checkpoints=folder and str(folder), **settings)
    recorder = Calls(verdicts or {})
    given = Listed([job(number) for number in range(len(trials))] if jobs is None else jobs)
    outcomes = list(trainer.train(given, folds_of(FOLDS), recorder))
    assert len({outcome.number for outcome in outcomes}) == len(outcomes)
    return Folded(recorder, {outcome.number: outcome for outcome in outcomes}, inner)


# What a trial comes to.


def test_an_epochs_metrics_are_the_means_over_the_members() -> None:
    run = folded([Script([4.0, 3.0, 2.0, 1.0]), Script([5.0, 3.0, 4.0, 1.0]), Script([6.0, 3.0, 0.0, 4.0])])
    assert run.values() == [5.0, 3.0, 2.0, 2.0]
    assert [result.metrics["loss"] for result in run.recorder.results] == [10.0, 6.0, 4.0, 4.0]
    first = run.recorder.results[0]
    assert (first.learning_rate, first.momentum, first.lanes) == (0.1, 0.9, LaneUse(3, 3))
    assert first.seconds == 3 * 0.5
    assert run.recorder.announced[:2] == ["begins", "ended"]


def test_the_best_epoch_is_the_first_best_of_the_means_and_each_members_value_there_is_kept() -> None:
    run = folded([Script([4.0, 3.0, 2.0, 1.0]), Script([5.0, 3.0, 4.0, 1.0]), Script([6.0, 3.0, 0.0, 4.0])])
    outcome = run.outcomes[0]
    assert (outcome.end, outcome.epochs, outcome.best_epoch) == (End.FINISHED, EPOCHS, 2)
    assert outcome.best_metrics == {METRIC: 2.0, "loss": 4.0}
    assert outcome.member_values == (2.0, 4.0, 0.0)
    assert (outcome.parameters, outcome.seconds) == (100, 3.0 * EPOCHS)
    assert outcome.order == job(0).order


def test_members_in_turn_are_one_trial_whose_epochs_come_with_the_last_of_them() -> None:
    run = folded([[LONG] * 3, [LONG] * 3], lanes=1)
    assert run.recorder.calls == [[(trial, epoch)] for trial in (0, 1) for epoch in range(EPOCHS)]
    begun = [word for word in run.members.told if "begins" in word]
    assert begun == [f"{trial}.{member} begins" for trial in (0, 1) for member in range(3)]


def test_members_of_a_trial_that_has_begun_come_before_the_next_trial() -> None:
    run = folded([[LONG] * 3, [LONG] * 3], lanes=2)
    begun = [word.split()[0] for word in run.members.told if "begins" in word]
    assert begun == ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2"]
    assert {outcome.end for outcome in run.outcomes.values()} == {End.FINISHED}
    assert all(len(call) == len({number for number, _ in call}) for call in run.recorder.calls)


def test_waiting_for_a_trial_is_passed_on() -> None:
    run = folded([LONG] * 3, jobs=[Wait(0.0), job(0), Wait(0.0)])
    assert run.outcomes[0].end is End.FINISHED


# Members that end before the others.


def test_a_member_that_stopped_early_is_carried_forward_with_its_last_metrics() -> None:
    early = Script([3.0, 6.0], End.STOPPED_EARLY)
    run = folded([early, Script([3.0, 3.0, 0.0, 9.0]), Script([3.0] * EPOCHS)])
    assert run.values() == [3.0, 4.0, 3.0, 6.0]
    outcome = run.outcomes[0]
    assert (outcome.end, outcome.epochs, outcome.best_epoch) == (End.FINISHED, EPOCHS, 0)
    later = folded([early, Script([9.0, 3.0, 0.0, 9.0]), Script([3.0] * EPOCHS)]).outcomes[0]
    assert (later.best_epoch, later.member_values) == (2, (6.0, 0.0, 3.0))


def test_a_trial_whose_members_all_stopped_early_has_stopped_early_with_the_last() -> None:
    run = folded([Script([3.0], End.STOPPED_EARLY), *[Script([3.0, 0.0], End.STOPPED_EARLY)] * 2])
    assert (run.outcomes[0].end, run.outcomes[0].epochs) == (End.STOPPED_EARLY, 2)
    assert run.values() == [3.0, 1.0]


def test_a_last_member_that_stops_early_releases_the_epochs_that_waited_for_it_one_by_one() -> None:
    run = folded([LONG, LONG, Script([0.0], End.STOPPED_EARLY)], lanes=1)
    assert run.recorder.calls == [[(0, epoch)] for epoch in range(EPOCHS)]
    assert run.values() == [6.0] * EPOCHS
    assert (run.outcomes[0].end, run.outcomes[0].epochs) == (End.FINISHED, EPOCHS)


def test_a_trial_can_be_pruned_in_an_epoch_that_waited_but_no_longer_be_handed_back() -> None:
    scripts = [LONG, LONG, Script([0.0], End.STOPPED_EARLY)]
    pruned = folded(scripts, lanes=1, verdicts={(0, 2): Verdict.PRUNE})
    assert (pruned.outcomes[0].end, pruned.outcomes[0].epochs) == (End.PRUNED, 3)
    assert len(pruned.values()) == 3
    over = folded(scripts, lanes=1, verdicts={(0, 2): Verdict.HAND_BACK})
    assert (over.outcomes[0].end, over.outcomes[0].epochs) == (End.FINISHED, EPOCHS)


# Pruning.


def test_a_pruned_trials_members_all_end_at_once() -> None:
    run = folded([LONG] * 3, verdicts={(0, 1): Verdict.PRUNE})
    assert (run.outcomes[0].end, run.outcomes[0].epochs) == (End.PRUNED, 2)
    assert run.members.told[3:] == [f"0.{member} pruned after 2" for member in range(3)]
    assert len(run.values()) == 2


def test_a_pruned_trials_stragglers_end_after_their_next_epoch() -> None:
    short = Script([9.0], End.STOPPED_EARLY)
    # The third member begins when the first has ended, an epoch behind the second.
    run = folded([[short, LONG, LONG], [LONG] * 3], lanes=2, verdicts={(0, 1): Verdict.PRUNE})
    assert (run.outcomes[0].end, run.outcomes[0].epochs) == (End.PRUNED, 2)
    assert "0.1 pruned after 3" in run.members.told
    assert "0.2 pruned after 2" in run.members.told
    assert run.outcomes[1].end is End.FINISHED


def test_a_straggler_that_is_not_asked_about_ends_after_its_next_epoch() -> None:
    run = folded([LONG, LONG, LONG], lanes=1, verdicts={(0, 0): Verdict.PRUNE})
    assert (run.outcomes[0].end, run.outcomes[0].epochs) == (End.PRUNED, 1)
    assert run.members.told[-1] == "0.2 pruned after 1"


# Divergence.


def test_a_trial_diverges_with_the_first_of_its_members() -> None:
    bad = Script([1.0, math.nan], End.DIVERGED)
    run = folded([[LONG, bad, LONG], [LONG] * 3], lanes=6, verdicts={(0, 1): Verdict.PRUNE})
    outcome = run.outcomes[0]
    assert (outcome.end, outcome.epochs, outcome.best_epoch) == (End.DIVERGED, 2, 0)
    assert not math.isfinite(run.values()[-1])
    assert "0.0 pruned after 2" in run.members.told
    assert run.outcomes[1].end is End.FINISHED


def test_members_of_a_diverged_trial_are_never_begun_and_its_last_epoch_is_reported() -> None:
    run = folded([[Script([math.inf], End.DIVERGED), LONG, LONG], [LONG] * 3], lanes=1)
    assert (run.outcomes[0].end, run.outcomes[0].epochs) == (End.DIVERGED, 1)
    assert run.values() == [math.inf]
    assert not any(word.startswith(("0.1", "0.2")) for word in run.members.told)


def test_stragglers_of_a_diverged_trial_end_and_its_epochs_up_to_the_divergence_are_reported() -> None:
    whole, bad = Script([3.0] * EPOCHS), Script([3.0, 3.0, math.nan], End.DIVERGED)
    run = folded([whole, bad, LONG], lanes=1)
    assert (run.outcomes[0].end, run.outcomes[0].epochs, run.outcomes[0].best_epoch) == (End.DIVERGED, 3, 0)
    assert run.values()[:2] == [3.0, 3.0]
    assert math.isnan(run.values()[2])

    run = folded([Script([3.0], End.STOPPED_EARLY), bad, LONG], lanes=2)
    assert "0.2 pruned after 2" in run.members.told
    assert (run.outcomes[0].end, run.outcomes[0].epochs) == (End.DIVERGED, 3)


# Failure.


def test_a_trial_fails_with_the_first_of_its_members_and_the_error_says_which() -> None:
    run = folded([[LONG, Script([1.0], End.FAILED), LONG], [LONG] * 3], lanes=4)
    outcome = run.outcomes[0]
    assert (outcome.end, outcome.epochs) == (End.FAILED, 1)
    assert outcome.error == "repeat 0, fold 1: out of memory"
    assert "0.0 pruned after 2" in run.members.told
    assert run.outcomes[1].end is End.FINISHED


def test_members_of_a_failed_trial_are_never_begun() -> None:
    run = folded([Script([], End.FAILED), LONG, LONG], lanes=1)
    assert (run.outcomes[0].end, run.outcomes[0].epochs) == (End.FAILED, 0)
    assert run.members.told == ["0.0 begins"]
    assert run.recorder.results == []


# Handing back, and going on.


def going_on(run: Folded, number: int = 0) -> Job:
    assert run.outcomes[number].end is End.HANDED_BACK
    assert run.outcomes[number].checkpoint is not None
    return replace(job(number), checkpoint=run.outcomes[number].checkpoint)


def test_a_trial_that_is_handed_back_leaves_one_file_and_goes_on_from_it(tmp_path: Path) -> None:
    scripts = [Script([4.0, 3.0, 2.0, 1.0]), Script([5.0, 3.0], End.STOPPED_EARLY), Script([6.0, 3.0, 0.0, 4.0])]
    whole = folded(scripts)
    first = folded(scripts, verdicts={(0, 1): Verdict.HAND_BACK}, folder=tmp_path)
    assert first.outcomes[0].epochs == 2
    assert list(map(str, tmp_path.iterdir())) == [first.outcomes[0].checkpoint]
    second = folded(scripts, jobs=[going_on(first)], folder=tmp_path)
    assert second.members.told[:2] == ["0.0 begins", "0.2 begins"], "the other has ended"
    assert first.values() + second.values() == whole.values()
    assert second.outcomes[0] == replace(whole.outcomes[0], seconds=second.outcomes[0].seconds)
    assert sorted(second.members.files) == [0, 2]
    assert list(map(str, tmp_path.iterdir())) == [first.outcomes[0].checkpoint], "the trainer does not delete that"


@pytest.mark.parametrize("lanes", [1, 2, 3])
@pytest.mark.parametrize("cut", range(EPOCHS - 1))
def test_a_trial_goes_on_wherever_its_members_are(tmp_path: Path, lanes: int, cut: int) -> None:
    scripts = [Script([4.0, 3.0, 2.0, 1.0]), Script([5.0, 3.0], End.STOPPED_EARLY), Script([6.0, 3.0, 0.0, 4.0])]
    whole = folded(scripts, lanes=lanes)
    first = folded(scripts, lanes=lanes, verdicts={(0, cut): Verdict.HAND_BACK}, folder=tmp_path)
    second = folded(scripts, lanes=lanes, jobs=[going_on(first)], folder=tmp_path)
    assert first.values() + second.values() == whole.values()
    for name in ("end", "epochs", "best_epoch", "best_metrics", "member_values", "parameters", "order"):
        assert getattr(second.outcomes[0], name) == getattr(whole.outcomes[0], name), name


def test_without_a_folder_a_trial_is_handed_back_without_a_file() -> None:
    outcome = folded([LONG] * 3, verdicts={(0, 1): Verdict.HAND_BACK}).outcomes[0]
    assert (outcome.end, outcome.epochs, outcome.checkpoint) == (End.HANDED_BACK, 2, None)


def test_a_member_whose_file_is_lost_starts_over_and_the_epochs_are_told_again(tmp_path: Path) -> None:
    class Lossy(Scripted):
        def written(self, job: Job, epochs: int) -> str | None:
            return None if job.number == 1 else super().written(job, epochs)

    inner = Lossy(lambda *_: LONG, 3, tmp_path)
    verdicts = {(0, 1): Verdict.HAND_BACK}
    trainer = FoldedTrainer(inner, FOLDS, checkpoints=str(tmp_path))
    [outcome] = trainer.train(Listed([job(0)]), folds_of(FOLDS), Recorder(verdicts))
    again = folded([LONG] * 3, jobs=[replace(job(0), checkpoint=outcome.checkpoint)], folder=tmp_path)
    assert [result.epoch for result in again.recorder.results] == list(range(EPOCHS))
    assert (again.outcomes[0].end, again.outcomes[0].epochs) == (End.FINISHED, EPOCHS)
    assert sorted(again.members.files) == [0, 2]


def test_a_trial_whose_file_is_damaged_or_foreign_starts_over(tmp_path: Path, caplog: Any) -> None:
    file = Path(str(going_on(folded([LONG] * 3, verdicts={(0, 1): Verdict.HAND_BACK}, folder=tmp_path)).checkpoint))
    short = tmp_path / "short.npz"
    short.write_bytes(file.read_bytes()[:-40])
    bad = [replace(job(0), checkpoint=str(short)), replace(job(0, seed=6), checkpoint=str(file))]
    for each in bad:
        caplog.clear()
        run = folded([LONG] * 3, jobs=[each], folder=tmp_path)
        assert run.outcomes[0].end is End.FINISHED
        assert len(run.values()) == EPOCHS
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert f"trial 0 starts over, without its checkpoint {each.checkpoint}: " in record.getMessage()


def test_a_file_of_other_folds_is_refused(tmp_path: Path, caplog: Any) -> None:
    trial = going_on(folded([LONG] * 3, verdicts={(0, 1): Verdict.HAND_BACK}, folder=tmp_path))
    data = {key: replace(each, fingerprint="of other rows") for key, each in folds_of(FOLDS).items()}
    trainer = FoldedTrainer(Scripted(lambda *_: LONG), FOLDS, checkpoints=str(tmp_path))
    recorder = Recorder()
    list(trainer.train(Listed([trial]), data, recorder))
    assert len(recorder.results) == EPOCHS
    assert "its job should be" in caplog.text


def test_who_asks_to_stop_gets_everything_back_though_no_epoch_is_complete(tmp_path: Path) -> None:
    scripts = [Script([4.0, 3.0, 2.0, 1.0]), Script([5.0] * EPOCHS), Script([6.0, 3.0, 0.0, 4.0])]
    stop = False

    class Stopping(Scripted):
        def result(self, job: Job, epoch: int, use: LaneUse) -> EpochResult:
            nonlocal stop
            stop |= (job.number, epoch) == (1, 2)
            return super().result(job, epoch, use)

    class Stopped(Listed):
        def next(self) -> Job | Wait | Done:
            return Done() if stop else super().next()

    inner = Stopping(lambda _, fold: scripts[fold], 1, tmp_path)
    trainer = FoldedTrainer(inner, FOLDS, checkpoints=str(tmp_path), stop_requested=lambda: stop)
    recorder = Recorder()
    [outcome] = trainer.train(Stopped([job(0), job(1)]), folds_of(FOLDS), recorder)
    assert (outcome.end, outcome.epochs, recorder.results) == (End.HANDED_BACK, 0, [])
    assert inner.told[-1] == "0.1 handed back after 3"
    second = folded(scripts, lanes=1, jobs=[replace(job(0), checkpoint=outcome.checkpoint)], folder=tmp_path)
    assert second.members.told == [
        "0.1 begins", "0.1 finished after 4", "0.2 begins", "0.2 finished after 4",
    ]  # fmt: skip
    assert second.values() == folded(scripts).values()


def test_a_trial_of_which_the_trainer_begins_no_more_members_is_handed_back(tmp_path: Path) -> None:
    class Leaving(Scripted):
        def train(self, jobs, data, observer):
            outcomes = super().train(jobs, data, observer)
            yield next(outcomes)

    trainer = FoldedTrainer(Leaving(lambda *_: LONG, 1), FOLDS, checkpoints=str(tmp_path))
    [outcome] = trainer.train(Listed([job(0)]), folds_of(FOLDS), Recorder())
    assert (outcome.end, outcome.epochs) == (End.HANDED_BACK, 0)
    run = folded([LONG] * 3, jobs=[replace(job(0), checkpoint=outcome.checkpoint)], folder=tmp_path)
    assert run.members.told[0] == "0.1 begins"
    assert len(run.values()) == EPOCHS


def test_no_file_stays_when_the_training_is_broken_off(tmp_path: Path) -> None:
    trial = going_on(folded([LONG] * 3, verdicts={(0, 1): Verdict.HAND_BACK}, folder=tmp_path))
    recorder = Recorder()
    recorder.epoch_ended = lambda results: [][0]
    trainer = FoldedTrainer(Scripted(lambda *_: LONG), FOLDS, checkpoints=str(tmp_path))
    with pytest.raises(IndexError):
        list(trainer.train(Listed([trial]), folds_of(FOLDS), recorder))
    assert list(map(str, tmp_path.iterdir())) == [trial.checkpoint]
