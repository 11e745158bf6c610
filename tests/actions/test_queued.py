"""What becomes of workers in a queue, and of those who follow them, while a night passes in a moment."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.actions.queues import Clock, Queue
from tests.actions.test_workers import STUDY, Each
from tuner.actions.joining import joined
from tuner.actions.watching import MOST_STARTS
from tuner.actions.workers import search_with_workers
from tuner.errors import ClusterError, SearchError
from tuner.search.stop import StopReason, StopRequest
from tuner.study.load import load_study

HOUR = 3600.0
TWO = ("1", 0), ("1", 1)


def url(project: Path) -> URL:
    return URL.create("sqlite", database=str(project / "tuner.db"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose study has been made, and whose table has been prepared."""
    project = tmp_path_factory.mktemp("made")
    (project / "studies").mkdir()
    (project / "studies" / "small.toml").write_text(STUDY)
    with joined("small", root=project, storage=url(project), trials=20):
        pass
    return project


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # A server would do the same, only not in a moment.
    monkeypatch.setattr("tuner.actions.workers.refuse_file", lambda url: None)
    return shutil.copytree(made, tmp_path / "project")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def search(project, queue, clock):
    def search(workers: int = 2, **settings):
        definition = load_study(str(project / "studies" / "small.toml"), project)
        return search_with_workers(
            definition,
            workers,
            root=project,
            storage=url(project),
            cluster=queue,
            now=clock,
            sleep=clock.sleep,
            **settings,
        )

    return search


def stated(command: list[str], option: str) -> str | None:
    return command[command.index(option) + 1] if option in command else None


def test_who_joins_workers_ends_when_their_time_is_over(search, queue, clock):
    search(seconds=HOUR, queued="leave")
    clock.at(100, lambda: queue.end(-9, TWO[0]))
    assert search(queued="join").stopped is StopReason.OUT_OF_TIME
    assert {stated(command, "--until") for command in queue.commands.values()} == {"2026-11-21T03:00:00Z"}
    assert sorted(queue.asked) == [TWO[1], ("2", 0)]
    # Also where nothing is left to be joined.
    assert search(queued="join").stopped is StopReason.OUT_OF_TIME


def test_workers_that_leave_out_of_time_are_no_workers_that_were_asked_to_leave(search, queue, clock):
    search(seconds=HOUR, queued="leave")
    clock.at(HOUR - 30, lambda: queue.end(3, *TWO))
    watcher = Each()
    assert search(queued="join", watcher=watcher).stopped is StopReason.OUT_OF_TIME
    assert watcher.notes == []
    assert len(queue.commands) == 1


def test_a_second_search_keeps_to_the_time_of_the_workers_that_are_there(search, queue, clock):
    search(seconds=HOUR, queued="leave")
    clock.sleep(600)
    assert search(3).stopped is StopReason.OUT_OF_TIME
    assert stated(queue.commands["2"], "--until") == "2026-11-21T03:00:00Z"
    # When all have left it has a time of its own: here none.
    search(queued="leave")
    assert stated(queue.commands["3"], "--until") is None


def test_a_time_that_a_second_search_states_is_everybodys(search, queue, clock):
    search(seconds=HOUR, queued="leave")
    clock.at(600, lambda: search(3, seconds=2 * HOUR, queued="leave"))
    clock.at(HOUR, lambda: queue.end(3, *TWO))
    assert search(queued="join").stopped is StopReason.OUT_OF_TIME
    assert stated(queue.commands["2"], "--until") == "2026-11-21T04:10:00Z"
    assert clock().hour == 4
    # The one who had come before replaced those that left at their own time.
    assert set(queue.commands) == {"1", "2", "3", "4"}


def test_workers_that_waited_in_the_queue_until_their_time_was_over_are_replaced(search, queue, clock):
    search(seconds=HOUR, queued="leave")
    clock.sleep(24 * HOUR)
    search(seconds=HOUR, queued="leave")
    assert sorted(queue.asked) == sorted(TWO)
    assert stated(queue.commands["2"], "--until") == "2026-11-22T03:00:00Z"


def test_workers_whose_clocks_are_wrong_are_not_started_for_ever(search, queue, clock):
    queue.all_end = 3
    with pytest.raises(SearchError, match="without a finished trial"):
        search(seconds=24 * HOUR)
    assert len(queue.commands) == 1 + MOST_STARTS


def test_a_lost_worker_is_queued_again_as_it_was(search, queue, clock):
    search(3, trainer="fit", seconds=HOUR, queued="leave")
    clock.at(600, lambda: queue.end(-9, ("1", 2)))
    search(1, queued="join")
    assert queue.commands["2"] == queue.commands["1"]
    assert stated(queue.commands["2"], "--trainer") == "fit"

    # Lanes go by the number of workers, and one that is queued in the place of another has no other's.
    search(5, queued="leave")
    clock.at(1.5 * HOUR, lambda: queue.end(-9, ("3", 4)))
    stop = StopRequest()
    clock.at(2 * HOUR, lambda: stop.ask(StopReason.INTERRUPTED))
    search(1, queued="join", stop=stop)
    assert queue.commands["4"] == queue.commands["3"]
    assert stated(queue.commands["3"], "--lanes") == "4"


def test_a_worker_that_was_lost_while_nobody_looked_is_queued_again_by_the_next_one_who_does(search, queue, clock):
    search(3, lanes=3, seconds=HOUR, queued="leave")
    queue.end(-9, ("1", 0))
    queue.end(-15, ("1", 1))  # somebody wanted that
    watcher = Each()
    search(queued="join", watcher=watcher)
    assert watcher.notes == ["worker 0 was killed by signal 9 (out of memory?); it is started again"]
    assert sorted(queue.asked) == [("1", 2), ("2", 0)]


def test_a_second_search_says_otherwise_what_it_says(search, queue, clock):
    search(lanes=7, queued="leave")
    search(3, queued="leave")
    search(4, trainer="fit", queued="leave")
    assert [stated(command, "--lanes") for command in queue.commands.values()] == ["7", "7", None]
    assert [stated(command, "--trainer") for command in queue.commands.values()] == ["lanes", "lanes", "fit"]


@pytest.mark.parametrize("status", [75, -15])
def test_a_worker_that_was_asked_to_leave_is_not_queued_again_whether_it_could_hear_or_not(
    search, queue, clock, status
):
    search(queued="leave")
    clock.at(600, lambda: queue.end(status, *TWO))
    assert search(queued="join").stopped is StopReason.HANDED_BACK
    assert len(queue.commands) == 1


def test_nobody_joins_what_is_not_there(search, queue):
    search(queued="leave")
    queue.end(0, *TWO)
    with pytest.raises(ClusterError, match="no worker of the study"):
        search(queued="join")
