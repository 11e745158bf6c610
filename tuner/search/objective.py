"""A study's objective for Optuna's own `study.optimize`, in a notebook."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import optuna

from tuner.data.prepared import Prepared
from tuner.data.prepared_data import PreparedData
from tuner.errors import Mistake, StudyError, StudyFileError
from tuner.search.trials import attributes, job_of
from tuner.study.definition import StudyDefinition
from tuner.study.metrics import Task
from tuner.study.own import SOURCE, SPACE, own_study, study_of_arrays
from tuner.study.read import task_mistakes
from tuner.training.job import End, EpochResult, Job, Outcome, Verdict
from tuner.training.trainer import Observer
from tuner.training.transfer_file import TransferModel

if TYPE_CHECKING:
    from tuner.models.own import Builder  # Keras; making an objective needs none

Arrays = tuple[Any, Any, Any, Any]
"""x_train, y_train, x_validation and y_validation, see `prepared_of`."""


class KerasObjective:
    """Trains one trial with Keras `fit`, reports every epoch and obeys the study's pruner.

        study = optuna.create_study(direction="minimize", pruner=optuna.pruners.MedianPruner(n_warmup_steps=10))
        study.optimize(KerasObjective(definition, data), n_trials=20)

    Or with somebody's own model, which a study file cannot name:

        def build(hyperparameters, inputs, outputs):
            ...
            return keras.Model(rows, probabilities)

        space = {"own": {"units": {"low": 8, "high": 64}}, "optimizer": {"kind": "adam"}, "epochs": 20}
        objective = KerasObjective(build=build, space=space, data=(x_train, y_train, x_validation, y_validation))
        study.optimize(objective, n_trials=20)

    A fitted Keras model leaves some 6 MB behind whatever one does, and an objective that runs inside somebody else's
    process cannot promise otherwise: hundreds of trials want `tuner search`, which trains in a process of its own and
    begins a fresh one in time.

    Attributes:
        definition: the study; of somebody's own model the one that its space makes.
        data: what is trained on.
        build: builds the models; None for those of tuner.
        keep_model: gets each trained model.
    """

    def __init__(
        self,
        definition: StudyDefinition | None = None,
        data: PreparedData | Prepared | Arrays | None = None,
        *,
        build: Builder | None = None,
        space: Mapping[str, Any] | None = None,
        name: str | None = None,
        seed: int = 0,
        search: Mapping[str, Any] | None = None,
        budget: Mapping[str, Any] | None = None,
        task: Task | Literal["auto"] = "auto",
        keep_model: Callable[[Job, Any], None] | None = None,
        transfer: Mapping[str, TransferModel] | None = None,
    ) -> None:
        """An objective of a study, or of somebody's own model.

        Args:
            definition: the study; may be left out beside `build` and `space`.
            data: its data as `prepare` gives them, or arrays.
            build: makes a model for a trial, see `tuner.models.own.Builder`.
            space: what is searched of that model and its training, see `own_study`.
            name: what the storage calls the study of that model; by default `own`, or `STUDY-own`.
            seed, search, budget: of that study, as a study file states them; for a study without a definition only.
            task: what kind of target the arrays have.
            keep_model: gets the job and the model of each trial that has trained, with its best epoch's weights;
                compiled and savable as any Keras model.
            transfer: the models of which trials may take layers, by path.
        Raises:
            DataError: if arrays cannot be used.
            StudyError: if what is given does not go together.
            StudyFileError: with every mistake in the space.
        """
        if data is None:
            raise StudyError("an objective needs data: data=(x_train, y_train, x_validation, y_validation)")
        if isinstance(data, tuple):
            if len(data) != 4:
                raise StudyError(
                    f"data has {len(data)} parts, but should be (x_train, y_train, x_validation, y_validation)"
                )
            from tuner.data.given import prepared_of  # pandas; a study file's data may need none

            data = prepared_of(*data, task=task)
        if (build is None) != (space is None):
            raise StudyError("build and space go together: the one makes a model of what the other lets choose")
        if build is None or space is None:
            if definition is None:
                raise StudyError("an objective needs a study's definition, or build and space of a model")
            if definition.has_own_model:
                raise StudyError(f'"{definition.name}" is of somebody\'s own model; hand over build and space')
            if definition.data.folds or definition.data.repeats > 1:
                raise StudyError("folds and repeats are for `tuner search`; an objective trains each trial once")
        else:
            if not callable(build):
                raise StudyError(f"build is a {type(build).__name__}, but should be a function that returns a model")
            if definition is None:
                definition = study_of_arrays(name or "own", seed=seed, search=search, budget=budget)
            else:
                definition = replace(definition, name=name or f"{definition.name}-own")
            definition = own_study(definition, space, prepares=isinstance(data, PreparedData))
            _check_own(definition, data)
        if definition.search.figures:
            raise StudyError("several objectives are for `tuner search`; this one has a single value")
        self.definition = definition
        self.data = data
        self.build = build
        self.keep_model = keep_model
        self._transfer = transfer

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
        self._check_direction(trial)
        job = job_of(trial, self.definition, self.data.task)
        model, outcome = self._fit(job, _Reports(trial, job))
        for name, value in attributes(job, outcome).items():
            trial.set_user_attr(name, value)
        if self.keep_model is not None and model is not None and outcome.best_epoch is not None:
            self.keep_model(job, model)
        if outcome.end in (End.PRUNED, End.DIVERGED):
            raise optuna.TrialPruned(f"{outcome.end.value} after {outcome.epochs} epochs")
        if outcome.end is End.FAILED:
            raise RuntimeError(outcome.error)
        value = outcome.best_metrics[job.metric]
        assert math.isfinite(value)
        return value

    def train(self, trial: optuna.trial.FrozenTrial) -> Any:
        """A trial's model, such as that of `study.best_trial`: trained again, from the same seed and to its end.

        Returns:
            A `keras.Model` with its best epoch's weights, compiled and savable as any.
        Raises:
            RuntimeError: if training failed.
        """
        job = job_of(trial, self.definition, self.data.task)  # type: ignore[arg-type]
        model, outcome = self._fit(job, _GoOn())
        if model is None:
            raise RuntimeError(outcome.error)
        return model

    def _fit(self, job: Job, observer: Observer) -> tuple[Any, Outcome]:
        from tuner.training.fit import fit_job  # Keras; asking for help on this class needs none

        if self.definition.data.folds or self.definition.data.repeats > 1:
            raise StudyError("folds and repeats are for `search(objective)`; by itself it trains each trial once")
        return fit_job(job, self._rows(job), observer, build=self.build, transfer=self._transfer)

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


def _check_own(definition: StudyDefinition, data: PreparedData | Prepared) -> None:
    """Hold a space against the data that are there.

    Raises:
        StudyFileError: if it wants data that are not there, or if metric or loss are for another task.
    """
    mistakes = [
        Mistake(each.place.replace("hyperparameters", SPACE, 1), each.problem)
        for each in task_mistakes(data.task, definition.search.first_metric, definition.space)
    ]
    if isinstance(data, PreparedData) and not {*definition.forms.by_key} <= {*data.forms}:
        way_out = "keras_objective(STUDY, build=..., space=...) makes them"
        mistakes.append(Mistake(f"{SPACE}.preprocessing", f"wants other forms of the data than there are; {way_out}"))
    if mistakes:
        raise StudyFileError(definition.source or SOURCE, mistakes)


class _GoOn(Observer):
    """Lets every trial end by itself."""

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        return [Verdict.GO_ON for _ in results]


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
