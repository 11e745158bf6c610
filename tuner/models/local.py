"""Keras' optimizers without the exchange of gradients between replicas, and with noise on these where it is wanted.

A training on one device has no use for the exchange.
"""

from __future__ import annotations

from typing import Any, ClassVar

from tuner.models.noise import GradientNoise


class Local:
    """An optimizer of one replica; to be mixed in before the optimizer's own class.

    Keras sums the gradients over the replicas even where there is one. TensorFlow's sum registers a gradient of its own
    for the whole process, and with it keeps each training step that was ever traced: most of the memory that every
    fitted model leaves behind.

    Source:
        keras issue 17458; tensorflow/python/distribute/distribute_lib.py, ReplicaContextBase.all_reduce.
    """

    stock: ClassVar[type[Any]]
    """Keras' own optimizer, whose numbers these are."""

    gradient_noise: GradientNoise | None = None
    """What is added to the gradients."""

    _distribution_strategy: Any
    _iterations: Any

    def _clip_gradients(self, grads: Any) -> list[Any]:
        clipped: list[Any] = super()._clip_gradients(grads)  # type: ignore[misc]
        if self.gradient_noise is None:
            return clipped
        return self.gradient_noise.added_to(clipped, self._iterations)

    def _all_reduce_sum_gradients(self, grads_and_vars: Any) -> list[Any]:
        if self._distribution_strategy.num_replicas_in_sync > 1:
            summed: list[Any] = super()._all_reduce_sum_gradients(grads_and_vars)  # type: ignore[misc]
            return summed
        return list(grads_and_vars)


def local(stock: type[Any]) -> type[Any]:
    """The class of a Keras optimizer on one replica."""
    return type(f"Local{stock.__name__}", (Local, stock), {"stock": stock})
