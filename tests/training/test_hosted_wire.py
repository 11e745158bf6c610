"""What goes over the wire comes out as it went in."""

from __future__ import annotations

from multiprocessing import Pipe

import pytest

from tuner.hyperparameters import Hyperparameters
from tuner.training import wire
from tuner.training.job import DataOrder, Job


def test_job_with_schedules_comes_out_as_it_went_in():
    hyperparameters = Hyperparameters.model_validate(
        {
            "optimizer": {"kind": "sgd", "learning_rate": 0.1, "nesterov": True},
            "schedule": {"kind": "iir", "alpha": 0.5, "minimum": 1e-5},
            "plateau": {"patience": 3},
            "momentum": {"kind": "rise", "start": 0.5, "maximum": 0.9, "step": 0.01},
        }
    )
    order = DataOrder(1, 2, 3)
    job = Job(3, hyperparameters, 1, order, metric="val_log_loss", direction="minimize", checkpoint="folder/3-a.npz")
    ours, theirs = Pipe()
    with ours, theirs:
        wire.send(ours, job)
        assert wire.receive(theirs) == job


def test_reader_learns_that_the_other_end_is_gone():
    ours, theirs = Pipe()
    with ours:
        theirs.close()
        with pytest.raises(EOFError):
            wire.receive(ours)
        with pytest.raises(OSError):
            wire.send(ours, wire.Noted())
