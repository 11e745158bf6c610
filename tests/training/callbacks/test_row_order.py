from __future__ import annotations

import numpy as np

from tuner.training.callbacks import RowOrder
from tuner.training.job import DataOrder
from tuner.training.orders import permutation

ORDER = DataOrder(seed=1, stream=0, first_epoch=2)
X = np.arange(20, dtype=np.float32).reshape(10, 2)
Y = np.arange(10, dtype=np.int32)


def test_each_epoch_has_every_row_in_its_own_order_and_a_smaller_last_batch() -> None:
    rows = RowOrder(X, Y, batch_size=4, order=ORDER)
    for epoch in range(3):
        rows.on_epoch_begin(epoch)
        batches = [(x.numpy(), y.numpy()) for x, y in rows.dataset]
        expected = permutation(ORDER, epoch, 10)
        assert [len(y) for _, y in batches] == [4, 4, 2]
        np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), Y[expected])
        np.testing.assert_array_equal(np.concatenate([x for x, _ in batches]), X[expected])


def test_each_row_keeps_its_weight() -> None:
    rows = RowOrder(X, Y, Y.astype(np.float32) / 8, batch_size=4, order=ORDER)
    rows.on_epoch_begin(1)
    batches = list(rows.dataset)
    assert [len(weights) for _, _, weights in batches] == [4, 4, 2]
    for _, y, weights in batches:
        np.testing.assert_array_equal(weights * 8, y)


def test_keras_fit_sees_the_orders_of_its_epochs() -> None:
    import keras

    rows = RowOrder(X, np.zeros((10, 1), np.float32), batch_size=4, order=ORDER)
    seen: list[list[float]] = []

    class Spy(keras.Model):  # type: ignore[misc]
        def train_step(self, data: tuple[object, object]) -> dict[str, float]:
            seen[-1] += list(data[0].numpy()[:, 0])
            return {"loss": 0.0}

    class NewEpoch(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            seen.append([])

    spy = Spy()
    spy.compile("sgd", "mse", run_eagerly=True)
    spy.fit(rows.dataset, epochs=3, callbacks=[NewEpoch(), rows], verbose=0, shuffle=False)
    assert seen == [X[permutation(ORDER, epoch, 10), 0].tolist() for epoch in range(3)]
