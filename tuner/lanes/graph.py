"""The arrays of a lane program and the compiled epoch over them; `program` is the face of it.

Lanes are kept and trained in blocks of a few: what a block needs for a step stays in a core's own cache, several cores
train several blocks, and XLA compiles the epoch of one block, once, for any number of lanes. The whole epoch is one
call into that program: the loop over steps is in there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tuner.data.class_weights import balanced_row_weights
from tuner.data.prepared import FloatArray, Prepared
from tuner.lanes.arrays import arrays_in
from tuner.lanes.clipping import clipped
from tuner.lanes.lane_settings import LaneSettings, PackedSettings
from tuner.lanes.losses import columns_of_sums
from tuner.lanes.network import Mixed, Networks, Step, Targets, Weights
from tuner.lanes.noise import GRADIENT_NOISE, normal
from tuner.lanes.normalization import Rows
from tuner.lanes.signature import Signature
from tuner.lanes.state import LayerState
from tuner.lanes.update import update
from tuner.lanes.used import used

VALIDATION_ROWS = 128
"""Validation rows evaluated at once: what a block makes of them stays in the cache."""

ROUNDED = 8
"""Fewer rows than that are filled up to a multiple of this, so that folds of almost equal size have equal shapes."""

SHORT = 32
"""Columns below which a layer's weights are kept as one row: XLA's loops over few are slow, and slower to compile."""


ON_GRADIENTS = frozenset({"clipping_by_value", "clipping_by_norm", "clipping_by_global_norm", "gradient_noise"})


class Batches(NamedTuple):
    """Rows in batches of equal size, the same for all lanes.

    Attributes:
        x: float32 [batches, rows, features + 1].
        y: [batches, rows], or [batches, rows, targets] if these are several.
        weights: float32 [batches, rows], 1 for a real row and 0 for a filler row.
        sample_weights: float32 [batches, rows], how much each row counts; None if all count alike.
        class_weights: float32 [batches, rows], how much more each row counts in lanes that balance their classes; None
            in validation, and in a program without such lanes.
    """

    x: tf.Tensor
    y: tf.Tensor
    weights: tf.Tensor
    sample_weights: tf.Tensor | None = None
    class_weights: tf.Tensor | None = None

    def sample_weights_of(self, batch: tf.Tensor) -> tf.Tensor | None:
        """Those of one batch, float32 [rows]."""
        return None if self.sample_weights is None else self.sample_weights[batch]

    def targets_of(self, batch: tf.Tensor) -> Targets:
        """What is to be said of one batch, with all weights."""
        return Targets(self.y[batch], self.sample_weights_of(batch), self.class_weights_of(batch))

    def class_weights_of(self, batch: tf.Tensor) -> tf.Tensor | None:
        """Those of one batch, float32 [rows]."""
        return None if self.class_weights is None else self.class_weights[batch]


class Validated(NamedTuple):
    """What the lanes of a block come to on the validation rows.

    Attributes:
        sums: float32 [lanes, sums], what `sums_only` sums over all rows.
        penalties: float32 [lanes].
        outputs: float32 [lanes, rows, outputs], what `predict` would give; None if nothing is measured of it.
    """

    sums: FloatArray
    penalties: FloatArray
    outputs: FloatArray | None


class LaneGraph:
    """Variables of blocks of lanes of one signature, and the rows that they are trained on.

    Args:
        prepared: the data.
        functions: over one block.
    """

    def __init__(self, prepared: Prepared, functions: BlockFunctions) -> None:
        self._shapes = functions.shapes
        self._block = functions.block
        self._blocks: list[_Block] = []
        kind = kind_of_target(functions.signature)
        self._x = tf.constant(_with_ones(prepared.x_train))
        self._y = tf.constant(prepared.y_train.astype(kind))
        self._sample_weights = None if prepared.weights_train is None else tf.constant(prepared.weights_train)
        balancing = functions.signature.class_weights
        self._class_weights = tf.constant(balanced_row_weights(prepared)) if balancing else None
        self._validation_rows = rows = len(prepared.x_validation)
        batches, batch = validation_batches(rows)
        filler = batches * batch - rows
        weight = np.concatenate([np.ones(rows, np.float32), np.zeros(filler, np.float32)])
        self._validation = Batches(
            _batched(_with_ones(prepared.x_validation), filler, batch),
            _batched(prepared.y_validation.astype(kind), filler, batch),
            tf.constant(weight.reshape(-1, batch)),
            None if prepared.weights_validation is None else _batched(prepared.weights_validation, filler, batch),
        )
        self._train, self._validate = functions.train, functions.validate

    # What happens between epochs, which is little: a trace would take longer than all of it in most searches.

    def arrange(self, kept: Sequence[int], blocks: int) -> None:
        """Keep some lanes in a new order, and put empty ones after them.

        Args:
            kept: the lanes that stay; they become lanes 0, 1, ...
            blocks: how many blocks there shall be.
        """
        stay = tf.constant(kept, tf.int32, shape=[len(kept)])
        fresh = [_new_block(self._shapes, self._block) for _ in range(blocks)]
        if kept:
            for index in range(len(self._shapes)):
                for kind in range(len(_Layer._fields)):
                    every = tf.concat([block[index][kind] for block in self._blocks], 0)
                    empty = tf.zeros([blocks * self._block - len(kept), *every.shape[1:]])
                    arranged = tf.split(tf.concat([tf.gather(every, stay), empty], 0), blocks)
                    for block, values in zip(fresh, arranged, strict=True):
                        block[index][kind].assign(values)
        self._blocks = fresh

    def fill(self, lanes: NDArray[np.int32], layers: Sequence[LayerState]) -> None:
        """Write other networks over some lanes.

        Args:
            lanes: int32 [filled].
            layers: float32 [filled, rows, columns] each.
        """
        for index, block in enumerate(self._blocks):
            own = np.flatnonzero(lanes // self._block == index)
            if not len(own):
                continue
            places = tf.constant(lanes[own] - index * self._block)
            for variables, layer in zip(block, layers, strict=True):
                for variable, values in zip(variables, layer, strict=True):
                    written = values[own].reshape(-1, *variable.shape[1:])
                    variable.scatter_update(tf.IndexedSlices(tf.constant(written), places))

    def keep(self, block: int, mask: NDArray[np.bool_]) -> None:
        """Remember the weights of the lanes in the mask, bool [lanes] of a block, as their best."""
        if not mask.any():
            return
        for layer in self._blocks[block]:
            layer.best.assign(layer.weights if mask.all() else tf.where(mask[:, None, None], layer.weights, layer.best))

    def read(self, lane: int) -> list[LayerState]:
        """What is in one lane, float32 [rows, columns] each."""
        block, place = divmod(lane, self._block)
        layers = zip(self._blocks[block], self._shapes, strict=True)
        return [LayerState(*(each[place].numpy().reshape(shape) for each in layer)) for layer, shape in layers]

    # One epoch.

    def epoch(self, chosen: NDArray[np.int32], weights: FloatArray) -> Batches:
        """The training rows in an order.

        Args:
            chosen: int32 [steps, batch], which rows.
            weights: float32 [steps, batch], 0 for a filler row.
        """
        order = tf.constant(chosen)
        x, y = tf.gather(self._x, order), tf.gather(self._y, order)
        counts = [
            None if each is None else tf.gather(each, order) for each in (self._sample_weights, self._class_weights)
        ]
        return Batches(x, y, tf.constant(weights), *counts)

    def train(
        self,
        block: int,
        epoch: Batches,
        coefficients: FloatArray,
        taken: NDArray[np.int32],
        levels: FloatArray,
        mixing: FloatArray,
        settings: PackedSettings,
    ) -> tuple[FloatArray, FloatArray]:
        """Train the lanes of a block for one epoch. Blocks may be trained at the same time, each by a thread.

        Args:
            block: which.
            epoch: the rows.
            coefficients: float32 [steps, lanes, C], for the update rule.
            taken: int32 [lanes], steps that each lane has behind it.
            levels: float32 [lanes, 2], standard deviations of the noise on activations and on gradients.
            mixing: float32 [steps, lanes], what mixup leaves of each row itself; no steps in a program without mixup.
            settings: of the lanes.
        Returns:
            What `measure` sums, over all rows: float32 [lanes, sums]; and the penalties over all rows: float32 [lanes].
        """
        layers = [(layer.weights, layer.first, layer.second) for layer in self._blocks[block]]
        sums, penalties = self._train(layers, epoch, *map(tf.constant, (coefficients, taken, levels, mixing)), settings)
        return sums.numpy(), penalties.numpy()

    def validate(self, block: int, settings: PackedSettings) -> Validated:
        """Measure the lanes of a block on the validation rows."""
        weights = [layer.weights for layer in self._blocks[block]]
        sums, penalties, *outputs = self._validate(weights, self._validation, settings)
        return Validated(sums.numpy(), penalties.numpy(), self._of_real_rows(*outputs) if outputs else None)

    def _of_real_rows(self, outputs: tf.Tensor) -> FloatArray:
        """Outputs [batches, lanes, rows, outputs] without those of filler rows, [lanes, rows, outputs]."""
        by_lane = np.moveaxis(outputs.numpy(), 1, 0)
        flat: FloatArray = by_lane.reshape(self._block, -1, by_lane.shape[-1])[:, : self._validation_rows]
        return flat

    def compile_validation(self, settings: PackedSettings) -> None:
        """Compile what `validate` runs, ahead of its time.

        Args:
            settings: of any lanes, as many as a block has.
        """
        self._validate([layer.weights for layer in _new_block(self._shapes, self._block)], self._validation, settings)


class BlockFunctions:
    """The functions over one block, which get all arrays as arguments, so that one compilation serves many programs.

    Attributes:
        signature: what the lanes share.
        arrays: of a lane.
        shapes: rows and columns of each of them.
        block: lanes in a block.
        train, validate: as `_train_block` and `_validate_block`.
    """

    def __init__(self, signature: Signature, block: int) -> None:
        self.signature = self._signature = signature
        self.arrays = self._arrays = arrays_in(signature)
        self.shapes = self._shapes = self.arrays.shapes
        self.block = self._block = block
        self._networks = Networks(signature)
        self.train = _Compiled(self._train_block)
        self.validate = _Compiled(self._validate_block)

    def _train_block(
        self,
        layers: Sequence[tuple[tf.Variable, tf.Variable, tf.Variable]],
        epoch: Batches,
        coefficients: tf.Tensor,
        taken: tf.Tensor,
        levels: tf.Tensor,
        mixing: tf.Tensor,
        packed: PackedSettings,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """As `LaneGraph.train`."""
        settings = packed.unpacked(self._signature)

        def one(step: tf.Tensor, sums: tf.Tensor, penalties: tf.Tensor, layers: _Trained) -> _Loop:
            weights = self._weights([weights for weights, _, _ in layers])
            row_weights = epoch.weights[step]
            if "penalties" in self._signature.techniques:
                penalties += tf.reduce_sum(row_weights) * self._networks.penalty(weights.layers, settings)
            x, targets, mixed = _for_each_lane(epoch.x[step], settings), epoch.targets_of(step), None
            now = Step(row_weights, taken + step, levels)
            if "mixup" in self._signature.techniques:
                x, mixed = _mixed(epoch.x[step], targets, row_weights, mixing[step])
            pulled = self._networks.pulled(weights, x, targets, settings, now, mixed)
            gradients = self._gradients(pulled.gradients, [weights for weights, _, _ in layers], settings, now)
            trained = []
            for index, (own, gradient, moved) in enumerate(zip(layers, gradients, pulled.moved, strict=True)):
                updated, first, second = update(*own[:1], gradient, *own[1:], coefficients[step])
                trained.append((self._with(updated, index, moved), first, second))
            return step + 1, sums + pulled.sums, penalties, trained

        start = [tuple(variable.read_value() for variable in layer) for layer in layers]
        sums, penalties, trained = self._loop(one, epoch, start)
        for variables, values in zip(layers, trained, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        return sums, penalties

    def _validate_block(
        self, weights: Sequence[tf.Variable], rows: Batches, packed: PackedSettings
    ) -> tuple[tf.Tensor, ...]:
        """As `LaneGraph.validate`; the outputs only if anything is measured of them, and batch by batch."""
        settings = packed.unpacked(self._signature)
        arrays = self._weights(weights)
        start = [tf.TensorArray(tf.float32, rows.x.shape[0])] if self._signature.measured else []

        def one(batch: tf.Tensor, sums: tf.Tensor, penalties: tf.Tensor, kept: _Kept) -> _Loop:
            x = _for_each_lane(rows.x[batch], settings)
            summed = self._networks.sums(
                arrays, x, rows.y[batch], rows.weights[batch], settings, rows.sample_weights_of(batch)
            )
            kept = [each.write(batch, self._networks.outputs(arrays, x, settings)) for each in kept]
            return batch + 1, sums + summed, penalties, kept

        sums, penalties, kept = self._loop(one, rows, start)
        if "penalties" in self._signature.techniques:
            penalties = self._networks.penalty(arrays.layers, settings)
        return sums, penalties, *(each.stack() for each in kept)

    def _loop(self, one: Callable[..., _Loop], rows: Batches, start: _Carried) -> tuple[tf.Tensor, tf.Tensor, _Carried]:
        signature = self._signature
        columns = columns_of_sums(signature.task, signature.outputs, signature.own_log_loss)
        sums = tf.zeros([self._block, columns])
        times = rows.x.shape[0]
        _, sums, penalties, end = tf.while_loop(
            lambda step, *_: step < times, one, (tf.constant(0), sums, tf.zeros([self._block]), start)
        )
        return sums, penalties, end

    def _weights(self, kept: Sequence[tf.Tensor]) -> Weights:
        """The lanes' arrays out of the form in which they are kept."""
        whole = [tf.reshape(each, [self._block, *shape]) for each, shape in zip(kept, self._shapes, strict=True)]
        layers = self._signature.depth + 1
        beside = [
            {name: array[:, row : row + 1] for row, name in enumerate(names)}
            for names, array in zip(self._arrays.names[layers:], whole[layers:], strict=True)
        ]
        inputs = beside.pop() if self._arrays.inputs else {}
        return Weights(whole[:layers], beside, inputs)

    def _gradients(
        self, pulled: Sequence[tf.Tensor | Rows], kept: Sequence[tf.Tensor], settings: LaneSettings, step: Step
    ) -> list[tf.Tensor]:
        """What is minimized, penalties included, with respect to each array as it is kept; clipped, and with noise."""
        gradients = []
        for index, (gradient, weights, names) in enumerate(zip(pulled, kept, self._arrays.names, strict=True)):
            if isinstance(gradient, Mapping):
                nothing = tf.zeros([self._block, 1, self._shapes[index][1]])
                gradient = tf.concat([gradient.get(name, nothing) for name in names], 1)
            gradient = tf.reshape(gradient, weights.shape)
            if "penalties" in self._signature.techniques and index < self._signature.depth:
                gradient += self._networks.penalty_gradient(weights, settings, biases=self._shapes[index][1])
            gradients.append(gradient)
        techniques = self._signature.techniques
        if techniques.isdisjoint(ON_GRADIENTS):
            return gradients
        whole = [tf.reshape(each, [self._block, *shape]) for each, shape in zip(gradients, self._shapes, strict=True)]
        whole = clipped(whole, self._arrays.segments, settings.clipping, settings.limit, techniques)
        if "gradient_noise" in techniques:
            whole = [each + self._gradient_noise(index, settings, step) for index, each in enumerate(whole)]
        return [tf.reshape(each, weights.shape) for each, weights in zip(whole, kept, strict=True)]

    def _gradient_noise(self, index: int, settings: LaneSettings, step: Step) -> tf.Tensor:
        """What is added to the gradient of an array, float32 [lanes, rows, columns]."""
        rows, columns = self._shapes[index]
        deviation = step.levels[:, 1] / (1.0 + tf.cast(step.taken, tf.float32)) ** settings.noise_decay
        drawn = normal(settings.keys, tf.cast(step.taken, tf.uint32), GRADIENT_NOISE + index, rows=rows, units=columns)
        return tf.where(used(self._arrays, index, settings), deviation[:, None, None] * drawn, 0.0)

    def _with(self, kept: tf.Tensor, index: int, moved: Rows) -> tf.Tensor:
        """An array as it is kept, with other values in some of its rows."""
        if not moved:
            return kept
        array = tf.reshape(kept, [self._block, *self._shapes[index]])
        names = self._arrays.names[index]
        rows = [moved.get(name, array[:, row : row + 1]) for row, name in enumerate(names)]
        return tf.reshape(tf.concat(rows, 1), kept.shape)


class _Compiled:
    """A function of one block, traced once and then compiled by XLA, whichever thread comes first.

    Several programs are several functions of the same name, which TensorFlow would take for one that is traced again
    and again, and warn of it.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = tf.function(function, autograph=False, jit_compile=True)
        self._traced: Any = None
        self._tracing = threading.Lock()

    def __call__(self, *arguments: Any) -> Any:
        with self._tracing:
            if self._traced is None:
                self._traced = self._function.get_concrete_function(*arguments)
        return self._traced(*arguments)

    def experimental_get_tracing_count(self) -> int:
        """As TensorFlow's own functions have it."""
        return int(self._function.experimental_get_tracing_count())


class _Layer(NamedTuple):
    """A `LayerState` as variables, of the lanes of one block.

    Each is float32 [lanes, rows, columns], or [lanes, 1, rows * columns] if the columns are few, with the biases last.
    """

    weights: tf.Variable
    first: tf.Variable
    second: tf.Variable
    best: tf.Variable


_Block = tuple[_Layer, ...]
_Trained = Sequence[tuple[tf.Tensor, tf.Tensor, tf.Tensor]]
_Kept = Sequence[tf.TensorArray]
_Carried = Any
"""What a loop takes along from step to step: `_Trained` or `_Kept`."""
_Loop = tuple[tf.Tensor, tf.Tensor, tf.Tensor, _Carried]


def _new_block(shapes: Sequence[tuple[int, int]], lanes: int) -> _Block:
    """A block of empty lanes."""
    kept = [(1, rows * columns) if columns < SHORT else (rows, columns) for rows, columns in shapes]
    return tuple(_Layer(*(tf.Variable(tf.zeros([lanes, *shape]), trainable=False) for _ in range(4))) for shape in kept)


def _mixed(x: tf.Tensor, targets: Targets, row_weights: tf.Tensor, share: tf.Tensor) -> tuple[tf.Tensor, Mixed]:
    """Rows mixed with the next ones of their batch, float32 [lanes, rows, columns], and these' targets.

    Args:
        x: float32 [rows, columns].
        targets: of the rows.
        row_weights: float32 [rows], 0 for the filler rows, which come last.
        share: float32 [lanes], what is left of a row itself.
    """
    real = tf.cast(tf.reduce_sum(row_weights), tf.int32)
    others = (tf.range(x.shape[0]) + 1) % real
    part = share[:, None, None]
    return part * x[None] + (1.0 - part) * tf.gather(x, others)[None], Mixed(share, targets.taken(others))


def _for_each_lane(x: tf.Tensor, settings: LaneSettings) -> tf.Tensor:
    """The same rows for each lane, float32 [lanes, rows, columns], in a way that XLA does not see through.

    Else it makes one wide product of the first layer's, and has to turn everything around before and after it.
    """
    nothing = tf.where(settings.depths < 0, 1.0, 0.0)
    return x[None] + nothing[:, None, None]


def validation_batches(rows: int) -> tuple[int, int]:
    """In how many batches so many validation rows are evaluated, and how many rows each has, filled up.

    >>> validation_batches(359), validation_batches(360), validation_batches(29), validation_batches(30)
    ((3, 128), (3, 128), (1, 32), (1, 32))
    """
    batch = min(rows + -rows % ROUNDED, VALIDATION_ROWS)
    return -(-rows // batch), batch


def kind_of_target(signature: Signature) -> type[np.number[Any]]:
    """The type of the target's numbers."""
    return np.int32 if signature.task == "multiclass" else np.float32


def _with_ones(x: FloatArray) -> FloatArray:
    return np.concatenate([x, np.ones((len(x), 1), np.float32)], 1)


def _batched(rows: NDArray[Any], filler: int, batch: int) -> tf.Tensor:
    """Rows in batches of equal size, the last one filled up with copies of the first row."""
    return tf.constant(np.concatenate([rows, np.repeat(rows[:1], filler, 0)]).reshape(-1, batch, *rows.shape[1:]))
