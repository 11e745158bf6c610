"""The rate of one large matrix product: what this machine can do at its best."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import tensorflow as tf

SIZE = 2000


class Product:
    """float32, SIZE x SIZE times SIZE x SIZE, again and again."""

    def __init__(self) -> None:
        self._a = tf.random.stateless_uniform((SIZE, SIZE), (1, 2))
        self._b = tf.random.stateless_uniform((SIZE, SIZE), (3, 4))
        self._seconds()

    def run(self, *, seconds: float = 3.0) -> dict[str, Any]:
        """Multiply for so many seconds.

        Returns:
            The median rate, in GFLOP/s.
        """
        until = time.perf_counter() + seconds
        taken: list[float] = []
        while not taken or time.perf_counter() < until:
            taken.append(self._seconds())
        return {"gflops": 2 * SIZE**3 / median(taken) / 1e9}

    def _seconds(self) -> float:
        began = time.perf_counter()
        tf.linalg.matmul(self._a, self._b).numpy()
        return time.perf_counter() - began
