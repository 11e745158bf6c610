"""The arrays of a lane program and the compiled functions over them; `program` is the face of it.

Matrix products are TensorFlow's own, which are twice as fast on a processor as XLA's; what happens between two of them
is one cluster of `clusters.py`. The whole epoch is one call: the loop over steps is in the graph. The backward pass is
written out by hand, so that no more is computed and kept than is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tuner.data.prepared import FloatArray, Prepared
from tuner.lanes.clusters import LaneSettings, clusters_for
from tuner.lanes.coefficients import COEFFICIENTS
from tuner.lanes.losses import SUMS
from tuner.lanes.signature import Signature

VALIDATION_ROWS = 512
"""Validation rows evaluated at once: enough to keep the processor busy, and little memory for each lane."""


class LaneGraph:
    """Variables and compiled functions of one signature, for any number of lanes.

    A layer's bias is the last row of its kernel, and each layer's input ends with a column of ones: one product less,
    and one array less to update.
    """

    def __init__(self, signature: Signature, shapes: Sequence[tuple[int, int]], prepared: Prepared) -> None:
        self._signature = signature
        self._clusters = clusters_for(signature.activations, signature.loss, signature.dropout, signature.shallow)
        self._layers = [_Layer(rows + 1, columns) for rows, columns in shapes]
        kind = np.int32 if signature.task == "multiclass" else np.float32
        self._x = tf.constant(_with_ones(prepared.x_train))
        self._y = tf.constant(prepared.y_train.astype(kind))
        rows = len(prepared.x_validation)
        batch = min(rows, VALIDATION_ROWS)
        filler = -rows % batch
        weight = np.concatenate([np.ones(rows, np.float32), np.zeros(filler, np.float32)])
        self._validation_x = _batched(_with_ones(prepared.x_validation), filler, batch)
        self._validation_y = _batched(prepared.y_validation.astype(kind), filler, batch)
        self._validation_weight = tf.constant(weight.reshape(-1, batch))
        self._compile(-(-len(prepared.x_train) // signature.batch_size))

    def _compile(self, steps: int) -> None:
        """Make the functions; each is traced when it is first called, and then once for any number of lanes."""
        floats, integers = tf.TensorSpec([None], tf.float32), tf.TensorSpec([None], tf.int32)
        keys = tf.TensorSpec([None], tf.uint32)
        settings = LaneSettings(integers, integers, integers, floats, keys, floats, floats)
        size = self._signature.batch_size
        kernels = [tf.TensorSpec([None, layer.rows, layer.columns], tf.float32) for layer in self._layers]
        self.arrange = _function(self._arrange, integers, tf.TensorSpec([], tf.int32))
        self.fill = _function(self._fill, integers, kernels, tf.TensorSpec([None, 2], tf.float32))
        self.keep = _function(self._keep, tf.TensorSpec([None], tf.bool))
        self.best_of = _function(self._best_of, tf.TensorSpec([], tf.int32))
        self.train = _function(
            self._train,
            tf.TensorSpec([steps, size], tf.int32),
            tf.TensorSpec([steps, size], tf.float32),
            tf.TensorSpec([steps, None, len(COEFFICIENTS)], tf.float32),
            integers,
            settings,
        )
        self.validate = _function(self._validate, settings)

    # What happens between epochs.

    def _arrange(self, kept: tf.Tensor, empty: tf.Tensor) -> None:
        """Keep some lanes, int32 [any], in a new order and put so many empty ones after them."""
        for layer in self._layers:
            for variable in layer:
                new = tf.zeros(tf.concat([[empty], tf.shape(variable)[1:]], 0))
                variable.assign(tf.concat([tf.gather(variable, kept), new], 0))

    def _fill(self, lanes: tf.Tensor, kernels: list[tf.Tensor], slots: tf.Tensor) -> None:
        """Write fresh networks over some lanes.

        Args:
            lanes: int32 [filled].
            kernels: float32 [filled, rows, columns] for each layer.
            slots: float32 [filled, 2], what the optimizer's first and second slot start from.
        """
        for layer, fresh in zip(self._layers, kernels, strict=True):
            ones = tf.ones_like(fresh)
            layer.weights.scatter_update(tf.IndexedSlices(fresh, lanes))
            layer.first.scatter_update(tf.IndexedSlices(ones * slots[:, 0, None, None], lanes))
            layer.second.scatter_update(tf.IndexedSlices(ones * slots[:, 1, None, None], lanes))
            layer.best.scatter_update(tf.IndexedSlices(fresh, lanes))

    def _keep(self, mask: tf.Tensor) -> None:
        """Remember the weights of the lanes in the mask, bool [lanes], as their best."""
        for layer in self._layers:
            layer.best.assign(tf.where(mask[:, None, None], layer.weights, layer.best))

    def _best_of(self, lane: tf.Tensor) -> list[tf.Tensor]:
        """The best weights of one lane, float32 [rows, columns] for each layer."""
        return [layer.best[lane] for layer in self._layers]

    # One epoch.

    def _train(
        self,
        chosen: tf.Tensor,
        weights: tf.Tensor,
        coefficients: tf.Tensor,
        taken: tf.Tensor,
        settings: LaneSettings,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Train all lanes for one epoch.

        Args:
            chosen: int32 [steps, batch], which rows.
            weights: float32 [steps, batch], 0 for a filler row.
            coefficients: float32 [steps, lanes, C], for the update rule.
            taken: int32 [lanes], steps that each lane has behind it.
            settings: of the lanes.
        Returns:
            What `measure` sums, over all rows: float32 [lanes, sums]; and the penalties over all rows: float32 [lanes].
        """

        def one(step: tf.Tensor, sums: tf.Tensor, penalties: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            rows, weight = chosen[step], weights[step]
            if self._signature.penalties:
                penalties += tf.reduce_sum(weight) * self._penalty(settings)
            x, y = tf.gather(self._x, rows), tf.gather(self._y, rows)
            gradients, summed = self._gradients(x, y, weight, taken + step, settings)
            for index, (layer, gradient) in enumerate(zip(self._layers, gradients, strict=True)):
                penalised = self._signature.penalties and index < self._signature.depth
                self._clusters.update(
                    layer.weights, layer.first, layer.second, gradient, coefficients[step], settings, penalised
                )
            return step + 1, sums + summed, penalties

        return self._loop(one, tf.shape(chosen)[0], tf.shape(taken)[0])

    def _validate(self, settings: LaneSettings) -> tuple[tf.Tensor, tf.Tensor]:
        """Measure all lanes on the validation rows.

        Returns:
            float32 [lanes, sums], what `sums_only` sums, over all rows; and float32 [lanes], the penalties.
        """

        def one(batch: tf.Tensor, sums: tf.Tensor, penalties: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            *_, h = self._forward(self._validation_x[batch], settings)[0]
            z = tf.matmul(h, self._layers[-1].weights)
            summed = self._clusters.sums(z, self._validation_y[batch], self._validation_weight[batch])
            return batch + 1, sums + summed, penalties

        sums, penalties = self._loop(one, tf.shape(self._validation_x)[0], tf.shape(settings.widths)[0])
        return sums, self._penalty(settings) if self._signature.penalties else penalties

    def _loop(self, one: Callable[..., Any], times: tf.Tensor, lanes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        count = len(SUMS[self._signature.task])
        _, sums, penalties = tf.while_loop(
            lambda step, *_: step < times,
            one,
            (tf.constant(0), tf.zeros([lanes, count]), tf.zeros([lanes])),
            shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, count]), tf.TensorShape([None])),
            parallel_iterations=1,
        )
        return sums, penalties

    def _penalty(self, settings: LaneSettings) -> tf.Tensor:
        return tf.add_n([self._clusters.penalize(layer.weights, settings) for layer in self._layers[:-1]])

    def _gradients(
        self, x: tf.Tensor, y: tf.Tensor, weight: tf.Tensor, taken: tf.Tensor, settings: LaneSettings
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        """One batch forward and backward: the gradient of every layer's weights, and what is summed over rows."""
        outputs, products = self._forward(x, settings, taken)
        dz, summed = self._clusters.measure(tf.matmul(outputs[-1], self._layers[-1].weights), y, weight)
        gradients, above = [], None
        for index in range(self._signature.depth, 0, -1):
            gradients.append(tf.matmul(outputs[index], dz, transpose_a=True))
            dh = tf.matmul(dz, self._layers[index].weights, transpose_b=True)
            number = tf.constant(index - 1, tf.uint32)
            dz, *rest = self._clusters.back(dh, products[index - 1], outputs[index], settings, number, taken, above)
            above = rest[0] if rest else None
        gradients.append(tf.matmul(tf.transpose(x)[None], dz))
        return gradients[::-1], summed

    def _forward(
        self, x: tf.Tensor, settings: LaneSettings, taken: tf.Tensor | None = None
    ) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """The hidden layers' outputs, the input before them, and their products; dropout if steps are given."""
        outputs, products = [x[None]], []
        for index, layer in enumerate(self._layers[:-1]):
            z = tf.matmul(outputs[-1], layer.weights)
            products.append(z)
            below = outputs[-1] if self._signature.shallow and index > 0 else None
            outputs.append(self._clusters.activate(z, settings, tf.constant(index, tf.uint32), taken, below))
        return outputs, products


class _Layer:
    """A layer's weights with the bias in the last row, its optimizer slots, and its best weights.

    Each is float32 [lanes, rows, columns], with no lanes yet.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        self.weights, self.first, self.second, self.best = (
            tf.Variable(tf.zeros([0, rows, columns]), shape=[None, rows, columns], trainable=False) for _ in range(4)
        )

    def __iter__(self) -> Iterator[tf.Variable]:
        return iter((self.weights, self.first, self.second, self.best))


def _function(function: Callable[..., Any], *signature: Any) -> Any:
    return tf.function(function, input_signature=signature, autograph=False)


def _with_ones(x: FloatArray) -> FloatArray:
    return np.concatenate([x, np.ones((len(x), 1), np.float32)], 1)


def _batched(rows: NDArray[Any], filler: int, batch: int) -> tf.Tensor:
    """Rows in batches of equal size, the last one filled up with copies of the first row."""
    return tf.constant(np.concatenate([rows, np.repeat(rows[:1], filler, 0)]).reshape(-1, batch, *rows.shape[1:]))
