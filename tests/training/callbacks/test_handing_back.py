from __future__ import annotations

import keras
import numpy as np
import pytest

from tests.contracts.trainer import Recorder, job
from tests.training.callbacks.networks import model
from tuner.clock import wall_clock
from tuner.training.callbacks import CourseDriver, HandingBack, Reporting
from tuner.training.course import Course
from tuner.training.job import Verdict

X = np.ones((6, 2), np.float32)
Y = np.ones((6, 1), np.float32)


@pytest.mark.parametrize(
    ("verdict", "paths"), [(Verdict.GO_ON, []), (Verdict.PRUNE, []), (Verdict.HAND_BACK, ["0.npz"])]
)
def test_a_checkpoint_is_written_when_a_trial_is_handed_back_and_only_then(verdict: Verdict, paths: list[str]) -> None:
    course = Course(job(7, metric="val_rmse", epochs=3))
    network, driver = model(), CourseDriver(course)
    reporting = Reporting(7, Recorder({(7, 1): verdict}), course, clock=wall_clock)
    written: list[str] = []
    present: list[np.ndarray] = []

    def write() -> str:
        written.append(f"{len(written)}.npz")
        present.append(network.get_weights()[0])
        return written[-1]

    handing_back = HandingBack(reporting, write)
    worse = iter([1.0, 2.0, 3.0])

    class Measured(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch, logs):
            logs["val_rmse"] = next(worse)

    network.fit(X, Y, epochs=3, callbacks=[Measured(), driver, reporting, handing_back], verbose=0)
    assert written == paths
    assert handing_back.checkpoint == (paths[0] if paths else None)
    for weights in present:
        assert not np.array_equal(weights, network.get_weights()[0]), "the best weights had replaced the present ones"
