from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tuner.lanes.loss_settings import NO_SETTINGS, LossSettings
from tuner.lanes.losses import Rule, columns_of_sums, measure, metrics_of_sums, sums_only
from tuner.models import metrics_for
from tuner.models.mlp import OUTPUT_ACTIVATIONS
from tuner.study.losses import LOSSES, is_cross_entropy
from tuner.study.metrics import Task

ALL: list[tuple[Task, str]] = [(task, loss) for task, names in LOSSES.items() for loss in dict.fromkeys(names.values())]
OUTPUTS = {"binary": 1, "multiclass": 4, "regression": 1}
ROWS, FILLERS = 21, 11

AUTO = {task: names["auto"] for task, names in LOSSES.items()}

every_loss = pytest.mark.parametrize(("task", "loss"), ALL)


SCALES = (0.2, 1.0, 30.0)
"""Of three targets."""


def measured(
    task: Task, loss: str, z: Any, y: Any, weights: Any, sample_weights: Any = None, own: LossSettings = NO_SETTINGS
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Gradient and sums, and the sums without a gradient, which are the same."""
    if loss == "huber" and own.delta is None:
        own = own._replace(delta=tf.ones(len(z)))
    own_log_loss = task != "regression" and (not is_cross_entropy(loss) or own != NO_SETTINGS)
    return _measured(Rule(task, loss, own_log_loss), z, y, weights, sample_weights, own)


@tf.function(jit_compile=True, autograph=False)
def _measured(
    rule: Rule, z: tf.Tensor, y: tf.Tensor, weights: tf.Tensor, sample_weights: tf.Tensor | None, own: LossSettings
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    return *measure(rule, z, y, weights, sample_weights, own), sums_only(rule, z, y, weights, sample_weights, own)


class InKeras:
    """A compiled Keras model whose logits are its weights, so that it can be given any.

    Losses of several classes other than the sparse cross-entropy get one-hot targets, as Keras has them.
    """

    def __init__(
        self, task: Task, loss: Any, y: NDArray[Any], sample_weights: tuple[Any, ...] = (), scales: Any = ()
    ) -> None:
        inputs = keras.Input((len(y),))
        outputs = len(scales) or OUTPUTS[task]
        layer = keras.layers.Dense(outputs, activation=OUTPUT_ACTIVATIONS[task], use_bias=False)
        self._model = keras.Model(inputs, layer(inputs))
        one_hot = task == "multiclass" and loss != AUTO[task]
        metrics = one_hot_metrics() if one_hot else metrics_for(task, scales)
        self._model.compile(keras.optimizers.SGD(0.0), loss=loss, weighted_metrics=metrics, jit_compile=False)
        self._kernel = layer.kernel
        rows = np.eye(len(y), dtype=np.float32)
        column = y if task == "multiclass" else y.reshape(len(y), -1)
        if one_hot:
            column = np.eye(outputs, dtype=np.float32)[y]
        self._batch = tf.data.Dataset.from_tensors((rows, column, *sample_weights))

    def reports(self, z: NDArray[np.float32]) -> tuple[dict[str, float], dict[str, float]]:
        """The loss and the metrics of a training and of an evaluation."""
        self._kernel.assign(z)
        evaluated = self._model.evaluate(self._batch, verbose=0, return_dict=True)
        trained = self._model.fit(self._batch, shuffle=False, verbose=0).history
        return {name: value for name, (value,) in trained.items()}, evaluated

    def gradient(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        self._kernel.assign(z)
        return self._gradient().numpy()

    @tf.function(autograph=False)
    def _gradient(self) -> tf.Tensor:
        x, y, *sample_weights = self._batch.get_single_element()
        with tf.GradientTape() as tape:
            loss = self._model.compute_loss(x, y, self._model(x, training=True), *sample_weights)
        return tape.gradient(loss, self._kernel.value)


def one_hot_metrics() -> list[keras.metrics.Metric]:
    return [keras.metrics.CategoricalCrossentropy(name="log_loss"), keras.metrics.CategoricalAccuracy(name="accuracy")]


def targets(task: Task) -> NDArray[Any]:
    draw = np.random.default_rng(5)
    if task == "multiclass":
        return draw.integers(0, OUTPUTS[task], ROWS).astype(np.int32)
    return (draw.integers(0, 2, ROWS) if task == "binary" else draw.normal(size=ROWS)).astype(np.float32)


def logits(task: Task, lanes: int = 5, outputs: int = 0) -> NDArray[np.float32]:
    """Small ones, ordinary ones and extreme ones, each lane with its own."""
    spread = np.array([1e-3, 1.0, 10.0, 50.0, 1000.0])[:lanes].reshape(-1, 1, 1)
    shape = (lanes, ROWS, outputs or OUTPUTS[task])
    return (spread * np.random.default_rng(6).normal(size=shape)).astype(np.float32)


def row_weights() -> NDArray[np.float32]:
    """From 0, which a third of the rows have, to 3."""
    draw = np.random.default_rng(7)
    return (draw.uniform(0, 3, ROWS) * (draw.random(ROWS) > 1 / 3)).astype(np.float32)


def with_fillers(z: NDArray[Any], y: NDArray[Any], filler: float = 7.0) -> tuple[Any, Any, NDArray[np.float32]]:
    """The same rows with others behind them, and the weights that tell them apart."""
    wide = np.pad(z, [(0, 0), (0, FILLERS), (0, 0)], constant_values=filler)
    return wide, np.pad(y, (0, FILLERS)), np.repeat(np.array([1, 0], np.float32), [len(y), FILLERS])


def noise(loss: str) -> float:
    """How far gradients may differ anyway: those of KL divergence are what is left of numbers close to 1."""
    return 5e-8 if loss == "kl_divergence" else 1e-8


def assert_reports(ours: Mapping[str, NDArray[Any]], lane: int, expected: dict[str, float], **tolerance: float) -> None:
    assert set(ours) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(ours[name][lane], value, **tolerance, err_msg=name)


@every_loss
def test_gradients_are_those_of_keras_and_0_in_filler_rows(task: Task, loss: str) -> None:
    z, y = logits(task), targets(task)
    gradient = measured(task, loss, *with_fillers(z, y))[0].numpy()
    model = InKeras(task, loss, y)
    assert not gradient[:, ROWS:].any()
    for lane, own in enumerate(z):
        np.testing.assert_allclose(gradient[lane, :ROWS], model.gradient(own), rtol=2e-6, atol=noise(loss))


@every_loss
def test_the_loss_and_every_metric_are_what_keras_reports(task: Task, loss: str) -> None:
    z, y = logits(task), targets(task)
    _, sums, alone = measured(task, loss, *with_fillers(z, y))
    np.testing.assert_array_equal(sums, alone)
    ours = metrics_of_sums(task, sums.numpy(), ROWS)
    model = InKeras(task, loss, y)
    for lane, own in enumerate(z):
        for expected in model.reports(own):
            assert_reports(ours, lane, expected, rtol=2e-6, atol=1e-7)


@every_loss
def test_weighted_rows_have_the_gradients_and_the_metrics_of_keras(task: Task, loss: str) -> None:
    z, y, own = logits(task), targets(task), row_weights()
    assert 0 < np.count_nonzero(own) < ROWS
    gradient, sums, alone = measured(task, loss, *with_fillers(z, y), np.pad(own, (0, FILLERS), constant_values=5.0))
    np.testing.assert_array_equal(sums, alone)
    ours = metrics_of_sums(task, sums.numpy(), ROWS, weight=float(own.sum()))
    model = InKeras(task, loss, y, (own,))
    assert not gradient.numpy()[:, ROWS:].any()
    for lane, logit in enumerate(z):
        np.testing.assert_allclose(gradient[lane, :ROWS], model.gradient(logit), rtol=2e-6, atol=noise(loss))
        for expected in model.reports(logit):
            assert_reports(ours, lane, expected, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("loss", dict.fromkeys(LOSSES["regression"].values()))
@pytest.mark.parametrize("weighted", [False, True])
def test_several_targets_have_the_gradients_of_keras_and_errors_in_their_own_units(loss: str, weighted: bool) -> None:
    z = logits("regression", outputs=len(SCALES))
    y = np.random.default_rng(5).normal(size=(ROWS, len(SCALES))).astype(np.float32)
    own = (row_weights(),) if weighted else ()
    rows = np.repeat(np.array([1, 0], np.float32), [ROWS, FILLERS])
    wide, tall = np.pad(z, [(0, 0), (0, FILLERS), (0, 0)], constant_values=7.0), np.pad(y, [(0, FILLERS), (0, 0)])
    gradient, sums, alone = measured(
        "regression", loss, wide, tall, rows, *(np.pad(each, (0, FILLERS)) for each in own)
    )
    np.testing.assert_array_equal(sums, alone)
    assert sums.shape == (len(z), columns_of_sums("regression", len(SCALES)))
    ours = metrics_of_sums("regression", sums.numpy(), ROWS, SCALES, weight=float(own[0].sum()) if own else None)
    model = InKeras("regression", loss, y, own, SCALES)
    assert not gradient.numpy()[:, ROWS:].any()
    for lane, logit in enumerate(z):
        np.testing.assert_allclose(gradient[lane, :ROWS], model.gradient(logit), rtol=2e-6, atol=noise(loss))
        for expected in model.reports(logit):
            assert_reports(ours, lane, expected, rtol=2e-6, atol=1e-7)


@every_loss
def test_weights_of_1_are_as_good_as_none(task: Task, loss: str) -> None:
    z, y = logits(task), targets(task)
    rows = np.ones(ROWS, np.float32)
    for weighted, plain in zip(measured(task, loss, z, y, rows, rows), measured(task, loss, z, y, rows), strict=True):
        np.testing.assert_allclose(weighted, plain, rtol=1e-6)


@every_loss
def test_a_batch_whose_rows_all_weigh_0_has_no_gradient(task: Task, loss: str) -> None:
    rows = np.ones(ROWS, np.float32)
    gradient, sums, _ = measured(task, loss, logits(task), targets(task), rows, 0 * rows)
    assert not gradient.numpy().any()
    assert not sums.numpy().any()


@every_loss
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_a_lane_that_is_not_finite_stays_alone(task: Task, loss: str, bad: float) -> None:
    z, y = logits(task), targets(task)
    weights = np.ones(ROWS, np.float32)
    expected = measured(task, loss, z, y, weights)
    z[1, 4] = bad
    for result, before in zip(measured(task, loss, z, y, weights), expected, strict=True):
        np.testing.assert_array_equal(result.numpy()[[0, 2, 3, 4]], before.numpy()[[0, 2, 3, 4]])


@every_loss
def test_a_diverged_lane_reports_what_keras_does(task: Task, loss: str) -> None:
    y = targets(task)
    bad = np.array([np.nan, np.inf, -np.inf], np.float32)
    z = np.repeat(logits(task, lanes=2)[1:], len(bad), axis=0)
    # All of a row's logits: what the probabilities are beside a single infinite one differs between Keras' kernels.
    z[:, ::2] = bad[:, np.newaxis, np.newaxis]
    gradient, sums, _ = measured(task, loss, z, y, np.ones(ROWS, np.float32))
    assert not np.isfinite(gradient[0]).all()
    ours = metrics_of_sums(task, sums.numpy(), ROWS)
    # Infinite logits are a sure yes or no, and so are the squares and sizes of such an error.
    assert np.isfinite(ours["loss"]).tolist() == [False, *[task == "binary" and not is_cross_entropy(loss)] * 2]
    model = keras.Sequential([keras.Input((OUTPUTS[task],)), keras.layers.Activation(OUTPUT_ACTIVATIONS[task])])
    one_hot = task == "multiclass" and loss != AUTO[task]
    model.compile(loss=loss, metrics=one_hot_metrics() if one_hot else metrics_for(task))
    column = np.eye(OUTPUTS[task])[y] if one_hot else y if task == "multiclass" else y.reshape(-1, 1)
    for lane, own in enumerate(z):
        expected = model.evaluate(own, column, ROWS, verbose=0, return_dict=True)
        assert_reports(ours, lane, expected, rtol=2e-6)


def test_of_equally_probable_classes_the_first_is_predicted_as_in_keras() -> None:
    y = np.array([0, 1, 2, 3, 0, 1, 2, 3], np.int32)
    tied = np.zeros((8, 4)), np.tile([1, 60, 60, 60], (8, 1)), np.tile([9, 9, 0, 9.5], (8, 1))
    z = np.array(tied, np.float32)
    ours = metrics_of_sums(
        "multiclass", measured("multiclass", AUTO["multiclass"], z, y, np.ones(8, np.float32))[1].numpy(), 8
    )
    assert ours["accuracy"].tolist() == [0.25, 0.25, 0.25]
    model = InKeras("multiclass", AUTO["multiclass"], y)
    for lane, own in enumerate(z):
        assert_reports(ours, lane, model.reports(own)[1], rtol=2e-6)


def test_a_probability_of_exactly_one_half_is_class_0_as_in_keras() -> None:
    y = np.array([0, 0, 1], np.float32)
    z = np.array([[0.0, 0.0, 0.0], [1e-8, -1e-8, 1e-8], [-1e-3, 1e-3, 1e-3]], np.float32)[..., np.newaxis]
    ours = metrics_of_sums("binary", measured("binary", AUTO["binary"], z, y, np.ones(3, np.float32))[1].numpy(), 3)
    np.testing.assert_allclose(ours["accuracy"], [2 / 3] * 3)
    model = InKeras("binary", AUTO["binary"], y)
    for lane, own in enumerate(z):
        assert_reports(ours, lane, model.reports(own)[1], rtol=2e-6)


def test_an_absolute_error_of_0_pulls_neither_way() -> None:
    y = np.array([1.0, -2.0, 3.0], np.float32)
    z = np.array([1.0, -2.5, 3.5], np.float32).reshape(1, 3, 1)
    gradient = measured("regression", "mean_absolute_error", z, y, np.ones(3, np.float32))[0]
    np.testing.assert_allclose(gradient.numpy().ravel(), [0, -1 / 3, 1 / 3])


@every_loss
def test_what_is_in_filler_rows_does_not_matter_be_it_nan(task: Task, loss: str) -> None:
    z, y = logits(task), targets(task)
    plain = measured(task, loss, *with_fillers(z, y))
    for result, expected in zip(measured(task, loss, *with_fillers(z, y, filler=np.nan)), plain, strict=True):
        np.testing.assert_array_equal(result, expected)


def test_a_regressions_errors_are_in_target_units_and_its_loss_is_not() -> None:
    sums = np.array([[8.0, 8.0, 4.0], [2.0, 2.0, 1.0]], np.float32)
    ours = metrics_of_sums("regression", sums, np.array([2, 2]), target_scale=10.0)
    assert {name: values.tolist() for name, values in ours.items()} == {
        "loss": [4.0, 1.0],
        "rmse": [20.0, 10.0],
        "mae": [20.0, 5.0],
    }


@every_loss
def test_the_number_of_lanes_need_not_be_known_when_the_program_is_made(task: Task, loss: str) -> None:
    z, y = logits(task), targets(task)
    shape = [
        tf.TensorSpec([None, ROWS, OUTPUTS[task]]), tf.TensorSpec([ROWS], y.dtype), tf.TensorSpec([ROWS]),
        tf.TensorSpec([None]),
    ]  # fmt: skip

    @tf.function(jit_compile=True, autograph=False, input_signature=shape)
    def program(z: tf.Tensor, y: tf.Tensor, weights: tf.Tensor, delta: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return measure(Rule(task, loss), z, y, weights, own=LossSettings(delta=delta))

    weights = np.ones(ROWS, np.float32)
    gradient, sums = program(z, y, weights, np.ones(len(z), np.float32))
    assert gradient.shape == z.shape
    assert sums.shape == (len(z), columns_of_sums(task, OUTPUTS[task]))
    np.testing.assert_array_equal(program(z[2:4], y, weights, np.ones(2, np.float32))[1], sums[2:4])


# What of its loss is a lane's own.


def assert_as_keras(task: Task, loss: Any, y: NDArray[Any], z: NDArray[Any], found: Any, lane: int) -> None:
    """One lane's gradient and reports, beside those of a Keras model with a loss of its own."""
    gradient, sums, alone = found
    np.testing.assert_array_equal(sums, alone)
    ours, model = metrics_of_sums(task, sums.numpy(), ROWS), InKeras(task, loss, y)
    np.testing.assert_allclose(gradient[lane], model.gradient(z[lane]), rtol=2e-6, atol=1e-8)
    for expected in model.reports(z[lane]):
        assert_reports(ours, lane, expected, rtol=2e-6, atol=1e-7)


def test_each_lane_has_a_delta_of_its_own() -> None:
    z, y = logits("regression"), targets("regression")
    deltas = np.array([0.01, 0.3, 1.0, 1.7, 40.0], np.float32)
    found = measured(
        "regression", "huber", z, y, np.ones(ROWS, np.float32), own=LossSettings(delta=tf.constant(deltas))
    )
    for lane, delta in enumerate(deltas):
        assert_as_keras("regression", keras.losses.Huber(float(delta)), y, z, found, lane)


def test_an_error_as_large_as_delta_pulls_with_delta() -> None:
    z, y = np.array([[[2.0], [-2.0], [0.5]]], np.float32), np.zeros(3, np.float32)
    own = LossSettings(delta=tf.constant([2.0]))
    gradient, sums, _ = measured("regression", "huber", z, y, np.ones(3, np.float32), own=own)
    np.testing.assert_allclose(3 * gradient.numpy().ravel(), [2.0, -2.0, 0.5], rtol=1e-6)
    assert sums[0, 0].numpy() == pytest.approx(2 + 2 + 0.125)


SMOOTHINGS = np.array([0.0, 0.1, 0.3, 0.9, 0.05], np.float32)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_each_lane_smooths_its_labels_by_a_share_of_its_own(task: Task) -> None:
    of_keras = keras.losses.BinaryCrossentropy if task == "binary" else keras.losses.CategoricalCrossentropy
    z, y = logits(task), targets(task)
    own = LossSettings(smoothing=tf.constant(SMOOTHINGS))
    found = measured(task, AUTO[task], z, y, np.ones(ROWS, np.float32), own=own)
    for lane, share in enumerate(SMOOTHINGS):
        assert_as_keras(task, of_keras(label_smoothing=float(share)), y, z, found, lane)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_lane_without_smoothing_has_the_numbers_of_a_program_without(task: Task) -> None:
    z, y, rows = logits(task), targets(task), np.ones(ROWS, np.float32)
    plain = measured(task, AUTO[task], z, y, rows)
    smoothed = measured(task, AUTO[task], z, y, rows, own=LossSettings(smoothing=tf.constant(SMOOTHINGS)))
    np.testing.assert_array_equal(smoothed[0][0], plain[0][0])
    np.testing.assert_allclose(smoothed[1][0, :2], plain[1][0], rtol=1e-6)
    np.testing.assert_allclose(smoothed[1][:, 1:], plain[1].numpy()[:, ::-1], rtol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_only_lanes_that_balance_their_classes_weight_them(weighted: bool) -> None:
    task: Task = "multiclass"
    z, y, rows = logits(task), targets(task), np.ones(ROWS, np.float32)
    of_classes = np.array([0.5, 3.0, 1.5, 0.25], np.float32)[y]
    sample_weights = row_weights() if weighted else None
    own = LossSettings(balanced=tf.constant([False, True, True, False, True]))
    gradient, sums = measure(Rule(task, AUTO[task], True), z, y, rows, sample_weights, own, of_classes)
    for lane, balanced in enumerate(own.balanced.numpy()):
        counts = (of_classes if balanced else rows) * (row_weights() if weighted else rows)
        expected = InKeras(task, AUTO[task], y, (counts,)).reports(z[lane])[0]
        np.testing.assert_allclose(
            gradient[lane], InKeras(task, AUTO[task], y, (counts,)).gradient(z[lane]), rtol=2e-6, atol=1e-8
        )
        loss, correct, log_loss = sums[lane].numpy()
        assert loss / ROWS == pytest.approx(expected["loss"], rel=1e-5)
        # As Keras' `class_weight`: it weights the metrics only if rows have weights, too.
        if not weighted:
            expected = InKeras(task, AUTO[task], y).reports(z[lane])[0]
        over = counts.sum() if weighted else ROWS
        assert log_loss / over == pytest.approx(expected["log_loss"], rel=1e-5)
        assert correct / over == pytest.approx(expected["accuracy"], rel=1e-5)
