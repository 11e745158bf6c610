from __future__ import annotations

import pickle
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.contracts.schedule import ScheduleContract
from tuner.schedules import Constant, Cosine, Iir, Plateau, values


class TestPlateau(ScheduleContract):
    @pytest.fixture(
        params=[
            Plateau(curve=Constant(initial=0.3), patience=1, factor=0.5),
            Plateau(curve=Constant(initial=0.3), patience=3, factor=0.1, cooldown=4, min_delta=0.01, minimum=1e-3),
            Plateau(curve=Iir(initial=0.3, minimum=1e-3, alpha=0.9), patience=2, direction="maximize"),
            Plateau(curve=Plateau(curve=Cosine(initial=0.3, span=40), patience=2), patience=5, factor=0.5),
        ],
        ids=repr,
    )
    def schedule(self, request: pytest.FixtureRequest) -> Plateau:
        schedule: Plateau = request.param
        return schedule


def drawn_by_us(plateau: Plateau, metrics: Sequence[float]) -> list[float]:
    return values(plateau, len(metrics), iter(metrics))


def drawn_by_keras(plateau: Plateau, metrics: Sequence[float]) -> list[float]:
    """The rates that Keras' own callback trains with, over a constant curve."""
    import keras

    callback = keras.callbacks.ReduceLROnPlateau(
        monitor="watched",
        mode={"minimize": "min", "maximize": "max"}[plateau.direction],
        patience=plateau.patience,
        factor=plateau.factor,
        cooldown=plateau.cooldown,
        min_delta=plateau.min_delta,
        min_lr=plateau.minimum,
    )
    optimizer: Any = SimpleNamespace(learning_rate=plateau.curve.initial)  # type: ignore[attr-defined]
    callback.set_model(SimpleNamespace(optimizer=optimizer))
    callback.on_train_begin()
    rates = []
    for epoch, metric in enumerate(metrics):
        rates.append(float(optimizer.learning_rate))
        callback.on_epoch_end(epoch, {"watched": metric})
    return rates


# Sixteenths are exact in the 32 bits that Keras compares in, so that ties and differences of just min_delta are the
# same for both.
SIXTEENTHS = st.integers(0, 32).map(lambda count: count / 16)
PLATEAUS = st.builds(
    Plateau,
    curve=st.just(Constant(initial=0.5)),
    patience=st.integers(1, 4),
    factor=st.sampled_from([0.5, 0.25, 0.1]),
    cooldown=st.integers(0, 4),
    min_delta=st.sampled_from([0.0, 1 / 16, 1 / 8]),
    minimum=st.sampled_from([0.0, 2.0**-5, 0.5, 1.0]),
    direction=st.sampled_from(["minimize", "maximize"]),
)


@settings(max_examples=80)
@given(PLATEAUS, st.lists(SIXTEENTHS, min_size=20, max_size=40))
@example(Plateau(curve=Constant(initial=0.5), patience=1, factor=0.5), [1.0] * 30)
@example(Plateau(curve=Constant(initial=0.5), patience=1, factor=0.5, direction="maximize"), [1 / 8] * 30)
@example(Plateau(curve=Constant(initial=0.5), patience=2, factor=0.5, cooldown=3, minimum=2.0**-5), [1.0] * 40)
def test_plateau_decides_epoch_by_epoch_as_keras_does(plateau: Plateau, metrics: list[float]) -> None:
    assert drawn_by_us(plateau, metrics) == pytest.approx(drawn_by_keras(plateau, metrics), rel=1e-12)


def test_plateau_has_the_defaults_of_keras() -> None:
    import keras

    ours, theirs = Plateau(curve=Constant(initial=0.5)), keras.callbacks.ReduceLROnPlateau()

    assert (ours.patience, ours.factor, ours.cooldown) == (theirs.patience, theirs.factor, theirs.cooldown)
    assert (ours.min_delta, ours.minimum) == (theirs.min_delta, theirs.min_lr)


def test_plateau_reduces_after_just_so_many_epochs_without_improvement() -> None:
    plateau = Plateau(curve=Constant(initial=0.4), patience=2, factor=0.5)

    metrics_after_each_epoch = [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]
    assert drawn_by_us(plateau, metrics_after_each_epoch) == [0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1]


def test_plateau_waits_out_its_cooldown_before_it_counts_again() -> None:
    eager = Plateau(curve=Constant(initial=0.4), patience=1, factor=0.5)
    patient = Plateau(curve=Constant(initial=0.4), patience=1, factor=0.5, cooldown=2)

    assert drawn_by_us(eager, [1.0] * 5) == [0.4, 0.4, 0.2, 0.1, 0.05]
    assert drawn_by_us(patient, [1.0] * 7) == [0.4, 0.4, 0.2, 0.2, 0.1, 0.1, 0.05]


def test_an_improvement_of_no_more_than_min_delta_does_not_count() -> None:
    plateau = Plateau(curve=Constant(initial=0.4), patience=1, factor=0.5, min_delta=0.25)

    assert drawn_by_us(plateau, [1.0, 0.75, 0.5]) == [0.4, 0.4, 0.2]
    assert drawn_by_us(plateau, [1.0, 0.5, 0.0]) == [0.4, 0.4, 0.4]


def test_plateau_under_maximize_takes_a_rise_for_the_improvement() -> None:
    rising = [0.1 * epoch for epoch in range(6)]
    falling = Plateau(curve=Constant(initial=0.4), patience=1, factor=0.5)
    accuracy = Plateau(curve=Constant(initial=0.4), patience=1, factor=0.5, direction="maximize")

    assert drawn_by_us(accuracy, rising) == [0.4] * 6
    assert drawn_by_us(falling, rising) == [0.4, 0.4, 0.2, 0.1, 0.05, 0.025]


def test_plateau_never_reduces_below_its_minimum_but_leaves_a_lower_curve_alone() -> None:
    stuck = Plateau(curve=Constant(initial=0.4), patience=1, factor=0.1, minimum=0.1)
    low = Plateau(curve=Constant(initial=0.4), patience=1, factor=0.1, minimum=0.7)

    assert drawn_by_us(stuck, [1.0] * 6) == pytest.approx([0.4, 0.4, 0.1, 0.1, 0.1, 0.1])
    assert drawn_by_us(low, [1.0] * 6) == [0.4] * 6


def test_plateau_scales_a_falling_curve_by_every_reduction_so_far() -> None:
    iir = Iir(initial=0.3, minimum=1e-4, alpha=0.9)
    drawn = drawn_by_us(Plateau(curve=iir, patience=2, factor=0.5), [1.0] * 7)

    assert drawn == pytest.approx([iir.value(e) * scale for e, scale in enumerate([1, 1, 1, 0.5, 0.5, 0.25, 0.25])])


def test_an_epoch_without_a_metric_changes_nothing_that_the_plateau_remembers() -> None:
    plateau = Plateau(curve=Constant(initial=0.4), patience=1, factor=0.5)
    _, watched = plateau.advance(plateau.start(), 1, 1.0)

    assert plateau.advance(watched, 2, None) == (0.4, watched)
    assert plateau.advance(pickle.loads(pickle.dumps(watched)), 2, 1.0)[0] == 0.2


def test_plateau_counts_no_reduction_that_would_change_nothing() -> None:
    plateau = Plateau(curve=Constant(initial=0.5), patience=1, factor=0.5, minimum=0.25)
    state = plateau.start()
    for epoch in range(8):
        _, state = plateau.advance(state, epoch, 1.0)

    assert state.reductions == 1
