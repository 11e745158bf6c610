"""A run of a sweep, with searches in this process whose trainer trains nothing."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing
from datetime import timedelta

import pytest

from tuner.actions.show import show, stored_studies
from tuner.actions.sweeps import one_study, run
from tuner.actions.sweeps.observer import SweepObserver
from tuner.actions.sweeps.places import SweepPlaces
from tuner.actions.sweeps.record import read_record, write_record
from tuner.actions.sweeps.run import run_sweep
from tuner.actions.sweeps.status import sweep_status
from tuner.actions.sweeps.stop import stop_sweep
from tuner.cluster.calendars.run_lock import run_lock
from tuner.errors import ClusterError, DataError, SearchError, StudyFileError, TunerError
from tuner.search.stop import StopReason, StopRequest
from tuner.search.storage_urls import sqlite_url


class Told(SweepObserver):
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.states: list[tuple[str, str]] = []

    def note(self, text):
        self.notes.append(text)

    def study_changed(self, study):
        self.states.append((study.name, study.state))


@pytest.fixture
def sweep(project, write, searches, commands):
    write()
    return lambda **settings: run_sweep("nightly", root=project, **settings)


def states(record):
    return [study.state for study in record.studies]


def test_every_study_is_searched_to_its_budget_and_its_commands_are_run_once(sweep, project, searches, commands):
    observer = Told()
    record = sweep(observer=observer)
    assert (states(record), record.exit_code) == (["done", "done"], 0)
    assert record.ended is not None
    assert observer.states == [(f"small-seed{seed}", state) for seed in (1, 2) for state in ("running", "done")]
    assert commands() == [f"show --study small-seed{seed} --json" for seed in (1, 2)]
    for seed in (1, 2):
        summary = show(f"small-seed{seed}", storage=sqlite_url(project / "tuner.db"))
        assert summary.trials.complete + summary.trials.pruned == 6
        output = (project / ".tuner" / "logs" / f"small-seed{seed}" / "then.log").read_text().splitlines()
        assert output[0].endswith(f" tuner show --study small-seed{seed} --json")
        assert output[1:] == [f"told show --study small-seed{seed} --json"]


def test_a_sweep_that_is_done_does_nothing_until_there_is_more_to_do(sweep, write, searches, commands):
    sweep()
    ran = commands()
    assert sweep().exit_code == 0
    assert commands() == ran
    write(text='[[studies]]\nstudy = "small"\nseeds = [1, 2]\ntrials = 8\nthen = ["tuner show --study {study} --json"]')
    assert sweep().exit_code == 0
    assert commands() == ran * 2


def test_a_command_that_fails_is_told_and_run_again(sweep, project, commands):
    (project / "code").write_text("4")
    record = sweep()
    assert (states(record), record.exit_code) == (["failed", "failed"], 1)
    assert record.studies[0].problem.startswith("`tuner show --study {study} --json` failed; ")
    (project / "code").write_text("0")
    assert sweep().exit_code == 0
    assert len(commands()) == 4


def test_a_study_that_cannot_be_searched_is_told_and_the_others_go_on(sweep, searches):
    errors = {"small-seed1": DataError("a.csv: there is no such file")}
    searches.before = lambda name, settings: (_ for _ in ()).throw(errors[name]) if name in errors else None
    record = sweep()
    assert (states(record), record.exit_code) == (["refused", "done"], 2)
    assert record.studies[0].problem == "a.csv: there is no such file"
    errors["small-seed2"] = SearchError("ten trials in a row have failed")
    assert (states(record := sweep()), record.exit_code) == (["refused", "failed"], 1)
    errors.clear()
    assert sweep().exit_code == 0


def test_mistakes_in_the_file_are_told_before_anything_is_done(project, write, searches):
    write("workerz = 3")
    with pytest.raises(StudyFileError, match="workerz is no setting here"):
        run_sweep("nightly", root=project)
    assert not (project / ".tuner").exists()


def test_time_is_shared_and_what_is_over_in_time_leaves_its_part_to_the_others(project, write, searches, commands):
    write('[budget]\ntime = "1h"', text='{top}\n[[studies]]\nstudy = "small"\nseeds = [1, 2, 3]\ntrials = 6')
    searches.before = lambda name, settings: settings.update(seconds=0.0) if name.endswith("1") else None
    seconds = {}

    def before(name, settings):
        seconds.setdefault(name, settings["seconds"])
        if name.endswith("1") and searches.names.count(name) == 1:
            settings["stop"].ask(StopReason.OUT_OF_TIME)

    searches.before = before
    assert run_sweep("nightly", root=project).exit_code == 0
    assert searches.names == ["small-seed1", "small-seed2", "small-seed3", "small-seed1"]
    assert [round(each / 60) for each in seconds.values()] == [20, 30, 60]


def test_when_the_time_is_over_what_is_not_done_says_so(sweep, write, searches, commands):
    write('[budget]\ntime = "1s"')
    searches.before = lambda name, settings: time.sleep(1.1)
    record = sweep()
    assert (states(record)[1], record.exit_code) == ("out of time", 3)
    assert record.ended is not None


def test_a_run_that_was_cut_off_keeps_its_end_and_one_that_has_ended_does_not(sweep, write, project):
    write('[budget]\ntime = "1h"')
    stop = StopRequest()
    stop.ask(StopReason.INTERRUPTED)
    cut_off = sweep(stop=stop)
    assert (states(cut_off), cut_off.exit_code, cut_off.ended) == (["interrupted"] * 2, 130, None)
    gone_on = sweep()
    assert gone_on.until == cut_off.until
    assert sweep().until > cut_off.until

    places = SweepPlaces(project, "nightly")
    old = read_record(places.record)
    write_record(places.record, type(old)(**{**old.__dict__, "ended": None, "begun": old.begun - timedelta(hours=2)}))
    assert sweep().begun > old.begun


def test_who_comes_second_waits_for_the_first_and_does_nothing(sweep, searches):
    first, second = [], []
    searches.before = lambda name, settings: time.sleep(0.2)
    told = Told()
    threads = [threading.Thread(target=lambda: first.append(sweep()))]
    threads[0].start()
    while not searches.calls:
        time.sleep(0.01)
    second.append(sweep(observer=told))
    threads[0].join()
    assert states(second[0]) == states(first[0]) == ["done", "done"]
    assert searches.names == ["small-seed1", "small-seed2"]
    assert len(told.notes) == 1
    assert "runs this sweep already" in told.notes[0]


def test_who_waits_takes_the_place_of_one_that_dies(sweep, project, searches):
    places = SweepPlaces(project, "nightly")
    places.folder.mkdir(parents=True)
    records = []
    with run_lock(places.lock):
        waiting = threading.Thread(target=lambda: records.append(sweep()))
        waiting.start()
        time.sleep(0.8)
        assert searches.calls == []
    waiting.join()
    assert states(records[0]) == ["done", "done"]


def test_who_waits_can_be_stopped(sweep, project, searches):
    sweep()
    searches.calls.clear()
    places = SweepPlaces(project, "nightly")
    stop = StopRequest()
    stop.ask(StopReason.INTERRUPTED)
    with run_lock(places.lock):
        assert sweep(stop=stop).exit_code == 0  # it was done
        record = read_record(places.record)
        write_record(places.record, record.with_study(type(record.studies[0])("small-seed1", "running")))
        assert sweep(stop=stop).exit_code == 130
    assert searches.calls == []


def test_somebody_else_can_stop_it(sweep, project, searches):
    searches.before = lambda name, settings: (stop_sweep("nightly", root=project), time.sleep(0.2))
    record = sweep()
    assert (states(record), record.exit_code) == (["handed back", "handed back"], 75)
    assert sweep_status("nightly", root=project).stopped
    searches.before = lambda name, settings: None
    assert sweep().exit_code == 0
    assert not sweep_status("nightly", root=project).stopped
    assert stop_sweep("nightly", root=project).leader == ""


def test_a_study_of_which_others_train_the_last_trials_is_waited_for(sweep, project, searches, monkeypatch):
    monkeypatch.setattr(run, "OTHERS_SECONDS", 0.01)
    trials = {"small-seed1": 4}

    def before(name, settings):
        settings["trials"] = trials.pop(name, 6)

    searches.before = before
    monkeypatch.setattr(one_study, "_state", _once_running(one_study._state))
    assert states(sweep()) == ["done", "done"]
    assert searches.names == ["small-seed1", "small-seed2", "small-seed1"]


def _once_running(state):
    seen = []

    def told(end, queued):
        seen.append(end)
        return "running" if len(seen) == 1 else state(end, queued)

    return told


def test_leaving_workers_needs_a_cluster(sweep):
    with pytest.raises(TunerError, match="there is nobody to leave the workers to; state `cluster`"):
        sweep(detach=True)


def test_a_record_that_is_broken_is_told_with_the_way_out(sweep, project):
    sweep()
    SweepPlaces(project, "nightly").record.write_text("{")
    with pytest.raises(ClusterError, match=r"run.json is not as a run of a sweep leaves it .*; remove it"):
        sweep()


def test_the_status_tells_the_run_its_studies_and_what_was_run_behind_them(sweep, project):
    assert [study.state for study in sweep_status("nightly", root=project).studies] == ["not started"] * 2
    sweep()
    status = sweep_status("nightly", root=project)
    assert not status.led
    assert [study.summary.study for study in status.studies] == ["small-seed1", "small-seed2"]
    assert [study.commands.finished for study in status.studies] == [6, 6]
    tree = json.loads(json.dumps(status.as_json()))
    assert tree["studies"][0]["commands"] == {"tuner show --study {study} --json": 0}
    assert tree["run"]["exit_code"] == 0
    with closing(open(SweepPlaces(project, "nightly").lock)), run_lock(SweepPlaces(project, "nightly").lock):
        assert sweep_status("nightly", root=project).led


def test_changed_data_are_a_generation_of_their_own_and_old_ones_go(project, write, searches, commands):
    text = (project / "studies" / "small.toml").read_text()
    (project / "studies" / "small.toml").write_text(text.replace('builtin = "wine"', 'path = "a.csv"\ntarget = "y"'))
    write("keep = 2", text='{top}\n[[studies]]\nstudy = "small"\ntrials = 2')
    stored = []
    for night in range(3):
        rows = [f"{row},{row * night},{'ab'[row % 2]}" for row in range(40)]
        (project / "a.csv").write_text("\n".join(["x,z,y", *rows]))
        told = Told()
        record = run_sweep("nightly", root=project, observer=told)
        assert record.exit_code == 0, record
        stored.append(record.studies[0].stored)
    assert stored[0] == "small"
    assert len(set(stored)) == 3
    assert told.notes == ["small is older than the newest 2"]
    assert [summary.study for summary in stored_studies(sqlite_url(project / "tuner.db"))] == stored[1:]
