"""The compiled program: many networks of one signature, trained and measured together, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.data.class_weights import balanced_row_weights
from tuner.data.prepared import Prepared
from tuner.lanes.arrays import Arrays, arrays_in, arrays_of
from tuner.lanes.coefficients import COEFFICIENTS, IDLE, initial_slots
from tuner.lanes.graph import LaneGraph
from tuner.lanes.initial import initial_kernels
from tuner.lanes.keras_model import put_arrays
from tuner.lanes.lane_settings import Network, PackedSettings, settings_of
from tuner.lanes.losses import metrics_of_sums
from tuner.lanes.shapes import bytes_per_lane, lanes_in_a_block
from tuner.lanes.sharing import Sharing, kind_of
from tuner.lanes.signature import Signature
from tuner.lanes.state import LaneState, LayerState, fresh_state, padded, trimmed
from tuner.models import build_mlp
from tuner.models.output_metrics import output_metrics

FloatArray = NDArray[np.float32]
Metrics = Mapping[str, NDArray[np.float64]]


class LaneProgram:
    """Lanes of one signature, in one compiled training step.

    Every array has a leading lane axis. Lanes are trained in blocks, one after another on each thread; the number of
    lanes may change between epochs without a new trace and without compiling anew.

    Attributes:
        signature: what the lanes share.
        room: how many lanes there are, filled or not; whole blocks.
        steps: training steps in an epoch.
    """

    def __init__(
        self,
        signature: Signature,
        prepared: Prepared,
        *,
        block: int | None = None,
        threads: int = 1,
        pool: Executor | None = None,
        sharing: Sharing | None = None,
    ) -> None:
        """A program without lanes.

        Args:
            signature: what the lanes will share.
            prepared: the data.
            block: the most lanes in a block; None for as many as suit the size of the networks. There are fewer if the
                first lanes asked for are too few for every thread to have a block, and as many as in programs with
                which this one shares its functions.
            threads: how many blocks to train at the same time.
            pool: trains them, and may do so for other programs too; one of its own if left out.
            sharing: compiled functions of other programs, too; of its own if left out.
        """
        self.signature = signature
        self.room = 0
        self.steps = math.ceil(len(prepared.x_train) / signature.batch_size)
        self._prepared = prepared
        self._most = block or lanes_in_a_block(
            bytes_per_lane(
                [signature.width] * signature.depth,
                features=signature.features,
                outputs=signature.outputs,
                batch_size=signature.batch_size,
            )
        )
        self._block = 0
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads) if pool is None else pool
        self._sharing = Sharing() if sharing is None else sharing
        self._networks: list[Network | None] = []
        self._settings: list[PackedSettings] = []
        self._arrays = arrays_in(signature)
        self._rows = len(prepared.x_train)
        self._validation_rows = len(prepared.x_validation)
        self._weight = _sum_of(prepared.weights_train)
        self._validation_weight = _sum_of(prepared.weights_validation)
        self._balanced_weight: float | None = None
        if signature.class_weights and prepared.weights_train is not None:
            self._balanced_weight = _sum_of(balanced_row_weights(prepared) * prepared.weights_train)

    def arrange(self, kept: Sequence[int], room: int) -> None:
        """Give the program another number of lanes.

        Args:
            kept: the lanes that stay, in their new order; they become lanes 0, 1, ...
            room: how many lanes there shall be at least; the others are empty.
        """
        if not self._block and room:
            functions, new = self._sharing.functions(
                kind_of(self.signature, self._prepared), block_for(room, self._most, self._threads)
            )
            self._block = functions.block
            self._graph = LaneGraph(self._prepared, functions)
            if new:
                # While the first epoch is compiled; if it fails, it will again when it is needed, and then be heard.
                self._pool.submit(self._graph.compile_validation, settings_of([None] * self._block, self.signature))
        self.room = self.room_for(room)
        self._networks = [*[self._networks[lane] for lane in kept], *[None] * (self.room - len(kept))]
        blocks = self.room // self._block if self.room else 0
        if self._block:
            self._graph.arrange(kept, blocks)
        self._settings = [self._settings_of(block) for block in range(blocks)]

    def room_for(self, lanes: int) -> int:
        """How much room there is after it was arranged for so many lanes; whole blocks."""
        return lanes + -lanes % (self._block or block_for(lanes, self._most, self._threads)) if lanes else 0

    def fill(self, networks: Mapping[int, Network], states: Mapping[int, LaneState] | None = None) -> None:
        """Put other networks into lanes: weights, optimizer slots and best weights are theirs, neighbours untouched.

        Args:
            networks: for each lane what it is filled with.
            states: what they go on from, by lane; a network without one is fresh.
        """
        self._networks = [networks.get(lane, own) for lane, own in enumerate(self._networks)]
        given = [(states or {}).get(lane) for lane in networks]
        filled = self._pool.map(self._padded, networks.values(), given)
        layers = [LayerState(*map(np.stack, zip(*layer, strict=True))) for layer in zip(*filled, strict=True)]
        self._graph.fill(np.array(list(networks), np.int32), layers)
        for block in {lane // self._block for lane in networks}:
            self._settings[block] = self._settings_of(block)

    def _padded(self, network: Network, state: LaneState | None) -> LaneState:
        slots, own = initial_slots(network.chosen.optimizer), self._arrays_of(network)
        if state is None:
            kernels = initial_kernels(
                network.chosen.layers, features=own.features, outputs=own.outputs, seed=network.seed
            )
            state = fresh_state(kernels, own, slots)
        return padded(state, own, self._arrays, slots)

    def _arrays_of(self, network: Network) -> Arrays:
        return arrays_of(network.chosen, features=self.signature.features, outputs=self.signature.outputs)

    def empty(self, lane: int) -> None:
        """Take the network out of a lane; what is left there is of no consequence."""
        self._networks[lane] = None

    def train(
        self,
        order: NDArray[np.int32],
        coefficients: Mapping[int, FloatArray],
        steps_taken: Mapping[int, int],
        noise: Mapping[int, tuple[float, float]] | None = None,
        mixing: Mapping[int, FloatArray] | None = None,
    ) -> Metrics:
        """Train every lane for one epoch.

        Args:
            order: int32 [rows], in which order to take the training rows; all lanes share it.
            coefficients: float32 [steps, C] for each filled lane, from `step_coefficients`.
            steps_taken: training steps that each filled lane has behind it.
            noise: of the lanes that have any, its standard deviation on activations and on gradients.
            mixing: of the lanes with mixup, float32 [steps], what it leaves of each row itself.
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
        levels = np.zeros((self.room, 2), np.float32)
        for lane, deviations in (noise or {}).items():
            levels[lane] = deviations
        mixes = "mixup" in self.signature.techniques
        shares = np.ones((self.steps if mixes else 0, self.room), np.float32)
        for lane, left in (mixing or {}).items():
            shares[:, lane] = left
        epoch = self._graph.epoch(chosen, weights.reshape(self.steps, size))

        def train(block: int) -> tuple[FloatArray, FloatArray]:
            own = self._lanes_of(block)
            return self._graph.train(
                block, epoch, stacked[:, own], taken[own], levels[own], shares[:, own], self._settings[block]
            )

        sums, penalties = self._in_blocks(train)
        return self._metrics(sums, penalties, self._rows, self._training_weight())

    def validate(self) -> Metrics:
        """The validation metrics of every lane, without dropout; names without `val_`, float64 [lanes] each."""

        def validate(block: int) -> tuple[NDArray[Any], ...]:
            sums, penalties, outputs = self._graph.validate(block, self._settings[block])
            return sums, penalties, *(() if outputs is None else self._measured(block, outputs))

        sums, penalties, *measured = self._in_blocks(validate)
        rows = self._validation_rows
        plain = self._metrics(sums, penalties * rows, rows, self._validation_weight)
        return {**plain, **dict(zip(self.signature.measured, measured, strict=True))}

    def _measured(self, block: int, outputs: FloatArray) -> Sequence[NDArray[np.float64]]:
        """Each metric that is made of a block's outputs, float64 [lanes]; NaN in an empty lane."""
        filled = [network is not None for network in self._networks[self._lanes_of(block)]]
        names, prepared = self.signature.measured, self._prepared
        found = output_metrics(
            names, self.signature.task, outputs[filled], prepared.y_validation, prepared.weights_validation
        )
        columns = np.full((len(names), len(filled)), np.nan)
        columns[:, filled] = [found[name] for name in names]
        return list(columns)

    def _in_blocks(self, work: Callable[[int], tuple[NDArray[Any], ...]]) -> list[NDArray[Any]]:
        """Each of the arrays that a function returns for every block, by lane."""
        results = self._pool.map(work, self._blocks)
        return [np.concatenate(parts) for parts in zip(*results, strict=True)]

    @property
    def _blocks(self) -> range:
        return range(len(self._settings))

    def _lanes_of(self, block: int) -> slice:
        return slice(block * self._block, (block + 1) * self._block)

    def _training_weight(self) -> float | NDArray[np.float64] | None:
        """What the training rows count in all, for all lanes or each; None if all rows count alike."""
        if self._weight is None or self._balanced_weight is None:
            return self._weight
        balanced = np.array(
            [network is not None and network.chosen.class_weights == "balanced" for network in self._networks]
        )
        return np.where(balanced, self._balanced_weight, self._weight)

    def _metrics(
        self, sums: FloatArray, penalties: FloatArray, rows: int, weight: float | NDArray[np.float64] | None
    ) -> Metrics:
        named = metrics_of_sums(self.signature.task, sums, rows, self._prepared.target_scale, weight=weight)
        return {**named, "loss": (sums[:, 0] + penalties) / rows}

    def keep(self, lanes: Sequence[int]) -> None:
        """Remember the present weights of some lanes as their best."""
        mask = np.zeros(self.room, bool)
        mask[list(lanes)] = True
        list(self._pool.map(lambda block: self._graph.keep(block, mask[self._lanes_of(block)]), self._blocks))

    def state(self, lane: int) -> LaneState:
        """What a lane's network would go on from, in this program or in another one.

        Raises:
            ValueError: if the lane is empty.
        """
        return trimmed(self._graph.read(lane), self._arrays_of(self._network(lane)), self._arrays)

    def model(self, lane: int) -> keras.Model:
        """A lane's best network as an ordinary, uncompiled Keras model.

        Raises:
            ValueError: if the lane is empty.
        """
        network, signature = self._network(lane), self.signature
        model = build_mlp(
            network.chosen,
            features=signature.features,
            outputs=signature.outputs,
            task=signature.task,
            seed=network.seed,
        )
        put_arrays(model, self._arrays_of(network), [each.best for each in self.state(lane)])
        return model

    def _network(self, lane: int) -> Network:
        network = self._networks[lane]
        if network is None:
            raise ValueError(f"lane {lane} is empty")
        return network

    def _settings_of(self, block: int) -> PackedSettings:
        return settings_of(self._networks[self._lanes_of(block)], self.signature)


def _sum_of(weights: FloatArray | None) -> float | None:
    return None if weights is None else float(weights.sum(dtype=np.float64))


def block_for(lanes: int, most: int, threads: int) -> int:
    """How many lanes a block has, so that there are as few blocks as can be and each thread has as many as the others.

    >>> block_for(64, most=16, threads=2), block_for(40, most=16, threads=2), block_for(1, most=16, threads=2)
    (16, 10, 1)
    """
    blocks = threads * -(-lanes // (most * threads))
    return -(-lanes // blocks)
