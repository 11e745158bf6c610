"""The compiled program: many networks of one signature, trained and measured together, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tuner.data.prepared import Prepared
from tuner.hyperparameters import Layers, OptimizerSettings
from tuner.lanes.clusters import LaneSettings
from tuner.lanes.coefficients import COEFFICIENTS, IDLE, initial_slots
from tuner.lanes.graph import LaneGraph
from tuner.lanes.initial import initial_kernels
from tuner.lanes.losses import metrics_of_sums
from tuner.lanes.shapes import shapes_of
from tuner.lanes.signature import Signature
from tuner.models import build_mlp
from tuner.models.mlp import dropout_seed

FloatArray = NDArray[np.float32]
Metrics = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Network:
    """What a lane is filled with.

    Attributes:
        layers: the hidden layers.
        optimizer: decides what the optimizer's slots start from.
        seed: from which initial weights and dropout follow.
    """

    layers: Layers
    optimizer: OptimizerSettings
    seed: int


class LaneProgram:
    """Lanes of one signature, in one compiled training step.

    Every array has a leading lane axis. The number of lanes may change between epochs without a new trace.

    Attributes:
        signature: what the lanes share.
        room: how many lanes there are, filled or not; a multiple of the shards.
        steps: training steps in an epoch.
    """

    def __init__(self, signature: Signature, prepared: Prepared, *, shards: int = 1) -> None:
        """A program without lanes.

        Args:
            signature: what the lanes will share.
            prepared: the data.
            shards: into how many parts the lanes are dealt, which TensorFlow trains at the same time where it has the
                threads for it.
        """
        self.signature = signature
        self.room = 0
        self.steps = math.ceil(len(prepared.x_train) / signature.batch_size)
        self._target_scale = prepared.target_scale
        self._networks: list[Network | None] = []
        self._shapes = shapes_of(
            signature.depth, signature.width, features=signature.features, outputs=signature.outputs
        )
        self._rows = len(prepared.x_train)
        self._validation_rows = len(prepared.x_validation)
        self._settings = _settings_of([], signature)
        self._graph = LaneGraph(signature, self._shapes, prepared, shards=shards)

    def arrange(self, kept: Sequence[int], room: int) -> None:
        """Give the program another number of lanes.

        Args:
            kept: the lanes that stay, in their new order; they become lanes 0, 1, ...
            room: how many lanes there shall be, a multiple of the shards; the others are empty.
        """
        self._networks = [*[self._networks[lane] for lane in kept], *[None] * (room - len(kept))]
        self._graph.arrange(kept, room)
        self.room = room
        self._settings = _settings_of(self._networks, self.signature)

    def fill(self, networks: Mapping[int, Network]) -> None:
        """Put fresh networks into lanes: weights, optimizer slots and best weights are reset, neighbours untouched.

        Args:
            networks: for each lane what it is filled with.
        """
        kernels: list[list[FloatArray]] = []
        for lane, network in networks.items():
            self._networks[lane] = network
            kernels.append(
                initial_kernels(
                    network.layers,
                    features=self.signature.features,
                    outputs=self.signature.outputs,
                    seed=network.seed,
                    room=self._shapes,
                )
            )
        slots = np.array([initial_slots(network.optimizer) for network in networks.values()], np.float32)
        stacked = [np.stack(layer) for layer in zip(*kernels, strict=True)]
        self._graph.fill(np.array(list(networks), np.int32), stacked, slots)
        self._settings = _settings_of(self._networks, self.signature)

    def empty(self, lane: int) -> None:
        """Take the network out of a lane; what is left there is of no consequence."""
        self._networks[lane] = None

    def train(
        self, order: NDArray[np.int32], coefficients: Mapping[int, FloatArray], steps_taken: Mapping[int, int]
    ) -> Metrics:
        """Train every lane for one epoch.

        Args:
            order: int32 [rows], in which order to take the training rows; all lanes share it.
            coefficients: float32 [steps, C] for each filled lane, from `step_coefficients`.
            steps_taken: training steps that each filled lane has behind it.
        Returns:
            The epoch's training metrics as Keras reports them, penalties in `loss`; float64 [lanes] each.
        """
        size = self.signature.batch_size
        filler = self.steps * size - self._rows
        chosen = np.concatenate([order, np.zeros(filler, np.int32)]).reshape(self.steps, size)
        weights = np.ones(self.steps * size, np.float32)
        weights[self._rows :] = 0.0
        stacked = np.empty((self.steps, self.room, len(COEFFICIENTS)), np.float32)
        stacked[:] = IDLE
        taken = np.zeros(self.room, np.int32)
        for lane, rows in coefficients.items():
            stacked[:, lane] = rows
            taken[lane] = steps_taken[lane]
        sums, penalties = self._graph.train(
            tf.constant(chosen),
            tf.constant(weights.reshape(self.steps, size)),
            tf.constant(stacked),
            tf.constant(taken),
            self._settings,
        )
        return self._metrics(sums.numpy(), penalties.numpy(), self._rows)

    def validate(self) -> Metrics:
        """The validation metrics of every lane, without dropout; names without `val_`, float64 [lanes] each."""
        sums, penalties = self._graph.validate(self._settings)
        return self._metrics(sums.numpy(), penalties.numpy() * self._validation_rows, self._validation_rows)

    def _metrics(self, sums: FloatArray, penalties: FloatArray, rows: int) -> Metrics:
        named = metrics_of_sums(self.signature.task, sums, rows, self._target_scale)
        return {**named, "loss": (sums[:, 0] + penalties) / rows}

    def keep(self, lanes: Sequence[int]) -> None:
        """Remember the present weights of some lanes as their best."""
        mask = np.zeros(self.room, bool)
        mask[list(lanes)] = True
        self._graph.keep(mask)

    def model(self, lane: int) -> keras.Model:
        """A lane's best network as an ordinary, uncompiled Keras model.

        Raises:
            ValueError: if the lane is empty.
        """
        network = self._networks[lane]
        if network is None:
            raise ValueError(f"lane {lane} is empty")
        signature = self.signature
        model = build_mlp(
            network.layers,
            features=signature.features,
            outputs=signature.outputs,
            task=signature.task,
            seed=network.seed,
        )
        shapes = shapes_of(
            network.layers.depth, network.layers.width, features=signature.features, outputs=signature.outputs
        )
        *hidden, output = self._graph.best_of(lane)
        weights: list[FloatArray] = []
        for (rows, columns), padded in zip(shapes, [*hidden[: network.layers.depth], output], strict=True):
            weights += [padded[:rows, :columns], padded[-1, :columns]]
        model.set_weights(weights)
        return model


def _settings_of(networks: Sequence[Network | None], signature: Signature) -> LaneSettings:
    """The lanes' settings as arrays; an empty lane has zeros, which are harmless."""
    rows = np.zeros((len(networks), 6), np.float32)
    keys = np.zeros(len(networks), np.uint32)
    for lane, network in enumerate(networks):
        if network is not None:
            layers = network.layers
            code = signature.activations.index(layers.activation)
            rows[lane] = code, layers.depth, layers.width, layers.dropout, layers.l1, layers.l2
            keys[lane] = dropout_seed(network.seed, 0)
    codes, depths, widths, dropout, l1, l2 = rows.T
    return LaneSettings(
        codes=tf.constant(codes.astype(np.int32)),
        depths=tf.constant(depths.astype(np.int32)),
        widths=tf.constant(widths.astype(np.int32)),
        dropout=tf.constant(dropout),
        keys=tf.constant(keys),
        l1=tf.constant(l1),
        l2=tf.constant(l2),
    )
