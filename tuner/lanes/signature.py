"""What has to be equal for trials to train in one program, and which program a trial belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.hyperparameters import Hyperparameters
from tuner.study.losses import is_cross_entropy
from tuner.study.metrics import Task


@dataclass(frozen=True)
class Signature:
    """What all lanes of a program share; each signature is one program, traced once in a process.

    Not in here, and thus a lane's own: the optimizer and all of its settings, the schedules, the plateau, early
    stopping, the number of epochs, the seed, the activation out of `activations`, the width up to `width`, if `shallow`
    the depth up to `depth`, the dropout rate, the L1 and L2 penalties, Huber's delta, how much labels are smoothed, and
    whether classes are weighted.

    Attributes:
        data: which prepared data is trained on.
        task: the target's kind.
        features, outputs: columns of the network's input and output.
        loss: Keras' name of what training minimizes, such as `sparse_categorical_crossentropy`.
        batch_size: rows in a training step.
        depth: hidden layers that the program has.
        shallow: whether a lane can have fewer; the others let its values pass.
        width: units of each hidden layer that the arrays have room for; a lane may use fewer.
        activations: those that a lane can have, by name.
        dropout: whether a lane can have dropout; without, no random numbers are drawn.
        penalties: whether a lane can have L1 or L2 penalties.
        label_smoothing: whether a lane can have smoothed labels.
        class_weights: whether a lane can have classes of equal weight.
    """

    data: str
    task: Task
    features: int
    outputs: int
    loss: str
    batch_size: int
    depth: int
    shallow: bool
    width: int
    activations: tuple[str, ...]
    dropout: bool
    penalties: bool
    label_smoothing: bool = False
    class_weights: bool = False

    @property
    def own_log_loss(self) -> bool:
        """Whether the log loss is another number than the loss, and has to be summed beside it."""
        if self.task == "regression":
            return False
        return self.label_smoothing or self.class_weights or not is_cross_entropy(self.loss)


@dataclass(frozen=True)
class Expected:
    """What trials may bring, as far as it is known beforehand: a study's space. It makes signatures fewer.

    A trial that brings something else is trained all the same, in a program of its own.

    Attributes:
        depths: hidden layers, ascending; a program has one of them. A trial's own if there are none.
        widths: of hidden layers, ascending; a program has room for one of them. Powers of two if there are none.
        shallow: those of `depths` whose programs may get networks of fewer layers.
        activations: by name; a trial's own if there are none.
        dropout, penalties, label_smoothing, class_weights: whether any trial may have them.
    """

    depths: tuple[int, ...] = ()
    widths: tuple[int, ...] = ()
    shallow: tuple[int, ...] = ()
    activations: tuple[str, ...] = ()
    dropout: bool = False
    penalties: bool = False
    label_smoothing: bool = False
    class_weights: bool = False


def signature_of(
    chosen: Hyperparameters,
    *,
    data: str,
    task: Task,
    features: int,
    outputs: int,
    loss: str,
    expected: Expected,
) -> Signature:
    """The signature of the program that can train a configuration.

    Args:
        chosen: the configuration.
        data: which prepared data it is trained on.
        task: the target's kind.
        features, outputs: columns of the network's input and output.
        loss: Keras' name of the loss, with `auto` resolved.
        expected: what other trials may bring.
    """
    layers = chosen.layers
    known = layers.activation in expected.activations
    depth = next((room for room in expected.depths if room >= layers.depth), layers.depth)
    return Signature(
        data=data,
        task=task,
        features=features,
        outputs=outputs,
        loss=loss,
        batch_size=chosen.batch_size,
        depth=depth,
        shallow=depth in expected.shallow or depth > layers.depth,
        width=_room_for(layers.width, expected.widths),
        activations=expected.activations if known else (layers.activation,),
        dropout=expected.dropout or layers.dropout > 0,
        penalties=expected.penalties or layers.l1 > 0 or layers.l2 > 0,
        label_smoothing=is_cross_entropy(loss) and (expected.label_smoothing or chosen.label_smoothing > 0),
        class_weights=task != "regression" and (expected.class_weights or chosen.class_weights != "none"),
    )


def _room_for(width: int, widths: tuple[int, ...]) -> int:
    """The smallest expected width that has room; the next power of two where none has.

    >>> _room_for(33, (16, 64, 200)), _room_for(201, (16, 64, 200)), _room_for(5, ())
    (64, 256, 8)
    """
    fitting = [room for room in widths if room >= width]
    return min(fitting) if fitting else 1 << (width - 1).bit_length()
