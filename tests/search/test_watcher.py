from __future__ import annotations

import logging

from tests.contracts.trainer import job
from tuner.search.logging_watcher import LoggingWatcher
from tuner.search.watcher import Fullness, Watcher
from tuner.training.job import EpochResult, LaneUse


def results(busy: int, room: int) -> list[EpochResult]:
    """One epoch of every trial that ran together."""
    use = LaneUse(busy, room)
    return [EpochResult(number, 0, {"val_log_loss": 0.5}, 0.1, None, 0.0, use) for number in range(busy)]


def test_fullness_is_the_average_over_the_epochs():
    fullness = Fullness()
    for result in [*results(4, 4), *results(2, 4), *results(1, 4), *results(1, 4)]:
        fullness.add(result)
    assert fullness.busy == 8
    assert fullness.room == 16
    assert fullness.in_words == "the lanes were 50% full"


def test_a_trainer_without_lanes_has_no_fullness():
    fullness = Fullness()
    fullness.add(EpochResult(0, 0, {}, 0.1, None, 0.0))
    assert fullness.in_words == ""


def test_the_log_has_remarks_and_the_fullness_and_they_are_no_warnings(caplog):
    told = []

    class Listening(Watcher):
        def remark(self, text: str) -> None:
            told.append(text)

        def search_ended(self) -> None:
            told.append("the end")

    watcher = LoggingWatcher(Listening())
    with caplog.at_level(logging.INFO, "tuner.search"):
        watcher.remark("this space needs up to 2 programs")
        for result in results(3, 4):
            watcher.epoch_ended(result, job(result.number))
        watcher.search_ended()
    assert told == ["this space needs up to 2 programs", "the end"]
    assert caplog.messages == ["this space needs up to 2 programs", "the search has ended; the lanes were 75% full"]
    assert {record.levelno for record in caplog.records} == {logging.INFO}


def test_without_lanes_the_log_says_no_more_than_that_the_search_has_ended(caplog):
    with caplog.at_level(logging.INFO, "tuner.search"):
        LoggingWatcher(Watcher()).search_ended()
    assert caplog.messages == ["the search has ended"]
