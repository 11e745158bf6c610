"""How many trials to train at once, where nobody says."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.actions.layer_widths import width_of_layer
from tuner.actions.machine import Machine
from tuner.data.prepared import Prepared
from tuner.hyperparameters import Hyperparameters
from tuner.lanes.shapes import bytes_per_lane, lanes_in_a_block, parameters_of
from tuner.space import Fixed, Range
from tuner.space.defaults import completed
from tuner.space.nodes import Leaf
from tuner.study.definition import StudyDefinition

BLOCKS_A_CORE = 2
"""So that a core whose neighbour is late is not idle for long."""

MOST_LANES = 128
"""Beyond this a CPU gains nothing: what happens once for all lanes is spread thin already."""

MOST_ON_A_GPU = 1024

FEWEST_LANES = 4
SHARE_OF_TRIALS = 4
SHARE_OF_MEMORY = 4


@dataclass(frozen=True)
class LargestNetwork:
    """The largest network that a study's space has.

    Attributes:
        features, outputs: columns of its input and output.
        widths: units of each hidden layer.
        batch_size: rows in a training step.
    """

    features: int
    outputs: int
    widths: tuple[int, ...]
    batch_size: int

    @property
    def parameters(self) -> int:
        """Trainable numbers: weights and biases.

        >>> LargestNetwork(features=4, outputs=3, widths=(8, 8), batch_size=16).parameters
        139
        """
        return parameters_of(self.widths, features=self.features, outputs=self.outputs)

    @property
    def bytes_per_lane(self) -> int:
        """Memory of one lane in training."""
        return bytes_per_lane(self.widths, features=self.features, outputs=self.outputs, batch_size=self.batch_size)


def lanes_for(bytes_per_lane: int, machine: Machine, trials_left: int | None) -> int:
    """How many lanes suit networks of a size, a machine, and a budget.

        two blocks for each core, at least 4 lanes and at most 128; on a GPU 1,024;
        no more than a quarter of the memory holds, the free one or the GPU's;
        no more than a quarter of the trials that are left, or four: trials that are asked at once cannot learn from
        one another.

    >>> lanes_for(200_000, Machine(cores=2), None), lanes_for(200_000, Machine(cores=2, gpu_bytes=2**34), None)
    (64, 1024)
    >>> lanes_for(200_000, Machine(cores=2), 40), lanes_for(200_000, Machine(cores=2), 3)
    (10, 3)
    """
    if machine.gpu_bytes:
        lanes, memory = MOST_ON_A_GPU, machine.gpu_bytes
    else:
        blocks = BLOCKS_A_CORE * machine.cores * lanes_in_a_block(bytes_per_lane, machine.cache_bytes)
        lanes, memory = min(MOST_LANES, max(FEWEST_LANES, blocks)), machine.memory_bytes
    lanes = min(lanes, memory // SHARE_OF_MEMORY // bytes_per_lane)
    if trials_left is not None:
        lanes = min(lanes, trials_left, max(FEWEST_LANES, trials_left // SHARE_OF_TRIALS))
    return max(1, lanes)


def largest_network(definition: StudyDefinition, data: Prepared) -> LargestNetwork:
    """The largest network of a study's space."""
    space = completed(definition.space, Hyperparameters)
    depth = _highest(space["layers.depth"])
    return LargestNetwork(
        features=data.features,
        outputs=data.outputs,
        widths=tuple(_highest(width_of_layer(space, layer)[1]) for layer in range(1, depth + 1)),
        batch_size=_highest(space["batch_size"]),
    )


def _highest(leaf: Leaf) -> int:
    """The largest value of a whole number."""
    if isinstance(leaf, Range):
        return int(leaf.high)
    values = (leaf.value,) if isinstance(leaf, Fixed) else leaf.values
    return max(value for value in values if isinstance(value, int))
