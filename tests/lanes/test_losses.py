from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tuner.lanes.losses import columns_of_sums, measure, metrics_of_sums, sums_only
from tuner.models import metrics_for
from tuner.models.losses import LOSSES
from tuner.models.mlp import OUTPUT_ACTIVATIONS
from tuner.study.metrics import Task

ALL: list[tuple[Task, str]] = [(task, loss) for task, names in LOSSES.items() for loss in dict.fromkeys(names.values())]
OUTPUTS = {"binary": 1, "multiclass": 4, "regression": 1}
ROWS, FILLERS = 21, 11

AUTO = {task: names["auto"] for task, names in LOSSES.items()}

every_loss = pytest.mark.parametrize(("task", "loss"), ALL)


SCALES = (0.2, 1.0, 30.0)
"""Of three targets."""


@tf.function(jit_compile=True, autograph=False)
def measured(
    loss: str, z: tf.Tensor, y: tf.Tensor, weights: tf.Tensor, sample_weights: tf.Tensor | None = None
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    return *measure(loss, z, y, weights, sample_weights), sums_only(loss, z, y, weights, sample_weights)


class InKeras:
    """A compiled Keras model whose logits are its weights, so that it can be given any."""

    def __init__(
        self, task: Task, loss: str, y: NDArray[Any], sample_weights: tuple[Any, ...] = (), scales: Any = ()
    ) -> None:
        inputs = keras.Input((len(y),))
        outputs = len(scales) or OUTPUTS[task]
        layer = keras.layers.Dense(outputs, activation=OUTPUT_ACTIVATIONS[task], use_bias=False)
        self._model = keras.Model(inputs, layer(inputs))
        self._model.compile(
            keras.optimizers.SGD(0.0), loss=loss, weighted_metrics=metrics_for(task, scales), jit_compile=False
        )
        self._kernel = layer.kernel
        rows = np.eye(len(y), dtype=np.float32)
        column = y if task == "multiclass" else y.reshape(len(y), -1)
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


def assert_reports(ours: Mapping[str, NDArray[Any]], lane: int, expected: dict[str, float], **tolerance: float) -> None:
    assert set(ours) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(ours[name][lane], value, **tolerance, err_msg=name)


@every_loss
def test_gradients_are_those_of_keras_and_0_in_filler_rows(task: Task, loss: str) -> None:
    z, y = logits(task), targets(task)
    gradient = measured(loss, *with_fillers(z, y))[0].numpy()
    model = InKeras(task, loss, y)
    assert not gradient[:, ROWS:].any()
    for lane, own in enumerate(z):
        np.testing.assert_allclose(gradient[lane, :ROWS], model.gradient(own), rtol=2e-6, atol=1e-8)


@every_loss
def test_the_loss_and_every_metric_are_what_keras_reports(task: Task, loss: str) -> None:
    z, y = logits(task), targets(task)
    _, sums, alone = measured(loss, *with_fillers(z, y))
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
    gradient, sums, alone = measured(loss, *with_fillers(z, y), np.pad(own, (0, FILLERS), constant_values=5.0))
    np.testing.assert_array_equal(sums, alone)
    ours = metrics_of_sums(task, sums.numpy(), ROWS, weight=float(own.sum()))
    model = InKeras(task, loss, y, (own,))
    assert not gradient.numpy()[:, ROWS:].any()
    for lane, logit in enumerate(z):
        np.testing.assert_allclose(gradient[lane, :ROWS], model.gradient(logit), rtol=2e-6, atol=1e-8)
        for expected in model.reports(logit):
            assert_reports(ours, lane, expected, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("loss", ["mean_squared_error", "mean_absolute_error"])
@pytest.mark.parametrize("weighted", [False, True])
def test_several_targets_have_the_gradients_of_keras_and_errors_in_their_own_units(loss: str, weighted: bool) -> None:
    z = logits("regression", outputs=len(SCALES))
    y = np.random.default_rng(5).normal(size=(ROWS, len(SCALES))).astype(np.float32)
    own = (row_weights(),) if weighted else ()
    rows = np.repeat(np.array([1, 0], np.float32), [ROWS, FILLERS])
    wide, tall = np.pad(z, [(0, 0), (0, FILLERS), (0, 0)], constant_values=7.0), np.pad(y, [(0, FILLERS), (0, 0)])
    gradient, sums, alone = measured(loss, wide, tall, rows, *(np.pad(each, (0, FILLERS)) for each in own))
    np.testing.assert_array_equal(sums, alone)
    assert sums.shape == (len(z), columns_of_sums("regression", len(SCALES)))
    ours = metrics_of_sums("regression", sums.numpy(), ROWS, SCALES, weight=float(own[0].sum()) if own else None)
    model = InKeras("regression", loss, y, own, SCALES)
    assert not gradient.numpy()[:, ROWS:].any()
    for lane, logit in enumerate(z):
        np.testing.assert_allclose(gradient[lane, :ROWS], model.gradient(logit), rtol=2e-6, atol=1e-8)
        for expected in model.reports(logit):
            assert_reports(ours, lane, expected, rtol=2e-6, atol=1e-7)


@every_loss
def test_weights_of_1_are_as_good_as_none(task: Task, loss: str) -> None:
    z, y = logits(task), targets(task)
    rows = np.ones(ROWS, np.float32)
    for weighted, plain in zip(measured(loss, z, y, rows, rows), measured(loss, z, y, rows), strict=True):
        np.testing.assert_allclose(weighted, plain, rtol=1e-6)


@every_loss
def test_a_batch_whose_rows_all_weigh_0_has_no_gradient(task: Task, loss: str) -> None:
    rows = np.ones(ROWS, np.float32)
    gradient, sums, _ = measured(loss, logits(task), targets(task), rows, 0 * rows)
    assert not gradient.numpy().any()
    assert not sums.numpy().any()


@every_loss
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_a_lane_that_is_not_finite_stays_alone(task: Task, loss: str, bad: float) -> None:
    z, y = logits(task), targets(task)
    weights = np.ones(ROWS, np.float32)
    expected = measured(loss, z, y, weights)
    z[1, 4] = bad
    for result, before in zip(measured(loss, z, y, weights), expected, strict=True):
        np.testing.assert_array_equal(result.numpy()[[0, 2, 3, 4]], before.numpy()[[0, 2, 3, 4]])


@every_loss
def test_a_diverged_lane_reports_what_keras_does(task: Task, loss: str) -> None:
    y = targets(task)
    bad = np.array([np.nan, np.inf, -np.inf], np.float32)
    z = np.repeat(logits(task, lanes=2)[1:], len(bad), axis=0)
    # All of a row's logits: what the probabilities are beside a single infinite one differs between Keras' kernels.
    z[:, ::2] = bad[:, np.newaxis, np.newaxis]
    gradient, sums, _ = measured(loss, z, y, np.ones(ROWS, np.float32))
    assert not np.isfinite(gradient[0]).all()
    ours = metrics_of_sums(task, sums.numpy(), ROWS)
    assert not np.isfinite(ours["loss"]).any()
    model = keras.Sequential([keras.Input((OUTPUTS[task],)), keras.layers.Activation(OUTPUT_ACTIVATIONS[task])])
    model.compile(loss=loss, metrics=metrics_for(task))
    column = y if task == "multiclass" else y.reshape(-1, 1)
    for lane, own in enumerate(z):
        expected = model.evaluate(own, column, ROWS, verbose=0, return_dict=True)
        assert_reports(ours, lane, expected, rtol=2e-6)


def test_of_equally_probable_classes_the_first_is_predicted_as_in_keras() -> None:
    y = np.array([0, 1, 2, 3, 0, 1, 2, 3], np.int32)
    tied = np.zeros((8, 4)), np.tile([1, 60, 60, 60], (8, 1)), np.tile([9, 9, 0, 9.5], (8, 1))
    z = np.array(tied, np.float32)
    ours = metrics_of_sums("multiclass", measured(AUTO["multiclass"], z, y, np.ones(8, np.float32))[1].numpy(), 8)
    assert ours["accuracy"].tolist() == [0.25, 0.25, 0.25]
    model = InKeras("multiclass", AUTO["multiclass"], y)
    for lane, own in enumerate(z):
        assert_reports(ours, lane, model.reports(own)[1], rtol=2e-6)


def test_a_probability_of_exactly_one_half_is_class_0_as_in_keras() -> None:
    y = np.array([0, 0, 1], np.float32)
    z = np.array([[0.0, 0.0, 0.0], [1e-8, -1e-8, 1e-8], [-1e-3, 1e-3, 1e-3]], np.float32)[..., np.newaxis]
    ours = metrics_of_sums("binary", measured(AUTO["binary"], z, y, np.ones(3, np.float32))[1].numpy(), 3)
    np.testing.assert_allclose(ours["accuracy"], [2 / 3] * 3)
    model = InKeras("binary", AUTO["binary"], y)
    for lane, own in enumerate(z):
        assert_reports(ours, lane, model.reports(own)[1], rtol=2e-6)


def test_an_absolute_error_of_0_pulls_neither_way() -> None:
    y = np.array([1.0, -2.0, 3.0], np.float32)
    z = np.array([1.0, -2.5, 3.5], np.float32).reshape(1, 3, 1)
    gradient = measured("mean_absolute_error", z, y, np.ones(3, np.float32))[0]
    np.testing.assert_allclose(gradient.numpy().ravel(), [0, -1 / 3, 1 / 3])


@every_loss
def test_what_is_in_filler_rows_does_not_matter_be_it_nan(task: Task, loss: str) -> None:
    z, y = logits(task), targets(task)
    plain = measured(loss, *with_fillers(z, y))
    for result, expected in zip(measured(loss, *with_fillers(z, y, filler=np.nan)), plain, strict=True):
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
    shape = [tf.TensorSpec([None, ROWS, OUTPUTS[task]]), tf.TensorSpec([ROWS], y.dtype), tf.TensorSpec([ROWS])]

    @tf.function(jit_compile=True, autograph=False, input_signature=shape)
    def program(z: tf.Tensor, y: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return measure(loss, z, y, weights)

    weights = np.ones(ROWS, np.float32)
    gradient, sums = program(z, y, weights)
    assert gradient.shape == z.shape
    assert sums.shape == (len(z), columns_of_sums(task, OUTPUTS[task]))
    np.testing.assert_array_equal(program(z[2:4], y, weights)[1], sums[2:4])
