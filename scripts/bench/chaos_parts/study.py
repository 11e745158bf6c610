"""The study that workers are killed in: small, and with a pruner."""

from __future__ import annotations

from pathlib import Path

from tuner.data.prepare import prepare
from tuner.data.prepared import Prepared
from tuner.study.data_settings import DataSettings
from tuner.study.definition import StudyDefinition
from tuner.study.read import read_study

NAME = "chaos"
EPOCHS = 8


def definition() -> StudyDefinition:
    return read_study(
        {
            "name": NAME,
            "seed": 7,
            "data": {"builtin": "wine"},
            "hyperparameters": {
                "epochs": EPOCHS,
                "batch_size": 16,
                "layers": {"depth": 1, "width": 8},
                "optimizer": {"kind": "sgd", "learning_rate": {"low": 1e-4, "high": 0.3, "log": True}},
            },
            "search": {"pruner": "median", "lost_worker_retries": 1000},
        },
        source=f"{NAME}.toml",
    )


def table() -> Prepared:
    return prepare(DataSettings(builtin="wine"), seed=7, root=Path.cwd()).first
