"""Keras' optimizers without the exchange of gradients between replicas: a training on one device has no use for it."""

from __future__ import annotations

from typing import Any, ClassVar


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

    _distribution_strategy: Any

    def _all_reduce_sum_gradients(self, grads_and_vars: Any) -> list[Any]:
        if self._distribution_strategy.num_replicas_in_sync > 1:
            summed: list[Any] = super()._all_reduce_sum_gradients(grads_and_vars)  # type: ignore[misc]
            return summed
        return list(grads_and_vars)


def local(stock: type[Any]) -> type[Any]:
    """The class of a Keras optimizer on one replica."""
    return type(f"Local{stock.__name__}", (Local, stock), {"stock": stock})
