"""Optuna and Keras `fit`, trial by trial: as Optuna's public example does it, and well fed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import optuna
import tensorflow as tf

from scripts.bench.lanes_parts import space
from scripts.bench.lanes_parts.works import Work
from tuner.data.prepared import Prepared

LEAST_EPOCHS = 3
"""Of a trial that takes too long: the first, with the trace, and two to tell the rest from."""

STEPS_PER_CALL = 16
VALIDATION_BATCH = 1024

KERAS: Mapping[str, type[keras.optimizers.Optimizer]] = {
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "nadam": keras.optimizers.Nadam,
    "adamax": keras.optimizers.Adamax,
    "adamw": keras.optimizers.AdamW,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
}


class KerasFit:
    """A sample of trials; the source of the first form is optuna-examples, keras/keras_simple.py."""

    def __init__(self, work: Work, data: Prepared, *, fed: bool, seed: int) -> None:
        self._work = work
        self._data = data
        # Beside a single output, Keras wants a column.
        self._y, self._y_validation = (
            y.astype(np.float32).reshape(-1, 1) if data.task == "binary" else y
            for y in (data.y_train, data.y_validation)
        )
        self._fed = fed
        self._seed = seed
        self._epochs: list[float] = []
        # The first model of a process pays for more than its own trace; that is not charged to anybody.
        self._search(trials=1, seconds=0.0, epochs=1, seed=seed + 1)

    def run(self, *, trials: int, seconds: float) -> dict[str, Any]:
        """Train up to so many trials, but begin none after so many seconds; a trial that takes longer is cut short.

        Returns:
            For each trial the seconds from the trial before it to its own end, until the end of its first epoch, and
            the epochs that it had.
        """
        return {"trials": self._search(trials=trials, seconds=seconds, epochs=self._work.epochs, seed=self._seed)}

    def _search(self, *, trials: int, seconds: float, epochs: int, seed: int) -> list[dict[str, float]]:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        measured: list[dict[str, float]] = []
        begun = at = time.perf_counter()

        def objective(trial: optuna.Trial) -> float:
            return self._train(trial, epochs=epochs, seconds=seconds, began=at)

        def ended(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
            nonlocal at
            now = time.perf_counter()
            measured.append({"seconds": now - at, "first": self._epochs[0] - at, "epochs": len(self._epochs)})
            at = now
            if now - begun > seconds:
                study.stop()

        study = optuna.create_study(direction="minimize", sampler=optuna.samplers.RandomSampler(seed))
        study.optimize(objective, n_trials=trials, callbacks=[ended])
        return measured

    def _train(self, trial: optuna.Trial, *, epochs: int, seconds: float, began: float) -> float:
        keras.backend.clear_session()
        work, data = self._work, self._data
        penalty = keras.regularizers.L1L2(
            l1=trial.suggest_float("l1", *space.L1, log=True), l2=trial.suggest_float("l2", *space.L2, log=True)
        )
        dropout = trial.suggest_float("dropout", *space.DROPOUT)
        binary = data.task == "binary"
        model = keras.Sequential([keras.Input((data.features,))])
        for _ in range(work.depth):
            model.add(keras.layers.Dense(work.width, activation="relu", kernel_regularizer=penalty))
            model.add(keras.layers.Dropout(dropout))
        model.add(keras.layers.Dense(data.outputs, activation="sigmoid" if binary else "softmax"))
        loss = "binary_crossentropy" if binary else "sparse_categorical_crossentropy"
        more = {"steps_per_execution": STEPS_PER_CALL} if self._fed else {}
        model.compile(optimizer=optimizer(trial), loss=loss, metrics=["accuracy", loss], **more)
        watch = Watch(seconds, began)
        shared: dict[str, Any] = {"epochs": epochs, "verbose": 0, "callbacks": [watch]}
        if self._fed:
            rows = tf.data.Dataset.from_tensor_slices((data.x_train, self._y))
            rows = rows.shuffle(len(data.x_train)).batch(work.batch_size).prefetch(tf.data.AUTOTUNE)
            validation = tf.data.Dataset.from_tensor_slices((data.x_validation, self._y_validation))
            validation = validation.batch(VALIDATION_BATCH).prefetch(tf.data.AUTOTUNE)
            history = model.fit(rows, validation_data=validation, shuffle=False, **shared)
        else:
            validation = (data.x_validation, self._y_validation)
            history = model.fit(data.x_train, self._y, validation_data=validation, batch_size=work.batch_size, **shared)
        self._epochs = watch.ends
        value = float(history.history[f"val_{loss}"][-1])
        # A value that is no number would be a failed trial to Optuna, with a warning for each.
        return value if abs(value) < float("inf") else 1e30


def optimizer(trial: optuna.Trial) -> keras.optimizers.Optimizer:
    """One of the eight, with a learning rate and, where it has one, a momentum."""
    kind = trial.suggest_categorical("optimizer", list(KERAS))
    settings = {"learning_rate": 1.0}
    if kind != "adadelta":
        settings["learning_rate"] = trial.suggest_float("learning_rate", *space.LEARNING_RATE, log=True)
    momentum = space.MOMENTUM_OF[kind]
    if momentum is not None:
        settings[momentum] = trial.suggest_float("momentum", space.MOMENTUM_START[0], space.MOMENTUM_MAXIMUM[1])
    return KERAS[kind](**settings)


class Watch(keras.callbacks.Callback):
    """Notes when each epoch ended, and ends a training that takes too long."""

    def __init__(self, seconds: float, began: float) -> None:
        super().__init__()
        self.ends: list[float] = []
        self._until = began + seconds

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        self.ends.append(time.perf_counter())
        if len(self.ends) >= LEAST_EPOCHS and self.ends[-1] > self._until:
            self.model.stop_training = True
