"""One search, replayed on curves: trials side by side, an epoch at a time, under the pruner that a study would have."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from scripts.bench.pruner_parts.curves import Curves
from tuner.hyperparameters.base import Settings
from tuner.search.pruners import make_pruner
from tuner.search.verdicts import Verdicts


@dataclass(frozen=True)
class Found:
    """What a search has come to.

    Attributes:
        result: the best value of a complete trial; infinite if there is none.
        started: trials that were begun.
        complete: of these, the ones that were neither pruned nor diverged.
        epochs: that were trained.
    """

    result: float
    started: int
    complete: int
    epochs: int


def search(curves: Curves, settings: Settings, *, budget: int, lanes: int, seed: int) -> Found:
    """Search at random until so many epochs are trained.

    A trial is begun only if the budget would let it and all others come to their ends, so that nothing is cut off; what
    pruning saves goes into further trials. Fewer than one trial's epochs are left over.

    Args:
        curves: what becomes of the networks.
        settings: the pruner's.
        budget: epochs of all trials together.
        lanes: the most trials that are trained side by side.
        seed: from which the order of the networks follows, the same for every pruner. A network may come again, so that
            no search runs out of them.
    """
    replay = _Replay(curves, settings, seed)
    while True:
        while len(replay.running) < lanes and replay.epochs + replay.promised() + curves.epochs <= budget:
            replay.begin()
        if not replay.running:
            return replay.found()
        replay.train()


@dataclass
class _Running:
    """A trial, and the network that it trains."""

    trial: FrozenTrial
    network: int


class _Replay:
    """A search under way."""

    def __init__(self, curves: Curves, settings: Settings, seed: int) -> None:
        self._curves = curves
        self._study = optuna.create_study(
            study_name=f"seed {seed}",  # Hyperband's brackets go by it
            storage=optuna.storages.InMemoryStorage(),
            sampler=optuna.samplers.RandomSampler(seed),
            pruner=make_pruner(settings, curves.epochs),
        )
        self._verdicts = Verdicts(self._study, curves.epochs)
        self._random = np.random.default_rng(seed)
        self._values: list[float] = []
        self._started = 0
        self.running: list[_Running] = []
        self.epochs = 0

    def promised(self) -> int:
        """Epochs that the running trials lack."""
        return sum(self._curves.epochs - len(each.trial.intermediate_values) for each in self.running)

    def begin(self) -> None:
        """Begin a trial of the next network."""
        asked = self._study.ask()
        trial = self._study._storage.get_trial(asked._trial_id)
        self.running.append(_Running(trial, int(self._random.integers(len(self._curves.values)))))
        self._started += 1

    def train(self) -> None:
        """One epoch of every running trial, and what follows from it."""
        going_on, states = [], []
        for each in self.running:
            epoch = len(each.trial.intermediate_values)
            value = float(self._curves.values[each.network, epoch])
            each.trial.intermediate_values[epoch] = value
            if math.isnan(value):
                states.append((each, TrialState.PRUNED))
            elif epoch == self._curves.epochs - 1:
                states.append((each, TrialState.COMPLETE))
            else:
                going_on.append(each)
        self.epochs += len(self.running)
        verdicts = self._verdicts.should_prune([each.trial for each in going_on])
        states += [(each, TrialState.PRUNED) for each, ends in zip(going_on, verdicts, strict=True) if ends]
        self.running = [each for each, ends in zip(going_on, verdicts, strict=True) if not ends]
        for each, state in states:
            self._end(each, state)
        self._verdicts.learn([each.trial for each, _ in states])

    def _end(self, each: _Running, state: TrialState) -> None:
        values = None
        if state is TrialState.COMPLETE:
            self._values.append(float(self._curves.results[each.network]))
            values = self._values[-1:]
        self._study._storage.set_trial_state_values(each.trial._trial_id, state, values)
        each.trial.state = state

    def found(self) -> Found:
        """What it has come to."""
        return Found(min(self._values, default=math.inf), self._started, len(self._values), self.epochs)
