"""The lane program by itself: lanes come and go without a new trace and without a word to their neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from tests.contracts.small_tables import ROWS, prepared
from tests.contracts.trainer import BATCH, job
from tuner.hyperparameters import Hyperparameters, Layers
from tuner.lanes.coefficients import FRESH, Memory, step_coefficients
from tuner.lanes.lane_settings import Network
from tuner.lanes.program import LaneProgram
from tuner.lanes.signature import Signature
from tuner.models import build_mlp, metrics_for

ORDER = np.arange(ROWS, dtype=np.int32)

ADAM = job(optimizer={"kind": "adam", "learning_rate": 0.02}).hyperparameters.optimizer

NETWORKS = [
    Network(Hyperparameters(layers=Layers(depth=1, width=width), optimizer=ADAM), seed=width) for width in (8, 5, 3)
]


def traces(program: LaneProgram) -> int:
    """How often anything of the program has been traced."""
    functions = [each for each in vars(program._graph).values() if hasattr(each, "experimental_get_tracing_count")]
    assert len(functions) == 2
    return sum(function.experimental_get_tracing_count() for function in functions)


class Driven:
    """A program whose lanes train together, each from its own first step on."""

    def __init__(self, block: int = 4, threads: int = 1) -> None:
        data = prepared()
        signature = Signature(
            "main", data.task, data.features, data.outputs, "sparse_categorical_crossentropy", BATCH, 1, False, 8,
            ("relu",),
        )  # fmt: skip
        self.program = LaneProgram(signature, data, block=block, threads=threads)
        self.program.arrange([], block)
        self._memory: dict[int, Memory] = {}

    def arrange(self, kept: Sequence[int], room: int) -> None:
        self.program.arrange(kept, room)
        self._memory = {lane: self._memory[old] for lane, old in enumerate(kept)}

    def fill(self, networks: Mapping[int, Network]) -> None:
        self.program.fill(networks)
        self._memory.update(dict.fromkeys(networks, FRESH))

    def empty(self, lane: int) -> None:
        self.program.empty(lane)
        del self._memory[lane]

    def epoch(self, *, learning_rate: float = 0.02, wild: int | None = None) -> dict[int, float]:
        """Each filled lane's validation loss after one more epoch; a wild lane trains at an absurd rate."""
        coefficients, steps = {}, {}
        for lane, memory in self._memory.items():
            rate = 1e30 if lane == wild else learning_rate
            steps[lane] = memory.steps
            coefficients[lane], self._memory[lane] = step_coefficients(ADAM, rate, None, memory, self.program.steps)
        self.program.train(ORDER, coefficients, steps)
        losses = self.program.validate()["loss"]
        return {lane: float(losses[lane]) for lane in self._memory}


@pytest.fixture(scope="module")
def driven() -> Driven:
    return Driven()


@pytest.fixture(autouse=True)
def emptied(driven: Driven) -> None:
    """A program without lanes, whatever the test before left in it."""
    driven.arrange([], 0)


def test_an_order_of_lanes_is_of_no_consequence(driven: Driven) -> None:
    driven.arrange([], 3)
    driven.fill(dict(enumerate(NETWORKS)))
    forward = [driven.epoch() for _ in range(2)]
    driven.arrange([], 3)
    driven.fill(dict(enumerate(NETWORKS[::-1])))
    backward = [driven.epoch() for _ in range(2)]
    for first, second in zip(forward, backward, strict=True):
        assert first == {2 - lane: loss for lane, loss in second.items()}


def test_a_lane_that_moves_when_the_room_changes_takes_its_weights_and_its_slots_along(driven: Driven) -> None:
    driven.arrange([], 4)
    driven.fill({0: NETWORKS[0], 3: NETWORKS[1]})
    undisturbed = [driven.epoch() for _ in range(3)]
    driven.arrange([], 4)
    driven.fill({0: NETWORKS[0], 3: NETWORKS[1]})
    moved = [driven.epoch()]
    driven.arrange([3, 0], 2)
    moved += [driven.epoch()]
    driven.arrange([1, 0], 8)
    moved += [driven.epoch()]
    assert driven.program.room == 8
    places = [{0: 0, 3: 3}, {0: 1, 3: 0}, {0: 0, 3: 1}]
    for expected, found, place in zip(undisturbed, moved, places, strict=True):
        assert {lane: found[place[lane]] for lane in expected} == expected


@pytest.mark.parametrize(("block", "threads"), [(1, 1), (2, 3), (3, 2)])
def test_in_which_blocks_and_threads_the_lanes_are_is_of_no_consequence(
    driven: Driven, block: int, threads: int
) -> None:
    seen, models = [], []
    for program in (driven, Driven(block, threads)):
        program.arrange([], 4)
        program.fill({0: NETWORKS[0], 1: NETWORKS[1], 3: NETWORKS[2]})
        losses = [program.epoch()]
        program.program.keep([1, 3])
        losses.append(program.epoch())
        models.append([program.program.model(lane).get_weights() for lane in (1, 3)])
        program.arrange([3, 1], 6)
        program.fill({5: NETWORKS[0]})
        seen.append([*losses, program.epoch()])
    for first, second in zip(*seen, strict=True):
        assert first == pytest.approx(second, rel=1e-5)
    for first, second in zip(*models, strict=True):
        for ours, theirs in zip(first, second, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_a_lane_that_is_filled_anew_starts_afresh_and_its_neighbour_goes_on(driven: Driven) -> None:
    driven.arrange([], 2)
    driven.fill({0: NETWORKS[0], 1: NETWORKS[1]})
    first = [driven.epoch() for _ in range(4)]
    driven.arrange([], 2)
    driven.fill({0: NETWORKS[0], 1: NETWORKS[2]})
    for _ in range(2):
        driven.epoch()
    driven.empty(1)
    driven.fill({1: NETWORKS[1]})
    second = [driven.epoch() for _ in range(2)]
    assert [losses[0] for losses in second] == [losses[0] for losses in first[2:]]
    assert [losses[1] for losses in second] == [losses[1] for losses in first[:2]]


def test_a_network_goes_on_from_its_state_in_another_lane_as_if_it_had_stayed(driven: Driven) -> None:
    driven.arrange([], 4)
    driven.fill({0: NETWORKS[0], 1: NETWORKS[1]})
    driven.epoch()
    driven.program.keep([1])
    driven.epoch()
    state, best, memory = driven.program.state(1), driven.program.model(1).get_weights(), driven._memory[1]
    undisturbed = driven.epoch()[1]
    driven.arrange([], 4)
    driven.fill({2: NETWORKS[2]})
    driven.epoch()
    driven.program.fill({3: NETWORKS[1]}, {3: state})
    driven._memory[3] = memory
    assert driven.epoch()[3] == undisturbed
    for ours, theirs in zip(driven.program.model(3).get_weights(), best, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_neither_another_number_of_lanes_nor_a_refill_is_traced_anew(driven: Driven) -> None:
    driven.arrange([], 2)
    driven.fill({0: NETWORKS[0]})
    driven.epoch()
    driven.program.keep([0])
    driven.program.model(0)
    before = traces(driven.program)
    for room in (5, 16, 1):
        driven.arrange([0], room)
        assert driven.program.room == room + -room % 4
        driven.fill({0: NETWORKS[1]})
        driven.epoch()
        driven.program.keep([0])
        driven.program.model(0)
    assert traces(driven.program) == before


def test_a_lane_full_of_nan_leaves_its_neighbours_and_its_successor_alone(driven: Driven) -> None:
    driven.arrange([], 3)
    driven.fill(dict(enumerate(NETWORKS)))
    calm = [driven.epoch() for _ in range(3)]
    driven.arrange([], 3)
    driven.fill(dict(enumerate(NETWORKS)))
    stormy = [driven.epoch(wild=1) for _ in range(3)]
    assert not np.isfinite(stormy[-1][1])
    for lane in (0, 2):
        assert [losses[lane] for losses in stormy] == [losses[lane] for losses in calm]
    driven.empty(1)
    driven.epoch()
    driven.fill({1: NETWORKS[1]})
    assert driven.epoch()[1] == calm[0][1]


def test_the_model_is_that_of_the_kept_epoch_and_not_of_the_last(driven: Driven) -> None:
    data = prepared()
    driven.arrange([], 3)
    driven.fill({1: NETWORKS[1]})
    kept = driven.epoch()[1]
    driven.program.keep([1])
    later = driven.epoch()[1]
    model = driven.program.model(1)
    model.compile(loss="sparse_categorical_crossentropy", metrics=metrics_for(data.task))
    loss = model.evaluate(data.x_validation, data.y_validation, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(kept, rel=1e-5)
    assert abs(later - kept) > 1e-3


def test_before_anything_is_kept_the_model_is_the_untrained_one(driven: Driven) -> None:
    data = prepared()
    driven.arrange([], 1)
    driven.fill({0: NETWORKS[1]})
    driven.epoch()
    fresh = build_mlp(NETWORKS[1].chosen, features=data.features, outputs=data.outputs, task=data.task, seed=5)
    for ours, theirs in zip(driven.program.model(0).get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_empty_lane_has_no_model(driven: Driven) -> None:
    driven.arrange([], 2)
    driven.fill({0: NETWORKS[0]})
    with pytest.raises(ValueError, match="lane 1 is empty"):
        driven.program.model(1)


def test_all_lanes_may_be_empty(driven: Driven) -> None:
    driven.arrange([], 2)
    assert driven.epoch() == {}


def test_the_metrics_are_those_of_the_task_with_one_number_for_each_lane(driven: Driven) -> None:
    driven.arrange([], 4)
    driven.fill({2: NETWORKS[0]})
    coefficients: Any = {2: step_coefficients(ADAM, 0.02, None, FRESH, driven.program.steps)[0]}
    trained = driven.program.train(ORDER, coefficients, {2: 0})
    for metrics in (trained, driven.program.validate()):
        assert metrics.keys() == {"loss", "log_loss", "accuracy"}
        assert all(values.shape == (4,) for values in metrics.values())
