"""The ask-and-tell loop: jobs for a trainer out of Optuna, and everything that a trainer says back into Optuna."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass

import optuna
from optuna.pruners import SuccessiveHalvingPruner
from optuna.trial import FrozenTrial, TrialState, create_trial

from tuner.clock import Clock, wall_clock
from tuner.data.prepared import Prepared
from tuner.errors import SearchError
from tuner.search.owners import OWNER, is_lost, present, this_process
from tuner.search.stop import StopReason, StopRequest
from tuner.search.trials import ATTEMPT, attributes, forget_reports, job_of, try_again
from tuner.search.watcher import Progress, Watcher
from tuner.study.definition import StudyDefinition
from tuner.study.metrics import Task
from tuner.training.job import DataKey, Done, End, EpochResult, Job, Outcome, Verdict, Wait
from tuner.training.trainer import Trainer

MOST_ERRORS_IN_A_ROW = 10
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass
class _Running:
    """A trial that is being trained here.

    Attributes:
        trial: as Optuna knows it, with the reports of this attempt alone.
        job: as the trainer knows it.
    """

    trial: FrozenTrial
    job: Job


class SearchLoop:
    """Searches one study until its budget is spent or somebody asks it to stop.

    It is both the source of a trainer's jobs and its observer.
    """

    def __init__(
        self,
        study: optuna.Study,
        definition: StudyDefinition,
        task: Task,
        *,
        trials: int | None,
        seconds: float | None = None,
        stop: StopRequest | None = None,
        watcher: Watcher | None = None,
        admission: Callable[[], AbstractContextManager[None]] = nullcontext,
        clock: Clock = wall_clock,
    ) -> None:
        """A search of a study.

        Args:
            study: the stored study, with its sampler and pruner.
            definition: what the study's file says.
            task: the target's kind, which decides the metric.
            trials: total of finished trials at which the study is done; None for no limit.
            seconds: wall time of this run, counted from now; None for no limit.
            stop: raised by whoever wants the search to end.
            watcher: told of everything.
            admission: held while trials are counted and the next one is taken.
            clock: what time it is.
        """
        self._study = study
        self._storage = study._storage
        self._definition = definition
        self._task = task
        self._trials = trials
        self._stop = stop if stop is not None else StopRequest()
        self._watcher = watcher if watcher is not None else Watcher()
        self._admission = admission
        self._clock = clock
        self._deadline = None if seconds is None else clock() + seconds
        self._owner = this_process()
        self._running: dict[int, _Running] = {}
        self._errors_in_a_row = 0
        self._last_error = ""

    def run(self, trainer: Trainer, data: Mapping[DataKey, Prepared]) -> None:
        """Search until there is nothing left to do; trials that still run at the end are put back.

        Raises:
            SearchError: if ten trials in a row failed, or if a trial's configuration cannot be.
        """
        with present() as self._owner:
            self._train(trainer, data)
        if self._errors_in_a_row >= MOST_ERRORS_IN_A_ROW:
            raise SearchError(f"{self._errors_in_a_row} trials in a row failed; the last one: {self._last_error}")

    def _train(self, trainer: Trainer, data: Mapping[DataKey, Prepared]) -> None:
        with self._admission():
            self.put_back_lost()
        self._watcher.search_started(self._study.study_name, self._definition.metric(self._task), self.progress())
        try:
            for outcome in trainer.train(self, data, self):
                self._tell(outcome)
        finally:
            for running in list(self._running.values()):
                # What cannot be put back now is put back by the next search, which finds its owner gone.
                with suppress(optuna.exceptions.OptunaError, KeyError):
                    self._put_back(running)

    def put_back_lost(self) -> bool:
        """Queue again what a process that is gone was training; to be called with the admission held.

        Returns:
            Whether there was anything.
        """
        found = False
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if is_lost(trial):
                found = True
                self._storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)
                self._watcher.note(f"trial {trial.number} was left by a process that is gone; it starts over")
        return found

    # As a source of jobs.

    def next(self) -> Job | Wait | Done:
        """The next trial's job, while the budget allows."""
        if self.stopping() or self._errors_in_a_row >= MOST_ERRORS_IN_A_ROW:
            return Done()
        with self._admission():
            # Another worker's death makes room, too.
            if not self._room() and not (self.put_back_lost() and self._room()):
                return Wait() if self._running else Done()
            trial = self._ask()
        job = self._job_of(trial)
        stored = self._storage.get_trial(trial._trial_id)
        if stored.intermediate_values:
            forget_reports(self._storage, trial._trial_id)
            stored.intermediate_values = {}
        self._running[job.number] = _Running(stored, job)
        self._watcher.trial_started(job, int(stored.user_attrs.get(ATTEMPT, 1)))
        return job

    def _ask(self) -> optuna.Trial:
        """Take the next trial, which bears this process' name before it runs.

        A name that followed later could be lost, on a disk that becomes full in between or by a kill, and nobody could
        then tell whose the running trial is.
        """
        waiting = self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if waiting:
            self._storage.set_trial_system_attr(waiting[0]._trial_id, OWNER, self._owner)
        else:
            self._study.add_trial(create_trial(state=TrialState.WAITING, system_attrs={OWNER: self._owner}))
        trial = self._study.ask()
        # Where no lock keeps them apart, another worker may have taken the one that was named here.
        if trial._cached_frozen_trial.system_attrs.get(OWNER) != self._owner:
            self._storage.set_trial_system_attr(trial._trial_id, OWNER, self._owner)
        return trial

    def _job_of(self, trial: optuna.Trial) -> Job:
        try:
            return job_of(trial, self._definition, self._task)
        except ValueError as error:
            self._study.tell(trial, state=TrialState.FAIL)
            raise SearchError(f"trial {trial.number} has a configuration that cannot be: {error}") from error
        except BaseException:
            # Nothing is wrong with the trial: the storage failed, or somebody pressed Ctrl-C in a notebook.
            with suppress(optuna.exceptions.OptunaError, KeyError):
                self._storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)
            raise

    def _room(self) -> bool:
        """Whether the budget has room for one more trial beside those that are running anywhere."""
        if self._trials is None:
            return True
        states = (*FINISHED, TrialState.RUNNING)
        return len(self._study.get_trials(deepcopy=False, states=states)) < self._trials

    def stopping(self) -> bool:
        """Whether the search has been asked to stop, or its time is over."""
        if self._deadline is not None and self._clock() >= self._deadline:
            self._stop.ask(StopReason.OUT_OF_TIME)
        return bool(self._stop)

    # As an observer.

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        """Store each result and say what is to become of its trial."""
        return [self._epoch_ended(result) for result in results]

    def _epoch_ended(self, result: EpochResult) -> Verdict:
        running = self._running[result.number]
        value = result.metrics[running.job.metric]
        self._storage.set_trial_intermediate_value(running.trial._trial_id, result.epoch, value)
        running.trial.intermediate_values[result.epoch] = value
        self._watcher.epoch_ended(result, running.job)
        last = result.epoch == running.job.hyperparameters.last_epoch
        if self.stopping():
            # What has just finished needs no putting back.
            return Verdict.GO_ON if last else Verdict.HAND_BACK
        return Verdict.PRUNE if not last and self._should_prune(running) else Verdict.GO_ON

    def _should_prune(self, running: _Running) -> bool:
        verdict = self._study.pruner.prune(self._study, running.trial)
        if isinstance(self._study.pruner, SuccessiveHalvingPruner):
            # It keeps the rungs that a trial has reached in the storage.
            running.trial.system_attrs = self._storage.get_trial_system_attrs(running.trial._trial_id)
        return verdict

    # Outcomes.

    def _tell(self, outcome: Outcome) -> None:
        running = self._running[outcome.number]
        job, trial_id = running.job, running.trial._trial_id
        value: float | None = None
        if outcome.end is End.HANDED_BACK:
            self._put_back(running)
        else:
            for name, kept in attributes(job, outcome).items():
                self._storage.set_trial_user_attr(trial_id, name, kept)
            if outcome.end in (End.FINISHED, End.STOPPED_EARLY):
                value = outcome.best_metrics[job.metric]
                self._study.tell(job.number, value)
            elif outcome.end in (End.PRUNED, End.DIVERGED):
                value = running.trial.intermediate_values.get(outcome.epochs - 1)
                self._study.tell(job.number, state=TrialState.PRUNED)
            else:
                self._study.tell(job.number, state=TrialState.FAIL)
        self._running.pop(outcome.number, None)
        self._count_errors(outcome)
        self._watcher.trial_ended(job, outcome, value, self.progress())

    def _count_errors(self, outcome: Outcome) -> None:
        if outcome.end is not End.FAILED:
            self._errors_in_a_row = 0
            return
        self._errors_in_a_row += 1
        self._last_error = outcome.error or "no reason was given"
        reason = self._last_error.splitlines()[0].rstrip(":")
        failed = self._study.get_trials(deepcopy=False)[outcome.number]
        if int(failed.user_attrs.get(ATTEMPT, 1)) <= self._definition.search.retries:
            attempt = try_again(self._study, outcome.number)
            self._watcher.note(f"trial {outcome.number} failed ({reason}); attempt {attempt} is queued")
        else:
            self._watcher.note(f"trial {outcome.number} failed for the last time ({reason})")

    def _put_back(self, running: _Running) -> None:
        self._storage.set_trial_state_values(running.trial._trial_id, TrialState.WAITING)
        self._running.pop(running.job.number, None)

    def progress(self) -> Progress:
        """How far the study is, over all runs."""
        trials = self._study.get_trials(deepcopy=False)
        complete = [trial for trial in trials if trial.state is TrialState.COMPLETE and trial.value is not None]
        sign = 1 if self._definition.direction(self._task) == "minimize" else -1
        best = min(complete, key=lambda trial: sign * (trial.value or 0.0), default=None)
        pruned = sum(trial.state is TrialState.PRUNED for trial in trials)
        return Progress(
            finished=len(complete) + pruned,
            total=self._trials,
            pruned=pruned,
            failed=sum(trial.state is TrialState.FAIL for trial in trials),
            best_number=None if best is None else best.number,
            best_value=None if best is None else best.value,
            best_attributes={} if best is None else best.user_attrs,
        )
