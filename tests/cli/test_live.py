from __future__ import annotations

import io
import math

import pytest
from rich.console import Console

from tests.contracts.trainer import job
from tuner.actions.sweeps.record import StudyRecord
from tuner.cli.live import LiveWatcher
from tuner.cli.picture import Picture
from tuner.cli.sweep_observers import MOST_ROWS, LiveSweep
from tuner.search.watcher import Progress
from tuner.training.job import End, EpochResult, Job, LaneUse, Outcome

STARTING = "Keras and TensorFlow are starting"


@pytest.fixture
def watcher():
    watcher = LiveWatcher(None)
    watcher.search_started("digits", "val_log_loss", Progress(0, 10))
    return watcher


def epoch(watcher: LiveWatcher, trial: Job, value: float, lanes: LaneUse | None = None, number: int = 0) -> None:
    result = EpochResult(trial.number, number, {"val_log_loss": value}, 0.1, None, 0.0, lanes)
    watcher.epoch_ended(result, trial)


def start(watcher: LiveWatcher, count: int) -> list[Job]:
    trials = [job(number) for number in range(count)]
    for trial in trials:
        watcher.trial_started(trial, 1)
    return trials


def shown(watcher: Picture) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(watcher.drawn())
    return console.file.getvalue()


def test_before_the_first_trial_the_picture_says_what_is_waited_for(watcher):
    assert STARTING in shown(watcher)


def test_between_two_trials_nothing_is_said_to_start(watcher):
    first = job(0)
    watcher.trial_started(first, 1)
    assert STARTING not in shown(watcher)
    watcher.trial_ended(first, Outcome(0, End.FINISHED), 0.5, Progress(1, 10))
    assert STARTING not in shown(watcher)
    assert "1 of 10 trials" in shown(watcher)


def test_a_single_running_trial_is_shown_in_full(watcher):
    [trial] = start(watcher, 1)
    epoch(watcher, trial, 0.5)
    picture = shown(watcher)
    assert "now  trial 0: epoch 1 of 4, val_log_loss 0.5" in picture
    assert "batch 16" in picture
    assert "lanes" not in picture


def test_many_running_trials_are_one_line_and_the_best_three(watcher):
    trials = start(watcher, 61)
    for trial in trials:
        epoch(watcher, trial, 1 - trial.number / 100, LaneUse(61, 64))
    lines = shown(watcher).splitlines()
    assert [line.strip() for line in lines[1:]] == [
        "lanes  61 of 64 busy, 0 refilled",
        "now    trial 60: epoch 1 of 4, val_log_loss 0.4, 1 x 8 relu, sgd 0.1",
        "now    trial 59: epoch 1 of 4, val_log_loss 0.41, 1 x 8 relu, sgd 0.1",
        "now    trial 58: epoch 1 of 4, val_log_loss 0.42, 1 x 8 relu, sgd 0.1",
    ]


def test_the_best_are_the_highest_where_higher_is_better_and_never_what_is_no_number():
    watcher = LiveWatcher(None)
    watcher.search_started("digits", "val_accuracy", Progress(0, 10))
    for number, value in enumerate([0.1, math.nan, 0.9, 0.5]):
        trial = job(number, metric="val_accuracy")
        watcher.trial_started(trial, 1)
        watcher.epoch_ended(EpochResult(number, 0, {"val_accuracy": value}, 0.1, None, 0.0, LaneUse(4, 4)), trial)
    picture = shown(watcher)
    assert picture.index("trial 2") < picture.index("trial 3") < picture.index("trial 0")
    assert "nan" not in picture


def test_before_the_first_epoch_the_trials_are_counted(watcher):
    start(watcher, 5)
    assert "lanes  5 busy, 0 refilled" in shown(watcher)


def test_a_lane_is_refilled_when_a_trial_starts_beside_others_after_one_has_ended(watcher):
    trials = start(watcher, 4)
    for trial in trials:
        epoch(watcher, trial, 0.5, LaneUse(4, 4))
    watcher.trial_ended(trials[1], Outcome(1, End.PRUNED), 0.5, Progress(1, 10))
    watcher.trial_started(job(4), 1)
    assert "4 of 4 busy, 1 refilled" in shown(watcher)


def test_one_trial_after_another_refills_nothing(watcher):
    for number in range(3):
        trial = job(number)
        watcher.trial_started(trial, 1)
        epoch(watcher, trial, 0.5, LaneUse(1, 1))
        watcher.trial_ended(trial, Outcome(number, End.FINISHED), 0.5, Progress(number + 1, 10))
    assert "1 of 1 busy, 0 refilled" in shown(watcher)


def test_the_end_says_how_full_the_lanes_were(watcher, capsys):
    for trial in start(watcher, 3):
        epoch(watcher, trial, 0.5, LaneUse(3, 4))
    with watcher.shown():
        watcher.remark("this space needs up to 2 programs")
        watcher.search_ended()
    said = capsys.readouterr().err
    assert "this space needs up to 2 programs" in said
    assert "the lanes were 75% full" in said


def test_a_sweep_has_a_row_for_each_study_and_what_goes_on_comes_first():
    sweep = LiveSweep([f"study-{number}" for number in range(MOST_ROWS + 2)])
    last = f"study-{MOST_ROWS + 1}"
    sweep.study_changed(StudyRecord(last, "running"))
    watcher = sweep.watcher(last)
    watcher.search_started(last, "val_log_loss", Progress(0, 40))
    watcher.progressed(Progress(12, 40, running=3, best_number=2, best_value=0.25))
    sweep.stopping("Leaving; the workers go on.")
    lines = shown(sweep).splitlines()
    assert lines[0].startswith(f"{last}  running  ")
    assert lines[0].rstrip().endswith("12 of 40, 3 running  val_log_loss 0.25")
    assert lines[1].split() == ["study-0", "waiting"]
    assert [line.strip() for line in lines[-2:]] == ["and 2 more", "Leaving; the workers go on."]
