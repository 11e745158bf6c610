"""What has to be equal for trials to train in one program, and which program a trial belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.hyperparameters import Hyperparameters
from tuner.lanes.techniques import techniques_of
from tuner.study.losses import is_cross_entropy
from tuner.study.metrics import Task


@dataclass(frozen=True)
class Signature:
    """What all lanes of a program share; each signature is one program, traced once in a process.

    Not in here, and thus a lane's own: the optimizer and all of its settings, the schedules, the plateau, early
    stopping, the number of epochs, the seed, the activation out of `activations`, the width up to `width`, if `shallow`
    the depth up to `depth`, and how much there is of each of the `techniques`, be it nothing.

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
        techniques: out of `TECHNIQUES`, those that a lane can have; without `dropout`, for one, no random numbers are
            drawn.
        measured: metrics, without `val_`, that the outputs for all validation rows are needed for; without any, these
            outputs never leave the program.
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
    techniques: frozenset[str] = frozenset()
    measured: tuple[str, ...] = ()

    @property
    def label_smoothing(self) -> bool:
        """Whether a lane can have smoothed labels."""
        return "label_smoothing" in self.techniques

    @property
    def class_weights(self) -> bool:
        """Whether a lane can have classes of equal weight."""
        return "class_weights" in self.techniques

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
        techniques: out of `TECHNIQUES`, those that a trial may have.
    """

    depths: tuple[int, ...] = ()
    widths: tuple[int, ...] = ()
    shallow: tuple[int, ...] = ()
    activations: tuple[str, ...] = ()
    techniques: frozenset[str] = frozenset()


def signature_of(
    chosen: Hyperparameters,
    *,
    data: str,
    task: Task,
    features: int,
    outputs: int,
    loss: str,
    expected: Expected,
    measured: tuple[str, ...] = (),
) -> Signature:
    """The signature of the program that can train a configuration.

    Args:
        chosen: the configuration.
        data: which prepared data it is trained on.
        task: the target's kind.
        features, outputs: columns of the network's input and output.
        loss: Keras' name of the loss, with `auto` resolved.
        expected: what other trials may bring.
        measured: metrics that the outputs for all validation rows are needed for.
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
        width=_room_for(max(layers.widths), expected.widths),
        activations=expected.activations if known else (layers.activation,),
        techniques=_that_apply(expected.techniques | techniques_of(chosen), task, loss),
        measured=measured,
    )


def _room_for(width: int, widths: tuple[int, ...]) -> int:
    """The smallest expected width that has room; the next power of two where none has.

    >>> _room_for(33, (16, 64, 200)), _room_for(201, (16, 64, 200)), _room_for(5, ())
    (64, 256, 8)
    """
    fitting = [room for room in widths if room >= width]
    return min(fitting) if fitting else 1 << (width - 1).bit_length()


def _that_apply(techniques: frozenset[str], task: Task, loss: str) -> frozenset[str]:
    """Without those that such a task or loss cannot have."""
    if not is_cross_entropy(loss):
        techniques -= {"label_smoothing"}
    return techniques - {"class_weights"} if task == "regression" else techniques
