"""One process of a contender: it prepares, says that it is ready, waits for the word, runs, and tells.

Its one argument says what to do, in JSON: {"contender", "threads", "work", "seed", "lanes", "run"}. On its standard
output there are two lines of JSON: {} when it is ready, and what came of the run. The word is a line of input; at the
end of the input it ends, so that no worker outlives who started it for long.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable
from typing import Any


def main() -> None:
    # Whatever a library prints is not to come between the two lines.
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    asked = json.loads(sys.argv[1])
    limit_threads(asked["threads"])
    run = prepare(asked)
    # As the process does that trains for a search: what was imported need not be searched for garbage ever again.
    gc.freeze()
    print("{}", file=told, flush=True)
    if not sys.stdin.readline():
        return
    print(json.dumps(run(**asked["run"])), file=told, flush=True)


def prepare(asked: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Import and load everything that a contender needs; what is left is to be timed."""
    if asked["contender"] == "product":
        from scripts.bench.lanes_parts.product import Product

        return Product().run
    from scripts.bench.lanes_parts.works import WORKS

    work = WORKS[asked["work"]]
    data = work.prepared()
    if asked["contender"] == "lanes":
        from scripts.bench.lanes_parts.in_lanes import InLanes
        from tuner.actions.machine import usable_cores

        threads = asked["threads"] or usable_cores()
        return InLanes(work, data, lanes=asked["lanes"], threads=threads, seed=asked["seed"]).run
    from scripts.bench.lanes_parts.keras_fit import KerasFit

    return KerasFit(work, data, fed=asked["contender"] == "fed", seed=asked["seed"]).run


def limit_threads(threads: int) -> None:
    """Before TensorFlow does anything; 0 leaves it to TensorFlow."""
    import tensorflow as tf

    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


if __name__ == "__main__":
    main()
