"""The pruner's verdicts on all running trials at once, at a cost that a hundred lanes can bear after each epoch."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Protocol

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, NopPruner, PatientPruner, PercentilePruner
from optuna.trial import FrozenTrial

from tuner.search.percentiles import Percentiles
from tuner.search.rungs import Rungs


class Judge(Protocol):
    """What gives verdicts for one pruner; its methods are those of `Verdicts`."""

    def learn(self, finished: Sequence[FrozenTrial]) -> None: ...

    def should_prune(self, running: Sequence[FrozenTrial]) -> list[bool]: ...

    def stopped_early(self, trial: FrozenTrial) -> None: ...


class Verdicts:
    """Which running trials a study's pruner would end.

    Every verdict is the one that Optuna's pruner gives, with one difference: a trial that stopped early is compared as
    if it had gone on with its last value. Nothing is reported for it; the storage keeps what was measured.

        verdicts = Verdicts(study, epochs=40)
        verdicts.learn(study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED)))
        verdicts.should_prune(running)
    """

    def __init__(self, study: optuna.Study, epochs: int) -> None:
        """The verdicts of `study.pruner`.

        Args:
            study: with one objective.
            epochs: the most epochs that a trial can have.
        """
        self._judge = _judge(study.pruner, study, epochs)

    def learn(self, finished: Sequence[FrozenTrial]) -> None:
        """Take trials into the comparison.

        Args:
            finished: complete and pruned trials of any worker, each of which is given once.
        """
        self._judge.learn(finished)

    def should_prune(self, running: Sequence[FrozenTrial]) -> list[bool]:
        """Whether each trial should end now.

        What a pruner keeps with a trial in the storage, its rungs, is brought up to date in the trial given, too.

        Args:
            running: running trials, each with its reports so far, of which the newest has not been judged yet.
        Returns:
            One for each.
        """
        return self._judge.should_prune(running)

    def stopped_early(self, trial: FrozenTrial) -> None:
        """Let the pruner note what it keeps in the storage of a trial that stopped early.

        To be called before the trial is told as complete, because nothing can be kept with a trial after that.

        Args:
            trial: running still, with all of its reports.
        """
        self._judge.stopped_early(trial)


class _Never:
    """No pruner."""

    def learn(self, finished: Sequence[FrozenTrial]) -> None:
        pass

    def should_prune(self, running: Sequence[FrozenTrial]) -> list[bool]:
        return [False] * len(running)

    def stopped_early(self, trial: FrozenTrial) -> None:
        pass


class _OneByOne:
    """Optuna's own pruner, asked for each trial."""

    def __init__(self, pruner: BasePruner, study: optuna.Study) -> None:
        self._pruner = pruner
        self._study = study

    def learn(self, finished: Sequence[FrozenTrial]) -> None:
        pass

    def should_prune(self, running: Sequence[FrozenTrial]) -> list[bool]:
        return [bool(self._pruner.prune(self._study, trial)) for trial in running]

    def stopped_early(self, trial: FrozenTrial) -> None:
        pass


class _Patient:
    """Another judge, whose verdict counts where a trial has not improved for a while."""

    def __init__(self, pruner: PatientPruner, study: optuna.Study, wrapped: Judge | None) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._patience = PatientPruner(None, pruner._patience, pruner._min_delta)
        self._study = study
        self._wrapped = wrapped

    def learn(self, finished: Sequence[FrozenTrial]) -> None:
        if self._wrapped is not None:
            self._wrapped.learn(finished)

    def should_prune(self, running: Sequence[FrozenTrial]) -> list[bool]:
        with warnings.catch_warnings():
            # Where all values are NaN, which its pruner says it takes for no verdict.
            warnings.simplefilter("ignore", RuntimeWarning)
            verdicts = [bool(self._patience.prune(self._study, trial)) for trial in running]
        if self._wrapped is None:
            return verdicts
        stuck = [trial for trial, verdict in zip(running, verdicts, strict=True) if verdict]
        wrapped = iter(self._wrapped.should_prune(stuck))
        return [verdict and next(wrapped) for verdict in verdicts]

    def stopped_early(self, trial: FrozenTrial) -> None:
        if self._wrapped is not None:
            self._wrapped.stopped_early(trial)


def _judge(pruner: BasePruner, study: optuna.Study, epochs: int) -> Judge:
    if isinstance(pruner, NopPruner):
        return _Never()
    if isinstance(pruner, PatientPruner):
        wrapped = pruner._wrapped_pruner
        return _Patient(pruner, study, None if wrapped is None else _judge(wrapped, study, epochs))
    if isinstance(pruner, PercentilePruner) and Percentiles.can_stand_for(pruner):
        return Percentiles(pruner, study.direction, epochs)
    if isinstance(pruner, HyperbandPruner) and not pruner._pruners:
        # It shares trials out among its brackets only after its first verdict; samplers ask for brackets before.
        pruner._try_initialization(study)
    return Rungs(pruner, study, epochs) if Rungs.can_stand_for(pruner) else _OneByOne(pruner, study)
