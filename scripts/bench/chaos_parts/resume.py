"""Searches that are preempted by SIGTERM and go on, against the same search without a break."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial
from sqlalchemy.engine import URL

from tuner.search.block_storage import BlockStorage
from tuner.search.storage import opened_backend

STUDY = """
name = "resumed"
seed = 11
[data]
builtin = "wine"
[hyperparameters]
epochs = {epochs}
batch_size = 16
[hyperparameters.layers]
depth = 2
width = 16
dropout = {{ low = 0.0, high = 0.5 }}
l2 = {{ low = 1e-6, high = 1e-3, log = true }}
[hyperparameters.optimizer]
kind = {{ choices = ["sgd", "rmsprop", "adam", "nadam"] }}
learning_rate = {{ low = 1e-3, high = 1e-1, log = true }}
[hyperparameters.schedule]
kind = "iir"
alpha = {{ low = 0.9, high = 1.0 }}
minimum = 1e-5
[hyperparameters.plateau]
patience = {{ low = 2, high = 5 }}
factor = 0.5
[search]
sampler = "random"
pruner = "none"
[budget]
trials = {trials}
"""

HANDED_BACK = 75


def run(folder: Path, trainer: str, *, times: int, seed: int, trials: int = 6, epochs: int = 60) -> dict[str, Any]:
    """Preempt a search so many times at random moments, and compare its trials with those of an unbroken one.

    Returns:
        How often it was preempted, how many trials went on from their progress, how many trials differ, and by how
        much the objective after any epoch differs at the most, relative to it.
    """
    chance = random.Random(seed)
    deviation, differing, broken, went_on = 0.0, 0, 0, 0
    whole: list[FrozenTrial] | None = None
    for turn in count():
        if broken >= times:
            break
        root = folder / f"{trainer}-{turn}"
        (root / "studies").mkdir(parents=True)
        (root / "studies" / "resumed.toml").write_text(STUDY.format(trials=trials, epochs=epochs))
        if whole is None:
            began = time.monotonic()
            assert _start(root, trainer, "whole.db").wait() == 0
            whole, took = _trials(root / "whole.db"), time.monotonic() - began
        while True:
            search = _start(root, trainer, "broken.db")
            try:
                status = search.wait(timeout=chance.uniform(0.3, 1.0) * took)
            except subprocess.TimeoutExpired:
                search.send_signal(signal.SIGTERM)
                status = search.wait()
            if status == 0:
                break
            if status == -signal.SIGTERM:
                continue  # it had not begun, or was over
            assert status == HANDED_BACK, status
            broken += 1
            waiting = [trial for trial in _trials(root / "broken.db") if trial.system_attrs.get("tuner:checkpoint")]
            went_on += sum(not trial.state.is_finished() for trial in waiting)
        for one, other in zip(whole, _trials(root / "broken.db"), strict=True):
            assert one.params == other.params
            assert sorted(one.intermediate_values) == sorted(other.intermediate_values)
            worst = max(
                abs(value - other.intermediate_values[epoch]) / max(abs(value), 1e-12)
                for epoch, value in one.intermediate_values.items()
            )
            deviation = max(deviation, worst)
            differing += worst > 0
    return {
        "trainer": trainer,
        "preempted": broken,
        "went_on": went_on,
        "differing_trials": differing,
        "largest_relative_deviation": deviation,
    }


def _start(root: Path, trainer: str, database: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tuner", "search", "--study", "resumed", "--root", str(root)]
    command += ["--storage", f"sqlite:///{root / database}", "--trainer", trainer, "--quiet"]
    return subprocess.Popen([*command, *(["--lanes", "6"] if trainer == "lanes" else [])], cwd=root)


def _trials(path: Path) -> list[FrozenTrial]:
    url = URL.create("sqlite", database=str(path))
    if not path.exists():
        return []
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        try:
            return blocks.get_all_trials(blocks.get_study_id_from_name("resumed"), deepcopy=False)
        except KeyError:
            return []
