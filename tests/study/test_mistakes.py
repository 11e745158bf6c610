"""Any subset of a long list of mistakes, in one file: each is named once, and nothing else is."""

from __future__ import annotations

import re
import tempfile
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.study.toml_text import toml_text
from tuner.errors import Mistake, StudyFileError
from tuner.study.load import load_study

VALID: Mapping[str, Any] = tomllib.loads("""
name = "sample"
seed = 20

[data]
builtin = "digits"
validation = 0.2
test = 0.2
on_data_change = "refuse"

[hyperparameters]
batch_size = 32
epochs = 40
loss = "auto"
early_stopping = { patience = 5 }

[hyperparameters.layers]
depth = { low = 1, high = 3 }
width = { low = 16, high = 256, log = true }
activation = { choices = ["relu", "elu", "tanh"] }
initializer = { choices = ["auto", "he_normal"] }
dropout = { low = 0.0, high = 0.5 }
l1 = { low = 1e-8, high = 1e-3, log = true }
l2 = { low = 0.0, high = 1e-2 }

[hyperparameters.optimizer]
kind = { choices = ["sgd", "adam", "adagrad"] }
learning_rate = { low = 1e-4, high = 3e-1, log = true }
sgd = { nesterov = true }
adam = { epsilon = { choices = [1e-7, 1e-4] } }

[[hyperparameters.schedule]]
kind = "iir"
alpha = { low = 0.5, high = 1.0 }
minimum = 1e-5

[[hyperparameters.schedule]]
kind = "exponential"
rate = { low = 0.9, high = 0.99 }

[hyperparameters.momentum]
kind = "rise"
start = { low = 0.0, high = 0.9 }
maximum = { low = 0.9, high = 0.999 }
step = 0.01

[hyperparameters.plateau]
patience = { low = 2, high = 10 }
factor = 0.5

[search]
metric = "val_log_loss"
sampler = { kind = "tpe", startup_trials = 10 }
pruner = { kind = "median", warmup_epochs = 8 }
retries = 2

[budget]
trials = 40
time = "30m"

[run]
storage = "sqlite:///tuner.db"
""")


class _Absent:
    """Stands for what is taken out; its name is the same in every process."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()
H = "hyperparameters"


@dataclass(frozen=True)
class Injected:
    """A mistake to inject.

    Attributes:
        named: the place that must be named.
        changes: what is put where; `ABSENT` takes a setting out.
        needs: places that must be in order for the mistake to show, such as the other half of a conflict.
    """

    named: str
    changes: Mapping[str, Any]
    needs: tuple[str, ...] = ()

    def excludes(self, other: Injected) -> bool:
        """Whether the two cannot be in one file: they edit the same place, or one spoils what the other needs."""
        return (
            _overlap(self.changes, other.changes)
            or _overlap(self.changes, other.needs)
            or _overlap(self.needs, other.changes)
        )


def _overlap(some: Sequence[str] | Mapping[str, Any], others: Sequence[str] | Mapping[str, Any]) -> bool:
    return any(
        one == other or one.startswith((f"{other}.", f"{other}[")) or other.startswith((f"{one}.", f"{one}["))
        for one in some
        for other in others
    )


def at(place: str, value: Any, *, named: str | None = None, needs: tuple[str, ...] = ()) -> Injected:
    return Injected(named or place, {place: value}, needs)


INJECTED: tuple[Injected, ...] = (
    # The file as a whole.
    at("report", {"plots": True}),
    at("wrkers", 4),
    at("name", "digits"),
    at("name", 7),
    at("seed", -1),
    at("seed", "twenty"),
    # [data]
    at("data.shuffle", True),
    at("data.builtin", "digit"),
    at("data.path", "train.csv", needs=("data.builtin",)),
    at("data.validation", "a fifth"),
    Injected("data.validation", {"data.validation": 0.5, "data.test": 0.5}),
    at("data.test", 1.5),
    at("data.on_data_change", "ask"),
    at("data.task", "regression", needs=("data.builtin", "data.path")),
    # [hyperparameters]
    at(f"{H}.batchsize", 64),
    at(f"{H}.batch_size", 32.5),
    at(f"{H}.epochs", 0),
    at(f"{H}.loss", "hinge"),
    at(f"{H}.loss", "huber", needs=("data.builtin", "data.task")),
    at(f"{H}.loss", {"choices": ["auto", "huber"]}, named=f"{H}.loss.choices[1]", needs=("data.builtin", "data.task")),
    at(f"{H}.huber_delta", 0.5, needs=(f"{H}.loss",)),
    at(f"{H}.label_smoothing", 1.0),
    at(f"{H}.class_weights", "balance"),
    at(f"{H}.early_stopping.patience", True),
    at(f"{H}.early_stopping.min_delta", -0.5),
    at(f"{H}.early_stopping", 5),
    # [hyperparameters.layers]
    at(f"{H}.layers.batch_norm", True),
    at(f"{H}.layers.depth", {"low": 3, "high": 1}),
    at(f"{H}.layers.depth", [1, 2, 3]),
    at(f"{H}.layers.depth", {"low": 1, "high": 3, "step": 0.5}, named=f"{H}.layers.depth.step"),
    at(f"{H}.layers.width", {"low": 0, "high": 256}, named=f"{H}.layers.width.low"),
    at(f"{H}.layers.width", {}),
    at(f"{H}.layers.activation", {"low": "elu", "high": "relu"}),
    at(f"{H}.layers.activation", {"choices": []}, named=f"{H}.layers.activation.choices"),
    at(
        f"{H}.layers.activation",
        {"choices": ["relu"], "weights": [1.0]},
        named=f"{H}.layers.activation.weights",
    ),
    at(f"{H}.layers.initializer", {"choices": ["auto", "he_norml"]}, named=f"{H}.layers.initializer.choices[1]"),
    at(f"{H}.layers.initializer", {"choices": ["auto", "auto"]}, named=f"{H}.layers.initializer.choices"),
    at(f"{H}.layers.dropout", {"low": 0.1}, named=f"{H}.layers.dropout.high"),
    at(f"{H}.layers.dropout", 1.0),
    at(f"{H}.layers.l1", {"low": 0.0, "high": 1e-3, "log": True}, named=f"{H}.layers.l1.low"),
    at(f"{H}.layers.l1", {"low": 1e-8, "high": 1e-3, "log": "yes"}, named=f"{H}.layers.l1.log"),
    at(f"{H}.layers.l2", {"low": 1e-8, "high": 1e-2, "log": True, "step": 1e-3}, named=f"{H}.layers.l2.step"),
    at(f"{H}.layers.l2", float("inf")),
    # [hyperparameters.optimizer]
    at(f"{H}.optimizer.amsgrad", True),
    at(f"{H}.optimizer.kind", {"choices": ["sgd", "adma", "adagrad"]}, named=f"{H}.optimizer.kind.choices[1]"),
    at(f"{H}.optimizer.kind", {"choices": ["sgd", "adam", "sgd"]}, named=f"{H}.optimizer.kind.choices"),
    at(f"{H}.optimizer.kind", "adamm"),
    at(f"{H}.optimizer.kind", ABSENT),
    at(f"{H}.optimizer.learning_rate", {"low": 1e-4, "hihg": 0.3}, named=f"{H}.optimizer.learning_rate.hihg"),
    at(f"{H}.optimizer.sgd.nesterov", "yes"),
    at(f"{H}.optimizer.sgd.beta_2", 0.9),
    at(f"{H}.optimizer.sgd.momentum", 0.5, needs=(f"{H}.momentum", f"{H}.optimizer.kind")),
    at(f"{H}.optimizer.adam.epsilon", {"choices": [1e-7, 0]}, named=f"{H}.optimizer.adam.epsilon.choices[1]"),
    at(f"{H}.optimizer.rmsprop", {"rho": 0.9}, needs=(f"{H}.optimizer.kind",)),
    # [hyperparameters.schedule]
    at(f"{H}.schedule[0].alpha", ABSENT),
    at(f"{H}.schedule[0].alpha", 1.5),
    Injected(f"{H}.schedule[0].aplha", {f"{H}.schedule[0].alpha": ABSENT, f"{H}.schedule[0].aplha": 0.9}),
    at(
        f"{H}.schedule[0].minimum",
        0.01,
        named=f"{H}.schedule.iir.minimum",
        needs=(f"{H}.optimizer.learning_rate", f"{H}.optimizer.kind"),
    ),
    at(f"{H}.schedule[0].rate", 0.9),
    at(f"{H}.schedule[1].kind", "exponental"),
    at(f"{H}.schedule[2]", {"kind": "iir", "alpha": 0.5}, named=f"{H}.schedule[2].kind"),
    at(f"{H}.schedule[2]", "cosine"),
    # [hyperparameters.momentum]
    at(f"{H}.momentum.start", {"low": 0.0, "high": 0.95}, named=f"{H}.momentum.maximum", needs=(f"{H}.momentum",)),
    at(f"{H}.momentum.maximum", 1.5, named=f"{H}.momentum", needs=(f"{H}.momentum", f"{H}.epochs")),
    at(f"{H}.momentum.step", "fast"),
    at(f"{H}.momentum.nesterov", True),
    # [hyperparameters.plateau]
    at(f"{H}.plateau.patience", 0),
    at(f"{H}.plateau.factor", {"choices": [0.5, 1.0]}, named=f"{H}.plateau.factor.choices[1]"),
    at(f"{H}.plateau.colldown", 2),
    # [search]
    at("search.metric", "val_loss"),
    at("search.metric", "val_rmse", needs=("data.builtin", "data.task")),
    at("search.sampler", "tpee"),
    at("search.sampler.startup_trials", -1),
    at("search.sampler.seed", 3),
    at("search.pruner", 5),
    at("search.pruner.kind", "medain"),
    at("search.pruner.kind", ABSENT),
    at("search.pruner.warmup_epochs", "eight", needs=("search.pruner.kind",)),
    at("search.pruner.reduction_factor", 3, needs=("search.pruner.kind",)),
    at("search.pruner.patience", 3, needs=("search.pruner.kind",)),
    at("search.retries", 1.5),
    at("search.workers", 4),
    # [budget] and [run]
    at("budget.trials", 0),
    at("budget.time", "soon"),
    at("budget.time", 30),
    at("budget.hours", 2),
    at("run.storage", "postgresql://me:secret@host/tuner"),
    at("run.cluster", "slurm"),
)


def compatible(wanted: Sequence[Injected]) -> list[Injected]:
    """The wanted mistakes without those that an earlier one excludes."""
    kept: list[Injected] = []
    for injected in wanted:
        if not any(injected.excludes(other) for other in kept):
            kept.append(injected)
    return kept


def edited(injections: Sequence[Injected]) -> dict[str, Any]:
    tree = deepcopy(dict(VALID))
    for injected in injections:
        for place, value in injected.changes.items():
            _put(tree, place, value)
    return tree


def _put(tree: dict[str, Any], place: str, value: Any) -> None:
    *path, last = [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", place)]
    here: Any = tree
    for part in path:
        here = here[part]
    if value is ABSENT:
        del here[last]
    elif isinstance(here, list) and last >= len(here):
        here.append(value)
    else:
        here[last] = value


def mistakes_in(tree: Mapping[str, Any]) -> Sequence[Mistake]:
    """What loading the file finds in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sample.toml")
        path.write_text(toml_text(tree), encoding="utf-8")
        try:
            load_study(str(path), Path(folder))
        except StudyFileError as error:
            return error.mistakes
    return ()


def test_the_file_without_injected_mistakes_has_none():
    assert tomllib.loads(toml_text(VALID)) == VALID
    assert mistakes_in(VALID) == ()


def test_more_than_thirty_mistakes_go_into_one_file():
    assert len(compatible(INJECTED)) >= 30


@pytest.mark.parametrize("injected", INJECTED, ids=lambda injected: f"{injected.named}-{[*injected.changes.values()]}")
def test_each_mistake_alone_is_named_and_nothing_else(injected):
    (mistake,) = mistakes_in(edited([injected]))
    assert mistake.place == injected.named
    assert "secret" not in str(mistake)


NUMBERS = st.integers(0, len(INJECTED) - 1)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.one_of(st.lists(NUMBERS, unique=True), st.lists(NUMBERS, unique=True, min_size=40)))
def test_any_subset_of_the_mistakes_is_named_each_once_and_nothing_else_is(chosen):
    injections = compatible([INJECTED[number] for number in chosen])
    tree = edited(sorted(injections, key=INJECTED.index))
    found = Counter(mistake.place for mistake in mistakes_in(tree))
    assert found == Counter(injected.named for injected in injections)


def test_all_compatible_mistakes_together_are_named_each_once():
    injections = compatible(INJECTED)
    found = Counter(mistake.place for mistake in mistakes_in(edited(injections)))
    assert found == Counter(injected.named for injected in injections)
