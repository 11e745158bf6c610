"""The same search as Optuna's public examples do it: `optimize`, a pruning callback, and its SQLite storage."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import optuna

from scripts.bench.lanes_parts import space
from scripts.bench.lanes_parts.keras_fit import KERAS
from tuner.data.prepare import prepare
from tuner.data.prepared import Prepared
from tuner.study.data_settings import DataSettings


class Reporting(keras.callbacks.Callback):
    """What the callback of optuna-integration does: report each epoch, and end the trial if the pruner says so."""

    def __init__(self, trial: optuna.Trial) -> None:
        super().__init__()
        self._trial = trial

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        assert logs is not None
        self._trial.report(logs["val_loss"], step=epoch)
        if self._trial.should_prune():
            raise optuna.TrialPruned


class Plain:
    """One network after another; the space is that of our study, as far as Keras' own classes have it."""

    def __init__(self, data: Prepared, epochs: int) -> None:
        self._data = data
        self._epochs = epochs

    def __call__(self, trial: optuna.Trial) -> float:
        keras.backend.clear_session()
        data = self._data
        penalty = keras.regularizers.L1L2(
            l1=trial.suggest_float("l1", *space.L1, log=True), l2=trial.suggest_float("l2", *space.L2, log=True)
        )
        dropout = trial.suggest_float("dropout", *space.DROPOUT)
        kind = trial.suggest_categorical("optimizer", list(KERAS))
        rate = 1.0 if kind == "adadelta" else trial.suggest_float("learning_rate", *space.LEARNING_RATE, log=True)
        momentum = space.MOMENTUM_OF[kind]
        settings: dict[str, Any] = {} if momentum is None else {momentum: trial.suggest_float("momentum", 0.0, 0.999)}
        alpha = trial.suggest_float("alpha", *space.ALPHA)
        patience = trial.suggest_int("patience", *space.PATIENCE)
        model = keras.Sequential([keras.Input((data.features,))])
        for _ in range(3):
            model.add(keras.layers.Dense(64, activation="relu", kernel_regularizer=penalty))
            model.add(keras.layers.Dropout(dropout))
        model.add(keras.layers.Dense(data.outputs, activation="softmax"))
        model.compile(
            optimizer=KERAS[kind](learning_rate=rate, **settings),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        history = model.fit(
            data.x_train,
            data.y_train,
            validation_data=(data.x_validation, data.y_validation),
            batch_size=32,
            epochs=self._epochs,
            verbose=0,
            callbacks=[
                keras.callbacks.LearningRateScheduler(lambda epoch, now: max(1e-5, now * alpha) if epoch else now),
                keras.callbacks.ReduceLROnPlateau(patience=patience, factor=0.5),
                Reporting(trial),
            ],
        )
        value = float(min(history.history["val_loss"]))
        return value if abs(value) < float("inf") else 1e30


def main() -> None:
    """Search in this process; argument: {"folder", "epochs", "trials", "seed"} in JSON; prints the seconds."""
    asked = json.loads(sys.argv[1])
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder = Path(asked["folder"])
    data = prepare(DataSettings(builtin="digits"), seed=asked["seed"], root=folder).first
    objective = Plain(data, asked["epochs"])
    study = optuna.create_study(
        storage=f"sqlite:///{folder / 'plain.db'}",
        sampler=optuna.samplers.TPESampler(seed=asked["seed"]),
        pruner=optuna.pruners.NopPruner(),
    )
    # The first model of a process pays for more than its own trace; that is not charged to anybody.
    study.optimize(objective, n_trials=1)
    began = time.perf_counter()
    study.optimize(objective, n_trials=asked["trials"])
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
