"""The networks of a block of lanes as mathematics: forward, backward and penalties, with a leading lane axis.

The backward pass is written out by hand, so that no more is computed and kept than is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from tuner.lanes import normalization
from tuner.lanes.activations import Bends, activate, leak_gradient, slope
from tuner.lanes.dropout import alpha_of, keep_scale
from tuner.lanes.lane_settings import NORMALIZATIONS, LaneSettings
from tuner.lanes.losses import Measures, Rule, measure, outputs_of, sums_only
from tuner.lanes.noise import ACTIVATION_NOISE, INPUT_NOISE, normal
from tuner.lanes.normalization import Normalized, Rows
from tuner.lanes.penalties import penalty, penalty_gradient
from tuner.lanes.signature import Signature

NOT_ZERO_AT_ZERO = frozenset({"sigmoid", "softplus"})
"""Activations under which a unit that a narrow lane does not use would not be silent by itself."""


class Step(NamedTuple):
    """What makes a pass through the networks one of training.

    Attributes:
        row_weights: float32 [rows], 0 for a filler row.
        taken: int32 [lanes], steps that each lane has behind it.
        levels: float32 [lanes, 2], standard deviations of the noise on activations and on gradients.
    """

    row_weights: tf.Tensor
    taken: tf.Tensor
    levels: tf.Tensor


class Targets(NamedTuple):
    """What the networks are to say of the rows of a batch.

    Attributes:
        y: [rows]; [rows, outputs] if these are several numbers.
        sample_weights: float32 [rows], how much each row counts; None if all count alike.
        class_weights: float32 [rows], how much more each row counts in lanes that balance their classes; None if there
            are none.
    """

    y: tf.Tensor
    sample_weights: tf.Tensor | None = None
    class_weights: tf.Tensor | None = None

    def taken(self, rows: tf.Tensor) -> Targets:
        """Those of other rows, int32 [rows]."""
        return Targets(*(None if each is None else tf.gather(each, rows) for each in self))


class Mixed(NamedTuple):
    """The rows with which those of a batch are mixed.

    Attributes:
        share: float32 [lanes], what is left of a row itself.
        targets: of the other rows.
    """

    share: tf.Tensor
    targets: Targets


class Passed(NamedTuple):
    """What a layer's way forward leaves for its way back.

    Attributes:
        z: float32 [lanes, rows, units], what its activation was given.
        a: what the activation gave; None if that follows from `h`.
        h: float32 [lanes, rows, units + 1], its output, ones last.
        before, after: of the normalization before and after the activation; None where no lane has any.
    """

    z: tf.Tensor
    a: tf.Tensor | None
    h: tf.Tensor
    before: Normalized | None
    after: Normalized | None


class Weights(NamedTuple):
    """The arrays of the lanes, in the order of `Arrays`.

    Attributes:
        layers: float32 [lanes, inputs + 1, units], the biases in the last row: each layer's input ends with a column of
            ones, which makes one product less, and one array less to update.
        units: the rows of each hidden layer's units by name, float32 [lanes, 1, units] each.
        inputs: the same of the inputs.
    """

    layers: Sequence[tf.Tensor]
    units: Sequence[Rows]
    inputs: Rows


class Pulled(NamedTuple):
    """What a training step makes of the arrays.

    Attributes:
        gradients: for each array, in the order of `Arrays`; of weights, float32 [lanes, rows, columns], else by name.
        moved: for each array the rows that have new values without a gradient, by name.
        sums: float32 [lanes, sums], what `losses.measure` sums over the rows.
    """

    gradients: Sequence[tf.Tensor | Rows]
    moved: Sequence[Rows]
    sums: tf.Tensor


class Networks:
    """The networks of one signature."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._techniques = signature.techniques
        self._rule = Rule(signature.task, signature.loss, signature.own_log_loss)

    def pulled(
        self,
        weights: Weights,
        x: tf.Tensor,
        targets: Targets,
        settings: LaneSettings,
        step: Step,
        mixed: Mixed | None = None,
    ) -> Pulled:
        """One batch forward and backward, with all that is random in training.

        Args:
            weights: of the lanes.
            x: float32 [lanes, rows, features + 1], mixed already, the ones last.
            targets: of the rows.
            settings: of the lanes.
            step: what makes it a step of training.
            mixed: with what the rows are mixed; None if they are not.
        Returns:
            The gradients of the mean loss, without penalties, and what else comes of it.
        """
        depth = self._signature.depth
        x, normalized = self._inputs(x, weights, settings, step)
        passed = self._forward(weights, x, settings, step)
        outputs = [x, *(layer.h for layer in passed)]
        z = tf.matmul(outputs[-1], weights.layers[-1])
        dz, sums = self._measured(z, targets, settings, step, mixed)
        gradients, beside, above = [], [], None
        for index in range(depth, 0, -1):
            gradients.append(tf.matmul(outputs[index], dz, transpose_a=True))
            dh = tf.matmul(dz, weights.layers[index], transpose_b=True)
            if above is not None:
                # In lanes that do not have the layer above, the gradient of its output is that of this layer's own.
                dh = tf.where(_has(settings, index), dh, above)
            above = dh if self._signature.shallow else None
            dz, pulls = self._back(dh, passed[index - 1], weights, settings, index - 1, step)
            beside.append(pulls)
        gradients.append(tf.matmul(outputs[0], dz, transpose_a=True))
        inputs, moved_inputs = [], []
        if normalized is not None:
            dx = tf.matmul(dz, weights.layers[0], transpose_b=True)[:, :, :-1]
            _, rows = normalization.back(dx, normalized, weights.inputs, step.row_weights)
            normalizes = settings.normalizes_inputs[:, None, None]
            inputs = [{name: tf.where(normalizes, row, 0.0) for name, row in rows.items()}]
            moved_inputs = [normalization.moved(weights.inputs, normalized, settings.norm_momentum)]
        units = beside[::-1] if weights.units else []
        moved = [self._moved(layer, rows, settings) for layer, rows in zip(passed, weights.units, strict=False)]
        return Pulled([*gradients[::-1], *units, *inputs], [*[{}] * (depth + 1), *moved, *moved_inputs], sums)

    def _measured(
        self, z: tf.Tensor, targets: Targets, settings: LaneSettings, step: Step, mixed: Mixed | None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """What `losses.measure` says of the output layer's products, of mixed rows a mixture."""

        def of(those: Targets) -> Measures:
            return measure(
                self._rule,
                z,
                those.y,
                step.row_weights,
                those.sample_weights,
                settings.loss,
                those.class_weights,
            )

        own = of(targets)
        if mixed is None:
            return own.gradient, own.sums
        other, share = of(mixed.targets), mixed.share[:, None]
        gradient = share[:, :, None] * own.gradient + (1.0 - share[:, :, None]) * other.gradient
        return gradient, share * own.sums + (1.0 - share) * other.sums

    def sums(
        self,
        weights: Weights,
        x: tf.Tensor,
        y: tf.Tensor,
        row_weights: tf.Tensor,
        settings: LaneSettings,
        sample_weights: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """What `losses.measure` sums over the rows of a batch, as after training: float32 [lanes, sums]."""
        z = self._last(weights, x, settings)
        return sums_only(self._rule, z, y, row_weights, sample_weights, settings.loss)

    def outputs(self, weights: Weights, x: tf.Tensor, settings: LaneSettings) -> tf.Tensor:
        """What the networks predict for the rows of a batch, as after training: float32 [lanes, rows, outputs]."""
        return outputs_of(self._signature.task, self._last(weights, x, settings))

    def _last(self, weights: Weights, x: tf.Tensor, settings: LaneSettings) -> tf.Tensor:
        """The output layer's products, as after training."""
        x, _ = self._inputs(x, weights, settings)
        return tf.matmul(self._forward(weights, x, settings)[-1].h, weights.layers[-1])

    def penalty(self, weights: Sequence[tf.Tensor], settings: LaneSettings) -> tf.Tensor:
        """The penalties of all hidden layers' kernels, biases left out: float32 [lanes]."""
        hidden = weights[: self._signature.depth]
        return tf.add_n([penalty(each[:, :-1], settings.l1, settings.l2) for each in hidden])

    def penalty_gradient(self, weights: tf.Tensor, settings: LaneSettings, biases: int) -> tf.Tensor:
        """What the penalties add to the gradient of a hidden layer's weights, in whatever shape these are kept.

        Args:
            weights: float32 [lanes, rows, columns].
            settings: of the lanes.
            biases: how many of a lane's weights, the last ones, are biases, which no penalty pulls.
        """
        _, rows, columns = weights.shape
        by_row = biases == columns
        penalised = tf.range(rows)[:, None] < rows - 1 if by_row else tf.range(columns) < columns - biases
        return tf.cast(penalised, tf.float32) * penalty_gradient(weights, settings.l1, settings.l2)

    def _inputs(
        self, x: tf.Tensor, weights: Weights, settings: LaneSettings, step: Step | None = None
    ) -> tuple[tf.Tensor, Normalized | None]:
        """The inputs as the first layer gets them: normalized, and in training with noise; the ones stay last."""
        if self._techniques.isdisjoint({"input_normalization", "input_noise"}):
            return x, None
        rows, normalized = x[:, :, :-1], None
        if "input_normalization" in self._techniques:
            y, normalized = self._normalize(rows, weights.inputs, settings, step)
            rows = tf.where(settings.normalizes_inputs[:, None, None], y, rows)
        if step is not None and "input_noise" in self._techniques:
            rows += settings.input_noise[:, None, None] * _noise(rows, settings, step, INPUT_NOISE)
        return tf.concat([rows, x[:, :, -1:]], 2), normalized

    def _normalize(
        self, x: tf.Tensor, units: Rows, settings: LaneSettings, step: Step | None
    ) -> tuple[tf.Tensor, Normalized | None]:
        if step is None:
            return normalization.normalize_by_moving(x, units, settings.norm_epsilon), None
        return normalization.normalize(x, units, step.row_weights, settings.norm_epsilon)

    def _forward(
        self, weights: Weights, x: tf.Tensor, settings: LaneSettings, step: Step | None = None
    ) -> list[Passed]:
        """Through the hidden layers; with all that is random in training if there is a step."""
        passed: list[Passed] = []
        for index in range(self._signature.depth):
            below = passed[-1].h if passed else x
            units = weights.units[index] if weights.units else {}
            layer = self._activate(tf.matmul(below, weights.layers[index]), units, settings, index, step)
            if self._signature.shallow and index > 0:
                layer = layer._replace(h=tf.where(_has(settings, index), layer.h, below))
            passed.append(layer)
        return passed

    def _activate(self, z: tf.Tensor, units: Rows, settings: LaneSettings, layer: int, step: Step | None) -> Passed:
        """A hidden layer's output and a column of ones, from its product float32 [lanes, rows, units]."""
        activations = self._signature.activations
        before = after = None
        if "normalization_before" in self._techniques:
            y, before = self._normalize(z, units, settings, step)
            z = tf.where(_is(settings, "before"), y, z)
        noisy = "activation_noise" in self._techniques
        if step is not None and noisy:
            z += step.levels[:, :1, None] * _noise(z, settings, step, ACTIVATION_NOISE + layer)
        a = activate(z, settings.codes[:, None, None], activations, self._bends(units, settings))
        used = (tf.range(z.shape[2])[None, :] < settings.widths[:, layer, None])[:, None, :]
        if noisy or not NOT_ZERO_AT_ZERO.isdisjoint(activations):
            a = tf.where(used, a, 0.0)
        h = a
        if "normalization_after" in self._techniques:
            y, after = self._normalize(h, units, settings, step)
            h = tf.where(_is(settings, "after"), y, h)
        alpha = "alpha_dropout" in self._techniques
        if step is not None and "dropout" in self._techniques:
            scale = _keep_scale(z, settings, step, layer)
            if alpha:
                left = alpha_of(settings.dropout, settings.is_alpha)
                h = tf.where(used & (scale > 0), h * left.scale + left.shift, tf.where(used, left.dropped, 0.0))
            else:
                h *= scale
        return Passed(
            z,
            None if after is None and not alpha else a,
            tf.pad(h, [[0, 0], [0, 0], [0, 1]], constant_values=1.0),
            before,
            after,
        )

    def _back(
        self, dh: tf.Tensor, passed: Passed, weights: Weights, settings: LaneSettings, layer: int, step: Step
    ) -> tuple[tf.Tensor, Rows]:
        """Back through a layer to its product: this' gradient, and those of the rows of its units."""
        dh, a = dh[:, :, :-1], passed.h[:, :, :-1] if passed.a is None else passed.a
        has = _has(settings, layer) if self._signature.shallow else None
        units = weights.units[layer] if weights.units else {}
        pulls: dict[str, tf.Tensor] = {}
        if "dropout" in self._techniques:
            scale = _keep_scale(passed.z, settings, step, layer)
            if "alpha_dropout" in self._techniques:
                dh = tf.where(scale > 0, dh * alpha_of(settings.dropout, settings.is_alpha).scale, 0.0)
            else:
                dh *= scale
            if passed.a is None:
                # Where a unit was kept this is its activation; where it was dropped nothing flows back anyway.
                a *= 1.0 - settings.dropout[:, None, None]
        if passed.after is not None:
            da, rows = normalization.back(dh, passed.after, units, step.row_weights)
            is_after = _is(settings, "after")
            pulls |= {name: tf.where(is_after, row, 0.0) for name, row in rows.items()}
            dh = tf.where(is_after, da, dh)
        if "leak" in units:
            pulls["leak"] = tf.where(settings.is_prelu[:, None, None], leak_gradient(dh, passed.z), 0.0)
        bends = self._bends(units, settings)
        dz = dh * slope(passed.z, a, settings.codes[:, None, None], self._signature.activations, bends)
        if passed.before is not None:
            dy, rows = normalization.back(dz, passed.before, units, step.row_weights)
            is_before = _is(settings, "before")
            pulls |= {name: tf.where(is_before, row, pulls.get(name, 0.0)) for name, row in rows.items()}
            dz = tf.where(is_before, dy, dz)
        if has is not None:
            dz = tf.where(has, dz, 0.0)
            pulls = {name: tf.where(has, row, 0.0) for name, row in pulls.items()}
        return dz, pulls

    def _bends(self, units: Rows, settings: LaneSettings) -> Bends:
        """What activations are below 0 where a lane's own settings or weights say."""
        bends = Bends(leak=units["leak"]) if "leak" in units else Bends()
        if "leaky_slope" in self._techniques:
            bends = bends._replace(leaky=settings.leaky_slope[:, None, None])
        if "elu_alpha" in self._techniques:
            bends = bends._replace(elu=settings.elu_alpha[:, None, None])
        return bends

    def _moved(self, passed: Passed, units: Rows, settings: LaneSettings) -> Rows:
        """The moving statistics of a hidden layer after a training step."""
        moved: dict[str, tf.Tensor] = {}
        for place, normalized in (("before", passed.before), ("after", passed.after)):
            if normalized is not None:
                rows = normalization.moved(units, normalized, settings.norm_momentum)
                moved = {name: tf.where(_is(settings, place), row, moved.get(name, row)) for name, row in rows.items()}
        return moved


def _has(settings: LaneSettings, layer: int) -> tf.Tensor:
    """Which lanes have a hidden layer: bool [lanes, 1, 1]."""
    return (layer < settings.depths)[:, None, None]


def _is(settings: LaneSettings, place: str) -> tf.Tensor:
    """Which lanes have their normalization there: bool [lanes, 1, 1]."""
    return (settings.normalization == NORMALIZATIONS.index(place))[:, None, None]


def _keep_scale(z: tf.Tensor, settings: LaneSettings, step: Step, layer: int) -> tf.Tensor:
    steps = tf.cast(step.taken, tf.uint32)
    return keep_scale(settings.keys, steps, layer, settings.dropout, rows=z.shape[1], units=z.shape[2])


def _noise(x: tf.Tensor, settings: LaneSettings, step: Step, stream: int) -> tf.Tensor:
    """Normally distributed numbers of deviation 1, in the shape of x."""
    steps = tf.cast(step.taken, tf.uint32)
    return normal(settings.keys, steps, stream, rows=x.shape[1], units=x.shape[2])
