"""The arrays of a lane program and the compiled functions over them; `program` is the face of it.

Matrix products are TensorFlow's own, which are twice as fast on a processor as XLA's; what happens between two of them
is one cluster of `clusters.py`. The whole epoch is one call: the loop over steps is in the graph. The backward pass is
written out by hand, so that no more is computed and kept than is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

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


SHORT = 32
"""Columns below which a layer's weights are kept as one row: XLA's loops over few are slow, and slower to compile."""


class LaneGraph:
    """Variables and compiled functions of one signature, for any number of lanes.

    A layer's bias is the last row of its kernel, and each layer's input ends with a column of ones: one product less,
    and one array less to update.

    The lanes are dealt out, in order and in equal numbers, to shards that know nothing of each other. TensorFlow may
    train them at the same time, each on a thread of its own: the operations of a step are too small to be split.
    """

    def __init__(
        self, signature: Signature, shapes: Sequence[tuple[int, int]], prepared: Prepared, *, shards: int
    ) -> None:
        self._signature = signature
        self._clusters = clusters_for(signature.activations, signature.loss, signature.dropout, signature.shallow)
        self._shapes = [(rows + 1, columns) for rows, columns in shapes]
        self._shards = [tuple(_layer(rows, columns) for rows, columns in self._shapes) for _ in range(shards)]
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
        self.train = _function(
            self._train,
            tf.TensorSpec([steps, size], tf.int32),
            tf.TensorSpec([steps, size], tf.float32),
            tf.TensorSpec([steps, None, len(COEFFICIENTS)], tf.float32),
            integers,
            settings,
        )
        self.validate = _function(self._validate, settings)
        # Of one shard, and so traced once for all of them.
        self._train_one = tf.function(self._train_shard, autograph=False)
        self._validate_one = tf.function(self._validate_shard, autograph=False)

    # What happens between epochs, which is little: a trace would take longer than all of it in most searches.

    def arrange(self, kept: Sequence[int], room: int) -> None:
        """Keep some lanes in a new order, and put empty ones after them.

        Args:
            kept: the lanes that stay; they become lanes 0, 1, ...
            room: how many lanes there shall be, a multiple of the number of shards.
        """
        stay = tf.constant(kept, tf.int32, shape=[len(kept)])
        for layers in zip(*self._shards, strict=True):
            for variables in zip(*layers, strict=True):
                every = tf.gather(tf.concat(variables, 0), stay)
                empty = tf.zeros([room - len(kept), *variables[0].shape[1:]])
                for variable, own in zip(variables, self._dealt(tf.concat([every, empty], 0)), strict=True):
                    variable.assign(own)

    def fill(self, lanes: NDArray[np.int32], kernels: Sequence[FloatArray], slots: FloatArray) -> None:
        """Write fresh networks over some lanes.

        Args:
            lanes: int32 [filled].
            kernels: float32 [filled, rows, columns] for each layer.
            slots: float32 [filled, 2], what the optimizer's first and second slot start from.
        """
        for index, shard in enumerate(self._shards):
            each = _lanes_of(shard)
            own = np.flatnonzero(lanes // each == index)
            if not len(own):
                continue
            places = tf.constant(lanes[own] - index * each)
            for layer, kernel in zip(shard, kernels, strict=True):
                fresh = kernel[own].reshape(-1, *layer.weights.shape[1:])
                starts = [np.broadcast_to(slot[:, None, None], fresh.shape) for slot in slots[own].T]
                for variable, values in zip(layer, (fresh, *starts, fresh), strict=True):
                    variable.scatter_update(tf.IndexedSlices(tf.constant(values), places))

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Remember the weights of the lanes in the mask, bool [lanes], as their best."""
        for shard, own in zip(self._shards, np.split(mask, len(self._shards)), strict=True):
            for layer in shard:
                layer.best.assign(tf.where(own[:, None, None], layer.weights, layer.best))

    def best_of(self, lane: int) -> list[FloatArray]:
        """The best weights of one lane, float32 [rows, columns] for each layer."""
        shard, place = divmod(lane, _lanes_of(self._shards[0]))
        layers = zip(self._shards[shard], self._shapes, strict=True)
        return [layer.best[place].numpy().reshape(shape) for layer, shape in layers]

    def _dealt(self, by_lane: tf.Tensor, axis: int = 0) -> list[tf.Tensor]:
        """The share of each shard in an array with something for every lane."""
        return list(tf.split(by_lane, len(self._shards), axis))

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
        dealt = zip(self._dealt(coefficients, 1), self._dealt(taken), *map(self._dealt, settings), strict=True)
        results = [
            self._train_one(shard, chosen, weights, own, steps, LaneSettings(*each))
            for shard, (own, steps, *each) in zip(self._shards, dealt, strict=True)
        ]
        return _together(results)

    def _train_shard(
        self,
        shard: _Shard,
        chosen: tf.Tensor,
        weights: tf.Tensor,
        coefficients: tf.Tensor,
        taken: tf.Tensor,
        settings: LaneSettings,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """As `_train`, with the lanes of one shard."""

        def one(step: tf.Tensor, sums: tf.Tensor, penalties: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            rows, weight = chosen[step], weights[step]
            if self._signature.penalties:
                penalties += tf.reduce_sum(weight) * self._penalty(shard, settings)
            x, y = tf.gather(self._x, rows), tf.gather(self._y, rows)
            gradients, summed = self._gradients(shard, x, y, weight, taken + step, settings)
            for index, (layer, gradient) in enumerate(zip(shard, gradients, strict=True)):
                penalised = self._signature.penalties and index < self._signature.depth
                self._clusters.update(
                    layer.weights,
                    layer.first,
                    layer.second,
                    tf.reshape(gradient, [-1, *layer.weights.shape[1:]]),
                    coefficients[step],
                    settings,
                    self._shapes[index][1] if penalised else None,
                )
            return step + 1, sums + summed, penalties

        return self._loop(one, tf.shape(chosen)[0], tf.shape(taken)[0])

    def _validate(self, settings: LaneSettings) -> tuple[tf.Tensor, tf.Tensor]:
        """Measure all lanes on the validation rows.

        Returns:
            float32 [lanes, sums], what `sums_only` sums, over all rows; and float32 [lanes], the penalties.
        """
        dealt = zip(*map(self._dealt, settings), strict=True)
        results = [
            self._validate_one(shard, LaneSettings(*each)) for shard, each in zip(self._shards, dealt, strict=True)
        ]
        return _together(results)

    def _validate_shard(self, shard: _Shard, settings: LaneSettings) -> tuple[tf.Tensor, tf.Tensor]:
        """As `_validate`, with the lanes of one shard."""

        def one(batch: tf.Tensor, sums: tf.Tensor, penalties: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            *_, h = self._forward(shard, self._validation_x[batch], settings)[0]
            z = tf.matmul(h, self._kernel(shard, -1))
            summed = self._clusters.sums(z, self._validation_y[batch], self._validation_weight[batch])
            return batch + 1, sums + summed, penalties

        sums, penalties = self._loop(one, tf.shape(self._validation_x)[0], tf.shape(settings.widths)[0])
        return sums, self._penalty(shard, settings) if self._signature.penalties else penalties

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

    def _kernel(self, shard: _Shard, layer: int) -> tf.Tensor:
        """A layer's weights with the biases in the last row, float32 [lanes, rows, columns]."""
        return tf.reshape(shard[layer].weights, [-1, *self._shapes[layer]])

    def _penalty(self, shard: _Shard, settings: LaneSettings) -> tf.Tensor:
        kernels = [self._kernel(shard, layer) for layer in range(self._signature.depth)]
        return tf.add_n([self._clusters.penalize(kernel, settings) for kernel in kernels])

    def _gradients(
        self, shard: _Shard, x: tf.Tensor, y: tf.Tensor, weight: tf.Tensor, taken: tf.Tensor, settings: LaneSettings
    ) -> tuple[list[tf.Tensor], tf.Tensor]:
        """One batch forward and backward: the gradient of every layer's weights, and what is summed over rows."""
        outputs, products = self._forward(shard, x, settings, taken)
        dz, summed = self._clusters.measure(tf.matmul(outputs[-1], self._kernel(shard, -1)), y, weight)
        gradients, above = [], None
        for index in range(self._signature.depth, 0, -1):
            gradients.append(tf.matmul(outputs[index], dz, transpose_a=True))
            dh = tf.matmul(dz, self._kernel(shard, index), transpose_b=True)
            number = tf.constant(index - 1, tf.uint32)
            dz, *rest = self._clusters.back(dh, products[index - 1], outputs[index], settings, number, taken, above)
            above = rest[0] if rest else None
        gradients.append(tf.matmul(tf.transpose(x)[None], dz))
        return gradients[::-1], summed

    def _forward(
        self, shard: _Shard, x: tf.Tensor, settings: LaneSettings, taken: tf.Tensor | None = None
    ) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """The hidden layers' outputs, the input before them, and their products; dropout if steps are given."""
        outputs, products = [x[None]], []
        for index in range(self._signature.depth):
            z = tf.matmul(outputs[-1], self._kernel(shard, index))
            products.append(z)
            below = outputs[-1] if self._signature.shallow and index > 0 else None
            outputs.append(self._clusters.activate(z, settings, tf.constant(index, tf.uint32), taken, below))
        return outputs, products


class _Layer(NamedTuple):
    """A layer's weights, its optimizer's slots, and its best weights, of the lanes of one shard.

    Each is float32 [lanes, rows, columns], or [lanes, 1, rows * columns] if the columns are few, with the biases last.
    """

    weights: tf.Variable
    first: tf.Variable
    second: tf.Variable
    best: tf.Variable


_Shard = tuple[_Layer, ...]


def _layer(rows: int, columns: int) -> _Layer:
    """A layer with no lanes yet."""
    shape = (1, rows * columns) if columns < SHORT else (rows, columns)
    return _Layer(*(tf.Variable(tf.zeros([0, *shape]), shape=[None, *shape], trainable=False) for _ in range(4)))


def _lanes_of(shard: _Shard) -> int:
    return int(tf.shape(shard[0].weights)[0])


def _together(results: Sequence[tuple[tf.Tensor, tf.Tensor]]) -> tuple[tf.Tensor, tf.Tensor]:
    """What the shards said, one after another."""
    sums, penalties = zip(*results, strict=True)
    return tf.concat(sums, 0), tf.concat(penalties, 0)


def _function(function: Callable[..., Any], *signature: Any) -> Any:
    return tf.function(function, input_signature=signature, autograph=False)


def _with_ones(x: FloatArray) -> FloatArray:
    return np.concatenate([x, np.ones((len(x), 1), np.float32)], 1)


def _batched(rows: NDArray[Any], filler: int, batch: int) -> tf.Tensor:
    """Rows in batches of equal size, the last one filled up with copies of the first row."""
    return tf.constant(np.concatenate([rows, np.repeat(rows[:1], filler, 0)]).reshape(-1, batch, *rows.shape[1:]))
