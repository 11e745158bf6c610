from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tuner.hyperparameters import OPTIMIZERS, OPTIMIZERS_WITH_MOMENTUM, Hyperparameters
from tuner.hyperparameters.layers import WITH_A_WIDTH, width_name
from tuner.schedules import Constant, Cosine, Iir, OneCycle, Plateau, Rise, Warmup, values

EVERYTHING: dict[str, Any] = {
    "batch_size": 64,
    "epochs": 30,
    "loss": "mae",
    "layers": {"depth": 3, "width": 100, "activation": "selu", "initializer": "lecun_normal", "dropout": 0.25},
    "optimizer": {"kind": "sgd", "learning_rate": 0.3, "nesterov": True},
    "schedule": {"kind": "piecewise", "boundaries": [10, 20], "values": [0.1, 0.01]},
    "warmup": {"epochs": 3, "start_share": 0.2},
    "plateau": {"patience": 4, "factor": 0.5},
    "momentum": {"kind": "rise", "start": 0.5, "maximum": 0.95},
    "early_stopping": {"patience": 7},
}  # fmt: skip


def made(**stated: Any) -> Hyperparameters:
    return Hyperparameters.model_validate(stated)


def refusal(**stated: Any) -> str:
    with pytest.raises(ValidationError) as error:
        made(**stated)
    (only,) = error.value.errors()
    return ".".join([*map(str, only["loc"]), only["msg"]])


def test_hyperparameters_left_out_are_an_ordinary_network_under_adam() -> None:
    plain = made()

    assert (plain.batch_size, plain.epochs, plain.loss) == (32, 40, "auto")
    assert (plain.layers.depth, plain.layers.width, plain.layers.activation) == (2, 64, "relu")
    assert (plain.layers.dropout, plain.layers.l1, plain.layers.l2) == (0, 0, 0)
    assert (plain.optimizer.kind, plain.optimizer.learning_rate) == ("adam", 0.001)
    assert (plain.warmup, plain.plateau, plain.momentum, plain.early_stopping) == (None,) * 4
    assert plain.learning_rate_schedule("minimize") == Constant(initial=0.001)


@pytest.mark.parametrize(
    ("stated", "place"),
    [
        ({"epochs": "40"}, "epochs"),
        ({"epochs": True}, "epochs"),
        ({"epochs": 4.0}, "epochs"),
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"loss": "hinge"}, "loss"),
        ({"layers": {"dropout": 1.0}}, "layers.dropout"),
        ({"layers": {"dropout": "0.5"}}, "layers.dropout"),
        ({"layers": {"l2": -1e-9}}, "layers.l2"),
        ({"layers": {"l2": float("nan")}}, "layers.l2"),
        ({"layers": {"activation": "Relu"}}, "layers.activation"),
        ({"optimizer": {"kind": "sgd", "learning_rate": 0}}, "optimizer.sgd.learning_rate"),
        ({"optimizer": {"kind": "sgd", "learning_rate": float("inf")}}, "optimizer.sgd.learning_rate"),
        ({"optimizer": {"kind": "adam", "beta_1": 1}}, "optimizer.adam.beta_1"),
        ({"schedule": {"kind": "iir", "alpha": 1.5}}, "schedule.iir.alpha"),
        ({"schedule": {"kind": "piecewise", "boundaries": [1.5], "values": [0.1]}}, "schedule.piecewise.boundaries.0"),
        ({"schedule": {"kind": "piecewise", "boundaries": [5], "values": ["1"]}}, "schedule.piecewise.values.0"),
        ({"warmup": {"epochs": 0}}, "warmup.epochs"),
        ({"warmup": {"start_share": 1.5}}, "warmup.start_share"),
        ({"schedule": {"kind": "one_cycle", "shape": "square"}}, "schedule.one_cycle.shape"),
        ({"plateau": {"factor": 1}}, "plateau.factor"),
        ({"early_stopping": {"patience": 0}}, "early_stopping.patience"),
    ],
)
def test_a_value_that_cannot_be_is_refused_at_its_place(stated: dict[str, Any], place: str) -> None:
    assert refusal(**stated).startswith(f"{place}.Input should be ")


@pytest.mark.parametrize("layer", WITH_A_WIDTH)
def test_a_layer_has_its_own_width_or_that_of_the_layer_before(layer: int) -> None:
    widths = made(layers={"depth": 7, "width": 9, width_name(layer): 5}).layers.widths
    assert widths == (9,) * (layer - 1) + (5,) * (8 - layer)


def test_a_width_of_a_layer_that_there_is_not_is_refused() -> None:
    assert "layers.width_3" in refusal(layers={"depth": 2, "width_3": 5})


@pytest.mark.parametrize(
    ("stated", "place"),
    [
        ({"epoch": 40}, "epoch"),
        ({"layers": {"depht": 2}}, "layers.depht"),
        ({"optimizer": {"kind": "adagrad", "momentum": 0.9}}, "optimizer.adagrad.momentum"),
        ({"schedule": {"kind": "iir", "alpha": 0.9, "initial": 0.1}}, "schedule.iir.initial"),
        ({"plateau": {"monitor": "val_loss"}}, "plateau.monitor"),
    ],
)
def test_an_unknown_name_is_refused_at_its_place(stated: dict[str, Any], place: str) -> None:
    assert refusal(**stated) == f"{place}.Extra inputs are not permitted"


@pytest.mark.parametrize("table", ["optimizer", "schedule", "momentum"])
def test_an_unknown_kind_is_refused_with_the_known_ones(table: str) -> None:
    said = refusal(**{table: {"kind": "cosin"}})

    assert said.startswith(f"{table}.Input tag 'cosin'")
    assert "expected tags: " in said


def test_a_learning_rate_cannot_follow_a_momentums_rise() -> None:
    assert refusal(schedule={"kind": "rise", "maximum": 0.9}).startswith("schedule.Input tag 'rise'")


def test_a_whole_number_is_fine_where_a_number_is_asked_for() -> None:
    assert made(optimizer={"kind": "sgd", "learning_rate": 1}).optimizer.learning_rate == 1.0


@pytest.mark.parametrize("kind", sorted(set(OPTIMIZERS) - set(OPTIMIZERS_WITH_MOMENTUM)))
def test_a_momentum_schedule_beside_an_optimizer_without_momentum_is_refused(kind: str) -> None:
    said = refusal(optimizer={"kind": kind}, momentum={"kind": "rise", "start": 0.5, "maximum": 0.9})

    assert said == f"Value error, momentum is for optimizers with a momentum, which {kind} has not"


@pytest.mark.parametrize(("kind", "setting"), [("sgd", "momentum"), ("rmsprop", "momentum"), ("nadam", "beta_1")])
def test_an_optimizers_own_momentum_beside_a_momentum_schedule_is_refused(kind: str, setting: str) -> None:
    said = refusal(optimizer={"kind": kind, setting: 0.8}, momentum={"kind": "constant", "initial": 0.9})

    assert said.startswith(f"Value error, optimizer.{setting} is driven by hyperparameters.momentum already")


@pytest.mark.parametrize("kind", ["iir", "cosine"])
def test_a_minimum_above_the_learning_rate_is_refused_as_the_schedules_minimum(kind: str) -> None:
    own = {"alpha": 0.9} if kind == "iir" else {}
    said = refusal(optimizer={"kind": "adam", "learning_rate": 1e-4}, schedule={"kind": kind, "minimum": 0.01, **own})

    assert said == "Value error, schedule.minimum must not exceed the initial value 0.0001, but is 0.01"


@pytest.mark.parametrize(
    "momentum",
    [
        {"kind": "constant", "initial": 1},
        {"kind": "rise", "start": 0.9, "maximum": 1.0, "step": 0.05},
        {"kind": "piecewise", "initial": 0.5, "boundaries": [3], "values": [1.0]},
    ],
    ids=lambda momentum: momentum["kind"],
)
def test_a_momentum_that_reaches_one_within_the_training_is_refused(momentum: dict[str, Any]) -> None:
    said = refusal(epochs=4, optimizer={"kind": "sgd"}, momentum=momentum)

    assert said == "Value error, momentum must stay below 1, but reaches 1"


def test_a_momentum_that_would_reach_one_after_the_last_epoch_is_fine() -> None:
    rise = {"kind": "rise", "start": 0.9, "maximum": 1.0, "step": 0.05}

    assert made(epochs=2, optimizer={"kind": "sgd"}, momentum=rise).momentum_schedule() is not None


def test_a_momentums_settings_that_do_not_go_together_are_named_as_in_the_study_file() -> None:
    rise = refusal(optimizer={"kind": "sgd"}, momentum={"kind": "rise", "start": 0.9, "maximum": 0.5})
    iir = refusal(momentum={"kind": "iir", "initial": 0.5, "minimum": 0.9, "alpha": 0.5})

    assert rise == "Value error, momentum.maximum must not be below the start 0.9, but is 0.5"
    assert iir == "Value error, momentum.minimum must not exceed the initial value 0.5, but is 0.9"


@pytest.mark.parametrize(
    ("stated", "settings"),
    [
        (
            {"schedule": {"kind": "iir", "alpha": 0.9, "minimum": 0.5}},
            ("schedule.minimum", "optimizer.learning_rate"),
        ),
        (
            {"momentum": {"kind": "iir", "alpha": 0.9, "initial": 0.5, "minimum": 0.9}},
            ("momentum.minimum", "momentum.initial"),
        ),
        (
            {"momentum": {"kind": "rise", "start": 0.9, "maximum": 0.5}},
            ("momentum.maximum", "momentum.start"),
        ),
    ],
)
def test_settings_that_do_not_go_together_are_all_named_by_their_places(
    stated: dict[str, Any], settings: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError) as error:
        made(**stated)

    (cause,) = (detail["ctx"]["error"] for detail in error.value.errors())
    assert cause.settings == settings


@pytest.mark.parametrize("kind", ["cosine", "linear"])
def test_a_curve_without_a_span_reaches_its_end_in_the_last_epoch(kind: str) -> None:
    end = {"cosine": "minimum", "linear": "end"}[kind]
    falling = made(epochs=30, optimizer={"kind": "sgd", "learning_rate": 0.3}, schedule={"kind": kind, end: 0.05})
    drawn = values(falling.learning_rate_schedule("minimize"), 30)

    assert drawn[0] == pytest.approx(0.3)
    assert drawn[28] > 0.0501
    assert drawn[29] == pytest.approx(0.05)


def test_a_training_of_one_epoch_trains_at_the_learning_rate() -> None:
    single = made(epochs=1, optimizer={"kind": "sgd", "learning_rate": 0.3}, schedule={"kind": "cosine"})

    assert values(single.learning_rate_schedule("minimize"), 1) == [0.3]


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_a_plateau_lies_on_top_of_the_schedule_and_watches_the_searchs_direction(direction: Any) -> None:
    both = made(
        optimizer={"kind": "adam", "learning_rate": 0.3},
        schedule={"kind": "iir", "alpha": 0.9, "minimum": 1e-4},
        plateau={"patience": 3, "factor": 0.5, "minimum": 1e-5},
    )

    assert both.learning_rate_schedule(direction) == Plateau(
        curve=Iir(initial=0.3, minimum=1e-4, alpha=0.9), patience=3, factor=0.5, minimum=1e-5, direction=direction
    )


def test_a_warm_up_comes_before_the_schedule_which_still_ends_with_the_training() -> None:
    warm = made(
        epochs=30,
        optimizer={"kind": "sgd", "learning_rate": 0.3},
        schedule={"kind": "cosine", "minimum": 0.01},
        warmup={"epochs": 5, "start_share": 0.2},
    )
    schedule = warm.learning_rate_schedule("minimize")

    assert schedule == Warmup(curve=Cosine(initial=0.3, minimum=0.01, span=24), epochs=5, start_share=0.2)
    drawn = values(schedule, 30)
    assert (drawn[0], drawn[5], drawn[29]) == pytest.approx((0.06, 0.3, 0.01))
    assert drawn[28] > 0.0101


def test_a_plateau_lies_on_top_of_the_warm_up() -> None:
    both = made(optimizer={"kind": "adam", "learning_rate": 0.3}, warmup={"epochs": 2}, plateau={"patience": 3})

    assert both.learning_rate_schedule("minimize") == Plateau(
        curve=Warmup(curve=Constant(initial=0.3), epochs=2), patience=3
    )


def test_a_warm_up_that_leaves_no_epoch_for_the_schedule_is_refused() -> None:
    said = refusal(epochs=5, warmup={"epochs": 5})

    assert said == "Value error, warmup.epochs must leave an epoch for the schedule, but is 5 of 5"
    assert values(made(epochs=5, warmup={"epochs": 4}).learning_rate_schedule("minimize"), 5)[4] == 0.001


def test_a_momentum_can_dip_in_one_cycle_while_the_rate_rises() -> None:
    dip = {"kind": "one_cycle", "initial": 0.95, "peak_factor": 0.9, "end": 0.95}
    schedule = made(epochs=21, optimizer={"kind": "sgd"}, momentum=dip).momentum_schedule()

    assert schedule == OneCycle(initial=0.95, peak_factor=0.9, end=0.95, span=20)
    assert min(values(schedule, 21)) == pytest.approx(0.855)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_momentum_left_alone_is_the_optimizers_own(kind: str) -> None:
    expected = {"sgd": 0.0, "rmsprop": 0.0, "adagrad": None, "adadelta": None}.get(kind, 0.9)
    schedule = made(optimizer={"kind": kind}).momentum_schedule()

    assert schedule == (None if expected is None else Constant(initial=expected))


@pytest.mark.parametrize("kind", OPTIMIZERS_WITH_MOMENTUM)
def test_momentum_follows_what_the_optimizer_states_or_what_the_schedule_says(kind: str) -> None:
    setting = OPTIMIZERS[kind].momentum_setting
    rise = {"kind": "rise", "start": 0.5, "maximum": 0.9, "step": 0.02}

    assert made(optimizer={"kind": kind, setting: 0.7}).momentum_schedule() == Constant(initial=0.7)
    assert made(optimizer={"kind": kind}, momentum=rise).momentum_schedule() == Rise(
        initial=0.5, maximum=0.9, step=0.02
    )


def test_a_momentums_curve_without_a_span_ends_with_the_training() -> None:
    falling = made(epochs=11, momentum={"kind": "cosine", "initial": 0.9, "minimum": 0.5})

    assert falling.momentum_schedule() == Cosine(initial=0.9, minimum=0.5, span=10)


def test_hyperparameters_are_frozen_values() -> None:
    one, same, other = made(**EVERYTHING), made(**EVERYTHING), made(**{**EVERYTHING, "epochs": 31})

    assert one == same
    assert one != other
    assert len({one, same, other}) == 2
    with pytest.raises(ValidationError, match="frozen"):
        one.epochs = 3  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        one.layers.width = 3  # type: ignore[misc]


@pytest.mark.parametrize("stated", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_hyperparameters_come_back_from_json_as_they_were(stated: dict[str, Any]) -> None:
    one = made(**stated)

    assert Hyperparameters.model_validate_json(one.model_dump_json()) == one
    assert Hyperparameters.model_validate(one.model_dump(mode="json")) == one


def test_a_study_files_lists_become_tuples() -> None:
    schedule: Any = made(**EVERYTHING).schedule

    assert schedule.boundaries == (10, 20)
    assert schedule.values == (0.1, 0.01)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"loss": "mse", "huber_delta": 0.5}, "huber_delta is for the loss huber, but that is mse"),
        (
            {"loss": "kl_divergence", "label_smoothing": 0.1},
            "label_smoothing is for the loss auto, cross_entropy, binary_cross_entropy, categorical_cross_entropy or "
            "sparse_categorical_cross_entropy, but that is kl_divergence",
        ),
        (
            {"loss": "huber", "class_weights": "balanced"},
            "class_weights is for the loss auto, cross_entropy, binary_cross_entropy, categorical_cross_entropy, "
            "sparse_categorical_cross_entropy, kl_divergence, mse or mae, but that is huber",
        ),
    ],
)
def test_a_setting_that_does_nothing_beside_the_loss_is_refused(stated: dict[str, Any], said: str) -> None:
    assert refusal(**stated) == f"Value error, {said}"


@pytest.mark.parametrize("loss", ["mse", "huber", "kl_divergence", "auto"])
def test_what_a_trial_has_with_all_defaults_can_be_read_again(loss: str) -> None:
    chosen = made(loss=loss)
    assert Hyperparameters.model_validate(chosen.model_dump()) == chosen


@pytest.mark.parametrize("stated", [{"huber_delta": 0}, {"label_smoothing": 1}, {"label_smoothing": -0.1}], ids=str)
def test_deltas_and_shares_have_bounds(stated: dict[str, Any]) -> None:
    (name,) = stated
    assert refusal(loss="huber" if name == "huber_delta" else "auto", **stated).startswith(f"{name}.Input should be ")
