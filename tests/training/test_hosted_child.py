"""How the child sets up TensorFlow, seen by a stand-in for it."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from tuner.training import child
from tuner.training.child import TRAINERS, load_trainer


class StandIn:
    """Stands in for `tensorflow`: writes down what it is told; it has two GPUs."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        threading = SimpleNamespace(
            set_intra_op_parallelism_threads=lambda count: self.told.append(("within", count)),
            set_inter_op_parallelism_threads=lambda count: self.told.append(("between", count)),
        )
        experimental = SimpleNamespace(set_memory_growth=lambda gpu, on: self.told.append((gpu, on)))
        self.config = SimpleNamespace(
            threading=threading,
            experimental=experimental,
            list_physical_devices=lambda kind: [f"{kind}:0", f"{kind}:1"],
        )


@pytest.fixture
def tensorflow(monkeypatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setitem(sys.modules, "tensorflow", stand_in)
    return stand_in


@pytest.fixture(autouse=True)
def _light(monkeypatch):
    monkeypatch.setattr(child, "TRAINERS", dict.fromkeys(TRAINERS, "tests.search.fake_trainer:FakeTrainer"))


@pytest.mark.parametrize("name", TRAINERS)
def test_threads_are_set_and_no_gpu_is_taken_whole_before_anything_runs(tensorflow, name):
    load_trainer(name, threads=3)
    assert tensorflow.told == [("within", 3), ("between", 3), ("GPU:0", True), ("GPU:1", True)]


def test_a_trainer_without_tensorflow_does_not_load_it(tensorflow):
    load_trainer("tests.search.fake_trainer:FakeTrainer", threads=3)
    assert tensorflow.told == []


def test_a_trainer_gets_its_settings():
    assert load_trainer("tests.search.fake_trainer:FakeTrainer", threads=1, settings={"jobs": ["one"]}).jobs == ["one"]
