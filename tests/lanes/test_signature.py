"""Which settings put trials into different programs, and which do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tuner.hyperparameters import OPTIMIZERS, Hyperparameters
from tuner.lanes.signature import Expected, Signature, signature_of

STATED: dict[str, Any] = {"layers": {"depth": 2, "width": 12, "activation": "relu"}}

SPACE = Expected(widths=(8, 16, 50), activations=("relu", "tanh"))


def signature(
    changed: dict[str, Any] | None = None, expected: Expected = SPACE, *, data: str = "main", loss: str = "any"
) -> Signature:
    """The signature of a small configuration, with some settings changed."""
    changed = dict(changed or {})
    layers = {**STATED["layers"], **changed.pop("layers", {})}
    chosen = Hyperparameters.model_validate({**changed, "layers": layers})
    return signature_of(chosen, data=data, task="multiclass", features=4, outputs=3, loss=loss, expected=expected)


@pytest.mark.parametrize(
    "changed",
    [
        *({"optimizer": {"kind": kind}} for kind in OPTIMIZERS),
        {"optimizer": {"kind": "adam", "learning_rate": 0.5, "beta_2": 0.9}},
        {"schedule": {"kind": "iir", "alpha": 0.5}},
        {"momentum": {"kind": "rise", "start": 0.5, "maximum": 0.9}},
        {"warmup": {"epochs": 3}},
        {"plateau": {"patience": 2}},
        {"early_stopping": {"patience": 2}},
        {"epochs": 3},
        {"layers": {"activation": "tanh"}},
        {"layers": {"initializer": "he_uniform"}},
        {"layers": {"width": 9}},
        {"layers": {"width": 16}},
    ],
    ids=str,
)
def test_a_lanes_own_settings_leave_it_in_the_same_program(changed: dict[str, Any]) -> None:
    assert signature(changed) == signature()


@pytest.mark.parametrize(
    "changed",
    [
        {"batch_size": 33},
        {"layers": {"depth": 3}},
        {"layers": {"width": 8}},
        {"layers": {"width": 17}},
        {"layers": {"activation": "gelu"}},
        {"layers": {"dropout": 0.1}},
        {"layers": {"l1": 0.1}},
        {"layers": {"l2": 0.1}},
    ],
    ids=str,
)
def test_what_the_arrays_and_the_compiled_step_hang_on_makes_another_program(changed: dict[str, Any]) -> None:
    assert signature(changed) != signature()


def test_other_data_and_another_loss_make_other_programs() -> None:
    assert len({signature(), signature(data="elsewhere"), signature(loss="another")}) == 3


def test_l1_and_l2_and_both_share_a_program() -> None:
    tables = ({"l1": 0.1}, {"l2": 0.1}, {"l1": 0.1, "l2": 0.2})
    assert len({signature({"layers": layers}) for layers in tables}) == 1


def test_where_dropout_and_penalties_are_expected_a_trial_without_them_shares_their_program() -> None:
    space = Expected(techniques=frozenset({"dropout", "penalties"}))
    with_both = signature({"layers": {"dropout": 0.3, "l1": 0.1}}, space)
    assert with_both == signature({}, space)
    assert with_both.techniques == {"dropout", "penalties"}


@pytest.mark.parametrize(("width", "room"), [(1, 8), (8, 8), (9, 16), (17, 50), (50, 50), (51, 64), (65, 128)])
def test_a_width_gets_the_smallest_expected_room_or_else_a_power_of_two(width: int, room: int) -> None:
    assert signature({"layers": {"width": width}}).width == room


@pytest.mark.parametrize(("width", "room"), [(1, 1), (2, 2), (3, 4), (64, 64), (65, 128)])
def test_where_nothing_is_expected_a_width_gets_the_next_power_of_two(width: int, room: int) -> None:
    assert signature({"layers": {"width": width}}, Expected()).width == room


def test_a_program_has_the_expected_activations_and_an_unexpected_one_has_its_own() -> None:
    assert signature().activations == ("relu", "tanh")
    assert signature({"layers": {"activation": "gelu"}}).activations == ("gelu",)
    assert signature({}, Expected()).activations == ("relu",)


@pytest.mark.parametrize(
    ("changed", "loss", "stays"),
    [
        ({"label_smoothing": 0.1}, "sparse_categorical_crossentropy", False),
        ({"class_weights": "balanced"}, "sparse_categorical_crossentropy", False),
        ({"class_weights": "balanced"}, "kl_divergence", False),
        ({"loss": "huber", "huber_delta": 0.5}, "huber", True),
    ],
)
def test_what_costs_something_in_a_step_makes_a_program_of_its_own_unless_expected(
    changed: dict[str, Any], loss: str, stays: bool
) -> None:
    plain, other = signature(loss=loss), signature(changed, loss=loss)
    assert (plain == other) is stays
    expected = replace(SPACE, techniques=frozenset({"label_smoothing", "class_weights"}))
    assert signature(expected=expected, loss=loss) == signature(changed, expected, loss=loss)


def test_labels_are_smoothed_by_cross_entropies_alone_and_numbers_have_no_classes() -> None:
    expected = replace(SPACE, techniques=frozenset({"label_smoothing", "class_weights"}))
    assert not signature(expected=expected, loss="mean_squared_error").label_smoothing
    chosen = Hyperparameters.model_validate(STATED)
    of_numbers = signature_of(
        chosen, data="", task="regression", features=4, outputs=1, loss="huber", expected=expected
    )
    assert not of_numbers.label_smoothing
    assert not of_numbers.class_weights
    assert not of_numbers.own_log_loss


@pytest.mark.parametrize(
    ("loss", "changed", "own"),
    [
        ("sparse_categorical_crossentropy", {}, False),
        ("sparse_categorical_crossentropy", {"label_smoothing": 0.1}, True),
        ("sparse_categorical_crossentropy", {"class_weights": "balanced"}, True),
        ("kl_divergence", {}, True),
    ],
)
def test_the_log_loss_is_summed_only_where_it_is_another_number_than_the_loss(
    loss: str, changed: dict[str, Any], own: bool
) -> None:
    assert signature(changed, loss=loss).own_log_loss is own
