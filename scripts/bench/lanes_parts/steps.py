"""How long a program of lanes takes to start, and a lane to take a training step, by the number of lanes in a block.

    scripts/bench/lanes_steps [WORK] [BLOCK,...]

One block on one thread of Python; TensorFlow has all cores. Rates of a whole search are what `scripts/bench/lanes`
measures.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from scripts.bench.lanes_parts.works import WORKS, Work
from tuner.hyperparameters import Hyperparameters, Layers
from tuner.hyperparameters.optimizers import Adam
from tuner.lanes.coefficients import FRESH, step_coefficients
from tuner.lanes.lane_settings import Network
from tuner.lanes.program import LaneProgram
from tuner.lanes.sharing import forget_functions
from tuner.lanes.signature import Signature

EPOCHS = 10


def main() -> None:
    work = WORKS[int(sys.argv[1]) if len(sys.argv) > 1 else 1]
    blocks = sys.argv[2] if len(sys.argv) > 2 else "4,8,16,32"
    for block in map(int, blocks.split(",")):
        started, trained, validated = measured(work, block)
        print(
            f"blocks of {block:2}: {started:.1f} s until the first epoch has ended, {trained:.1f} us for a lane's "
            f"training step, and {validated:.1f} for its share of the validation",
            flush=True,
        )


def measured(work: Work, block: int) -> tuple[float, float, float]:
    """Seconds until the first epoch has ended; microseconds of a lane for a step, and for validation by step."""
    data = work.prepared()
    loss = {"binary": "binary_crossentropy", "multiclass": "sparse_categorical_crossentropy"}[data.task]
    signature = Signature(
        "main", data.task, data.features, data.outputs, loss, work.batch_size, work.depth, False, work.width,
        ("relu",), frozenset({"dropout", "penalties"}),
    )  # fmt: skip
    optimizer = Adam()
    layers = Layers(depth=work.depth, width=work.width, dropout=0.2, l1=1e-6, l2=1e-6)
    chosen = Hyperparameters(layers=layers, optimizer=optimizer)
    forget_functions()
    began = time.perf_counter()
    program = LaneProgram(signature, data, block=block)
    program.arrange([], block)
    program.fill({lane: Network(chosen, seed=lane) for lane in range(block)})
    rows, _ = step_coefficients(optimizer, optimizer.learning_rate, None, FRESH, program.steps)
    order = np.arange(len(data.x_train), dtype=np.int32)

    def train() -> Any:
        return program.train(order, dict.fromkeys(range(block), rows), dict.fromkeys(range(block), 0))

    train()
    program.validate()
    started = time.perf_counter() - began
    share = 1e6 / block / program.steps
    return started, share * median_seconds(train), share * median_seconds(program.validate)


def median_seconds(work: Callable[[], Any]) -> float:
    """Of some repeats."""
    times = []
    for _ in range(EPOCHS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times)


if __name__ == "__main__":
    main()
