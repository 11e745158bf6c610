"""What jobs behind workers do, with a queue and searches that only this process knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tuner.actions.sweeps import go_on as going_on
from tuner.actions.sweeps.go_on import MOST_ROUNDS, go_on
from tuner.actions.sweeps.places import SweepPlaces
from tuner.actions.sweeps.record import read_record, write_record
from tuner.actions.sweeps.run import run_sweep
from tuner.cluster.calendars.run_lock import run_lock
from tuner.cluster.cluster import Ended
from tuner.errors import SearchError
from tuner.report.summary import StudySummary, TrialCounts


class Crew:
    """Stands in for workers in a queue."""

    def __init__(self, alive: int, *ended: Ended) -> None:
        self.alive = alive
        self._ended = list(ended)

    def ended(self) -> list[Ended]:
        return self._ended


@pytest.fixture
def queue(monkeypatch) -> dict[str, int]:
    """How many workers each study has in the queue."""
    queue: dict[str, int] = {}
    monkeypatch.setattr(going_on, "queue_of", lambda ground, swept, stored: Crew(queue.get(swept.name, 0)))
    return queue


@pytest.fixture
def left(project, write, searches, commands, queue):
    """A sweep that was queued and left; nothing of it has been trained yet."""
    write('cluster = "slurm"\nworkers = 2')
    searches.only_queues = True
    return run_sweep("nightly", root=project, detach=True)


@pytest.fixture
def again(project, left):
    return lambda **settings: go_on("nightly", root=project, sleep=lambda seconds: None, **settings)


def states(record):
    return [study.state for study in record.studies]


def test_studies_whose_workers_are_over_are_finished_and_the_others_left_alone(left, again, searches, queue, commands):
    assert states(left) == ["queued", "queued"]
    queue["small-seed2"] = 1
    searches.calls.clear()
    searches.only_queues = False
    assert states(again()) == ["done", "queued"]
    assert searches.names == ["small-seed1"]
    assert commands() == ["show --study small-seed1 --json"]
    queue.clear()
    record = again()
    assert (states(record), record.exit_code) == (["done", "done"], 0)
    assert record.ended is not None
    assert searches.names == ["small-seed1", "small-seed2"]
    assert again() == record
    assert len(commands()) == 2


def test_a_study_whose_workers_end_again_and_again_without_a_trial_is_given_up(left, again, project, searches):
    log = project / ".tuner" / "logs" / "small-seed1" / "worker-0.log"
    log.parent.mkdir(parents=True)
    log.write_text("No module named tuner\n")
    for _ in range(MOST_ROUNDS):
        assert states(again()) == ["queued", "queued"]
    record = again()
    assert (states(record), record.exit_code) == (["failed", "failed"], 1)
    assert record.studies[0].problem.endswith("without a finished trial; the last words: No module named tuner")
    assert len(searches.calls) == 2 * (1 + MOST_ROUNDS)


def test_when_the_time_is_over_no_workers_are_queued(left, again, project, searches):
    places = SweepPlaces(project, "nightly")
    write_record(places.record, replace(left, until=datetime.now(UTC) - timedelta(seconds=1)))
    searches.calls.clear()
    record = again()
    assert (states(record), record.exit_code) == (["out of time", "out of time"], 3)
    assert [settings["seconds"] for _, settings in searches.calls] == [0.0, 0.0]


def test_trials_in_the_hands_of_others_are_waited_for(left, again, project, monkeypatch, searches):
    finished = {"small-seed1": [None, None, 4], "small-seed2": [2]}
    monkeypatch.setattr(going_on, "_finished", lambda ground, swept, stored, until: finished[swept.name].pop(0))
    queued = []
    monkeypatch.setattr(going_on, "queue_of", lambda ground, swept, stored: Crew(queued.count(swept.name)))
    searches.before = lambda name, settings: queued.append(name)
    searches.calls.clear()
    record = again()
    assert searches.names == ["small-seed2", "small-seed1"]
    assert [study.finished for study in record.studies] == [4, 2]


def test_where_somebody_follows_or_has_stopped_the_sweep_nothing_is_done(left, again, project, searches):
    places = SweepPlaces(project, "nightly")
    searches.calls.clear()
    with run_lock(places.lock):
        write_record(places.record, replace(left, followed=True))
        again()
    places.stop.touch()
    again()
    places.stop.unlink()
    write_record(places.record, replace(left, ended=datetime.now(UTC)))
    again()
    places.record.unlink()
    assert again() is None
    assert searches.calls == []


def test_a_search_that_fails_does_not_keep_the_others_from_going_on(left, again, project, searches):
    errors = [SearchError("sbatch: no")]
    searches.before = lambda name, settings: (_ for _ in ()).throw(errors.pop()) if errors else None
    record = again()
    assert states(record) == ["failed", "queued"]
    assert read_record(SweepPlaces(project, "nightly").record) == record


@pytest.mark.parametrize("ended", [Ended(0, 75, ""), Ended(0, 0, "", cancelled=True), Ended(0, -15, "")])
def test_workers_that_somebody_asked_to_leave_are_not_replaced(left, again, project, monkeypatch, searches, ended):
    monkeypatch.setattr(
        going_on, "queue_of", lambda ground, swept, stored: Crew(0, ended) if swept.name == "small-seed1" else None
    )
    searches.calls.clear()
    record = again()
    assert states(record) == ["handed back", "queued"]
    assert states(again()) == ["handed back", "queued"]
    assert searches.names == ["small-seed2", "small-seed2"]
    assert run_sweep("nightly", root=project, detach=True).exit_code == 0
    assert "small-seed1" in searches.names


@pytest.mark.parametrize(
    ("complete", "pruned", "running", "finished"),
    [(0, 0, 0, 0), (3, 1, 2, None), (3, 1, 1, 4), (4, 2, 0, 6), (0, 0, 6, None)],
)
def test_there_is_something_to_do_unless_somebody_has_every_trial_that_is_left(
    left, project, monkeypatch, complete, pruned, running, finished
):
    counts = TrialCounts(total=9, complete=complete, pruned=pruned, running=running)
    monkeypatch.setattr(going_on, "reap", lambda name, storage: [])
    monkeypatch.setattr(
        going_on, "show", lambda name, storage: StudySummary(name, "running", "val_loss", "minimize", 6, counts, None)
    )
    ground = going_on.ground_of("nightly", project, None)
    swept = ground.sweep.studies[0]
    assert going_on._finished(ground, swept, swept.name, None) == finished
    assert going_on._finished(ground, swept, swept.name, datetime.now(UTC)) == complete + pruned
