from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import datetime, timedelta

import psutil
import pytest
from optuna.trial import TrialState, create_trial

from tuner.search.owners import NAMELESS, OWNER, is_gone, is_lost, present, started, this_process


def running(owner=None, *, for_seconds: float = 0.0):
    attributes = {} if owner is None else {OWNER: owner}
    trial = create_trial(state=TrialState.RUNNING, system_attrs=attributes)
    trial.datetime_start = datetime.now() - timedelta(seconds=for_seconds)
    return trial


def test_this_process_is_there():
    assert not is_gone(this_process())


def test_a_process_that_has_ended_is_gone():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = {**this_process(), "pid": process.pid, "started": started(process.pid)}
        assert not is_gone(owner)
    assert is_gone(owner)


def test_a_dead_process_that_nobody_has_buried_is_gone():
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    owner = {**this_process(), "pid": process.pid, "started": started(process.pid)}
    assert process.stdout is not None
    process.stdout.read()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert is_gone(owner)
    finally:
        process.stdout.close()
        process.wait()


def test_a_process_that_has_got_a_dead_ones_number_is_not_taken_for_it():
    assert is_gone({**this_process(), "started": started(1)})


def test_of_another_machine_nothing_is_known():
    assert not is_gone({"host": "another-machine", "pid": 2**22 + 1, "started": 0.0})


def test_another_users_process_that_tells_nothing_is_there(monkeypatch):
    def denied(self):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "status", denied)
    owner = {"host": socket.gethostname(), "pid": 1, "started": started(1)}
    assert not is_gone(owner)


def test_a_step_of_the_clock_ends_nobody(monkeypatch):
    owner = this_process()
    real = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: real(self) + 3600)
    assert not is_gone(owner)


def test_a_search_of_this_process_is_gone_when_it_has_ended():
    with present() as first:
        with present() as second:
            assert not is_gone(first)
            assert not is_gone(second)
        assert not is_gone(first)
        assert is_gone(second)
    assert is_gone(first)


def test_a_search_that_ended_by_an_error_is_gone_too():
    with pytest.raises(KeyError), present() as owner:
        raise KeyError
    assert is_gone(owner)


@pytest.mark.parametrize(("seconds", "lost"), [(0.0, False), (60.0, False), (NAMELESS.total_seconds() + 1, True)])
def test_a_running_trial_without_an_owner_is_lost_only_after_a_while(seconds, lost):
    assert is_lost(running(for_seconds=seconds)) is lost


def test_a_living_owners_trial_is_not_lost_however_long_it_runs():
    assert not is_lost(running(this_process(), for_seconds=10 * NAMELESS.total_seconds()))
