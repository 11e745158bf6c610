"""A study's objective for Optuna's own `study.optimize`, in a notebook."""

from __future__ import annotations

import math
from collections.abc import Sequence

import optuna

from tuner.data.prepared import Prepared
from tuner.data.prepared_data import PreparedData
from tuner.errors import StudyError
from tuner.search.trials import attributes, job_of
from tuner.study.definition import StudyDefinition
from tuner.training.job import End, EpochResult, Job, Verdict
from tuner.training.trainer import Observer


class KerasObjective:
    """Trains one trial with Keras `fit`, reports every epoch and obeys the study's pruner.

        study = optuna.create_study(direction="minimize", pruner=optuna.pruners.MedianPruner(n_warmup_steps=10))
        study.optimize(KerasObjective(definition, data), n_trials=20)

    A fitted Keras model leaves some 6 MB behind whatever one does, and an objective that runs inside somebody else's
    process cannot promise otherwise: hundreds of trials want `tuner search`, which trains in a process of its own and
    begins a fresh one in time.
    """

    def __init__(self, definition: StudyDefinition, data: PreparedData | Prepared) -> None:
        if definition.data.folds or definition.data.repeats > 1:
            raise StudyError("folds and repeats are for `tuner search`; an objective trains each trial once")
        if definition.search.figures:
            raise StudyError("several objectives are for `tuner search`; this one has a single value")
        self.definition = definition
        self.data = data

    @property
    def direction(self) -> str:
        """What to hand to `optuna.create_study(direction=...)`."""
        return self.definition.direction(self.data.task)

    def __call__(self, trial: optuna.Trial) -> float:
        """The objective metric at the trial's best epoch.

        Raises:
            optuna.TrialPruned: if the pruner ended the trial, or if it diverged.
            RuntimeError: if training failed.
            StudyError: if the Optuna study looks for the worst instead of the best.
        """
        from tuner.training.fit import fit_job  # Keras; asking for help on this class needs none

        self._check_direction(trial)
        job = job_of(trial, self.definition, self.data.task)
        _, outcome = fit_job(job, self._rows(job), _Reports(trial, job))
        for name, value in attributes(job, outcome).items():
            trial.set_user_attr(name, value)
        if outcome.end in (End.PRUNED, End.DIVERGED):
            raise optuna.TrialPruned(f"{outcome.end.value} after {outcome.epochs} epochs")
        if outcome.end is End.FAILED:
            raise RuntimeError(outcome.error)
        value = outcome.best_metrics[job.metric]
        assert math.isfinite(value)
        return value

    def _rows(self, job: Job) -> Prepared:
        """What a job is trained on."""
        return self.data if isinstance(self.data, Prepared) else self.data.forms[job.data][0][0]

    def _check_direction(self, trial: optuna.Trial) -> None:
        study = getattr(trial, "study", None)  # a FixedTrial has none
        if study is not None and study.direction.name.lower() != self.direction:
            metric = self.definition.metric(self.data.task)
            raise StudyError(
                f"the Optuna study is to {study.direction.name.lower()}, but {metric} is better the other way; "
                f'make it with optuna.create_study(direction="{self.direction}")'
            )


class _Reports(Observer):
    """Hands each epoch on to Optuna."""

    def __init__(self, trial: optuna.Trial, job: Job) -> None:
        self._trial = trial
        self._job = job

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        """Report, and ask the pruner."""
        verdicts = []
        for result in results:
            self._trial.report(result.metrics[self._job.metric], result.epoch)
            # Nothing is saved by ending a trial that has just finished.
            last = result.epoch == self._job.hyperparameters.last_epoch
            verdicts.append(Verdict.PRUNE if not last and self._trial.should_prune() else Verdict.GO_ON)
        return verdicts
