"""The ask-and-tell loop: jobs for a trainer out of Optuna, and everything that a trainer says back into Optuna.

What happens at the end of an epoch is answered from memory, so that the trainer trains on at once. While it does, what
was said is written in one transaction, the loop learns what other workers have done, and the next trials are asked.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import optuna
import sqlalchemy.exc
from optuna.trial import FrozenTrial, TrialState

from tuner.clock import Clock, wall_clock
from tuner.data.prepared import Prepared
from tuner.errors import SearchError
from tuner.search.asking import Asked, Asking
from tuner.search.block_storage import BlockStorage
from tuner.search.heart import Heart
from tuner.search.leases import ATTEMPT, BEAT_SECONDS, CHECKPOINT, GRACE_SECONDS, LOST_WORKERS
from tuner.search.limits import Limits
from tuner.search.outage import Outage
from tuner.search.owners import OWNER, is_lost, present
from tuner.search.patience import Patience
from tuner.search.progress import progress_of
from tuner.search.stop import StopReason, StopRequest
from tuner.search.studies import most_epochs
from tuner.search.trials import attributes, next_attempt, taken_over, values_of
from tuner.search.verdicts import Verdicts
from tuner.search.watcher import Progress, Watcher
from tuner.study.definition import StudyDefinition
from tuner.study.metrics import Task
from tuner.training.job import DataKey, Done, End, EpochResult, Job, Outcome, Verdict, Wait
from tuner.training.trainer import JobSource, Observer, Trainer

MOST_ERRORS_IN_A_ROW = 10

LAST_WORDS_SECONDS = 30.0
"""How long a search that ends waits for a storage that is away."""

TROUBLES = (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.OptunaError, KeyError)
"""What a storage raises."""


@dataclass
class _Running:
    """A trial that is being trained here.

    Attributes:
        asked: the trial.
        began: when the trainer got it.
        epochs: how many of its epochs have ended.
        out_of_time: whether it was ended because its time was over.
    """

    asked: Asked
    began: float
    epochs: int = 0
    out_of_time: bool = False

    @property
    def job(self) -> Job:
        return self.asked.job

    @property
    def epochs_left(self) -> int:
        return self.job.hyperparameters.epochs - self.epochs


class SearchLoop(JobSource, Observer):
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
        lanes: int = 1,
        checkpoints: Path | None = None,
        stop: StopRequest | None = None,
        watcher: Watcher | None = None,
        clock: Clock = wall_clock,
        sleep: Callable[[float], None] = time.sleep,
        beat_seconds: float = BEAT_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        """A search of a study.

        Args:
            study: the stored study, in a `BlockStorage`, with its sampler and pruner.
            definition: what the study's file says.
            task: the target's kind, which decides the metric.
            trials: total of finished trials at which the study is done; None for no limit.
            seconds: wall time of this run, counted from now; None for no limit.
            lanes: how many trials the trainer trains at once; those of the next epoch are asked during the present one.
            checkpoints: the folder where trainers leave the progress of what they hand back; None for none.
            stop: raised by whoever wants the search to end.
            watcher: told of everything.
            clock: what time it is.
            sleep: waits for a storage that is away.
            beat_seconds: how often to say that this worker is alive.
            grace_seconds: after so long without a word from it, another worker is lost.
        """
        assert isinstance(study._storage, BlockStorage)
        self._study = study
        self._storage: BlockStorage = study._storage
        self._definition = definition
        self._task = task
        self._trials = trials
        self._lanes = lanes
        self._checkpoints = checkpoints
        self._stop = stop if stop is not None else StopRequest()
        self._watcher = watcher if watcher is not None else Watcher()
        self._clock = clock
        self._sleep = sleep
        self._deadline = None if seconds is None else clock() + seconds
        self._grace_seconds = grace_seconds
        self._beat_seconds = beat_seconds
        self._next_look = 0.0
        self._outage = Outage(definition.run.outage_seconds, self._watcher.note, clock)
        self._heart = Heart(lambda: self._storage.beat(study._study_id), beat_seconds, clock)
        self._verdicts = Verdicts(study, most_epochs(definition))
        self._asking = Asking(study, self._storage, definition, task, checkpoints)
        self._limits = Limits(definition.budget, definition.direction(task))
        self._learnt = 0
        self._ready: deque[Asked] = deque()
        self._running: dict[int, _Running] = {}
        self._dropped: set[int] = set()
        self._ended: list[tuple[Job, Outcome, float | None]] = []
        self._done_with: list[str] = []
        self._ended_before_their_time = 0
        self._errors_in_a_row = 0
        self._failed_in_a_row = 0
        self._failed_at_once = False
        self._last_error = ""

    def run(self, trainer: Trainer, data: Mapping[DataKey, Prepared]) -> None:
        """Search until there is nothing left to do; trials that still run at the end are put back.

        Raises:
            SearchError: if trials failed ten times in a row, or if a trial's configuration cannot be.
        """
        with present() as owner, self._storage.hold(owner), self._heart:
            self._train(trainer, data)
        if self._errors_in_a_row >= MOST_ERRORS_IN_A_ROW:
            raise SearchError(f"{self._failed_in_a_row} trials in a row failed; the last one: {self._last_error}")

    def _train(self, trainer: Trainer, data: Mapping[DataKey, Prepared]) -> None:
        self.put_back_lost()
        self._learn()
        self._watcher.search_started(self._study.study_name, self._definition.metric(self._task), self.progress())
        try:
            with closing(trainer.train(self, data, self)) as outcomes:  # type: ignore[type-var]
                for outcome in outcomes:
                    self._tell(outcome)
        except BaseException:
            # What cannot be put back now is put back by the next search, which finds its owner gone.
            with suppress(*TROUBLES):
                self._put_back_all()
                self._exchange()
            raise
        self._put_back_all()
        patience = min(LAST_WORDS_SECONDS, self._definition.run.outage_seconds)
        Patience(patience, sleep=self._sleep, clock=self._clock)(self._exchange)

    # As a source of jobs.

    def next(self) -> Job | Wait | Done:
        """The next trial's job, while the budget allows."""
        if self.stopping() or self._errors_in_a_row >= MOST_ERRORS_IN_A_ROW:
            return Done()
        if not self._ready:
            self._settle()
            if self.stopping():
                return Done()
            self._prepare(max(1, self._lanes - len(self._running)))
            if self.stopping():
                return Done()
        # What was taken away and has come back is still being trained until the trainer has dropped it.
        asked = next((each for each in self._ready if each.job.number not in self._dropped), None)
        if asked is None:
            if self._ready or self._running or self._outage.goes_on:
                return Wait()
            if self._limits.left(self._study) == 0:
                self._stop.ask(StopReason.EXHAUSTED)
            return Done()
        self._ready.remove(asked)
        self._running[asked.job.number] = _Running(asked, self._clock())
        self._failed_at_once = False
        self._watcher.trial_started(asked.job, asked.attempt)
        return asked.job

    def stopping(self) -> bool:
        """Whether the search has been asked to stop, or its time is over."""
        if self._deadline is not None and self._clock() >= self._deadline:
            self._stop.ask(StopReason.OUT_OF_TIME)
        return bool(self._stop)

    def starting(self) -> None:
        """Have the first trials ready when the trainer is."""
        self._prepare(self._lanes)

    def epoch_begins(self) -> None:
        """Write down the epoch before, and have trials ready for the lanes that this one will free."""
        self._settle()
        if self._lanes > 1 and not self.stopping():
            staying = sum(running.epochs_left > 1 for running in self._running.values())
            self._prepare(min(self._lanes, self._lanes - staying + self._ended_before_their_time))
        self._ended_before_their_time = 0

    def _prepare(self, count: int) -> None:
        """Have so many trials ready, as far as the budget and the storage allow."""
        if count > len(self._ready) and not self.stopping():
            self._outage.attempt(lambda: self._ask(count - len(self._ready)))

    def _ask(self, count: int) -> None:
        repetitions = True
        while count > 0 and repetitions and not self.stopping():
            ids = self._take(count)
            asked = self._asking.ask(ids)
            repetitions = False
            for each in asked:
                if each.repeats is None:
                    self._ready.append(each)
                    count -= 1
                else:
                    self._take_over(each, each.repeats)
                    repetitions = True
            # Other workers learn what these trials are.
            self._exchange()
            if repetitions:
                self._learn()

    def _take(self, count: int) -> list[int]:
        ids = self._not_asked_yet()[:count]
        if len(ids) < count and self._may_have_room():
            ids += self._take_now(count - len(ids))
        # Another worker's death makes room, too.
        if len(ids) < count and self.put_back_lost():
            ids += self._take_now(count - len(ids))
        return ids

    def _not_asked_yet(self) -> list[int]:
        """Trials that were taken, but not asked to the end because the storage went away meanwhile."""
        asked = {each.trial_id for each in (*self._ready, *(running.asked for running in self._running.values()))}
        left = sorted(self._storage.held - asked)
        return [trial_id for trial_id in left if self._storage.trial(trial_id).state is TrialState.RUNNING]

    def _take_now(self, count: int) -> list[int]:
        return self._storage.take(
            self._study._study_id, count, self._trials, fresh=lambda: self._limits.left(self._study)
        )

    def _may_have_room(self) -> bool:
        """Whether the budget had room for a trial when this worker last looked."""
        counted = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
        return self._trials is None or self._storage.get_n_trials(self._study._study_id, counted) < self._trials

    def _take_over(self, asked: Asked, known: FrozenTrial) -> None:
        """Give a trial the result of a finished one with the same configuration, which need not be trained again."""
        taken_over(self._storage, asked.trial_id, known)
        self._watcher.note(f"trial {asked.job.number} repeats trial {known.number}, whose result it takes over")

    def put_back_lost(self) -> bool:
        """Queue again what lost workers were training.

        Returns:
            Whether there was anything.
        """
        # After an outage nobody has beaten for a while, and a worker that has just come cannot know of one.
        may_judge = self._heart.steady_seconds >= self._grace_seconds and self._clock() >= self._next_look
        if may_judge:
            self._next_look = self._clock() + self._beat_seconds
        given = self._storage.give_back(
            self._study._study_id,
            is_lost,
            grace_seconds=self._grace_seconds if may_judge else None,
            most=self._definition.search.lost_worker_retries,
        )
        for each in given:
            how = "is given up" if each.failed else f"goes on at epoch {each.epochs}" if each.epochs else "starts over"
            times = "" if each.lost == 1 else f" ({each.lost} times so far)"
            self._watcher.note(f"trial {each.number} was left by a process that is gone{times}; it {how}")
        return bool(given)

    # As an observer.

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        """Note each result and say what is to become of its trial."""
        known = [result for result in results if result.number in self._running]
        for result in known:
            self._report(result)
        pruned: set[int] = set()
        if not self.stopping():
            going_on = [result.number for result in known if self._running[result.number].epochs_left > 0]
            trials = [self._storage.trial(self._running[number].asked.trial_id) for number in going_on]
            verdicts = self._verdicts.should_prune(trials)
            pruned = {number for number, verdict in zip(going_on, verdicts, strict=True) if verdict}
        return [self._verdict(result.number, pruned) for result in results]

    def _report(self, result: EpochResult) -> None:
        running = self._running[result.number]
        trial_id = running.asked.trial_id
        if result.epoch <= max(self._storage.trial(trial_id).intermediate_values, default=-1):
            # Its progress could not be read, and it has started over.
            self._storage.forget(trial_id, from_epoch=result.epoch)
        self._storage.set_trial_intermediate_value(trial_id, result.epoch, result.metrics[running.job.metric])
        running.epochs = result.epoch + 1
        self._watcher.epoch_ended(result, running.job)

    def _verdict(self, number: int, pruned: set[int]) -> Verdict:
        running = self._running.get(number)
        if running is None:
            return Verdict.HAND_BACK  # it has been taken by another worker
        if running.epochs_left <= 0:
            return Verdict.GO_ON  # what has just finished needs neither pruning nor putting back
        if self.stopping():
            return Verdict.HAND_BACK
        limit = self._definition.budget.trial_seconds
        running.out_of_time = limit is not None and self._clock() - running.began >= limit
        return Verdict.PRUNE if running.out_of_time or number in pruned else Verdict.GO_ON

    # Outcomes.

    def _tell(self, outcome: Outcome) -> None:
        running = self._running.get(outcome.number)
        if running is None:
            # Another worker has taken it meanwhile, and its word counts.
            self._dropped.discard(outcome.number)
            self._done_with += [outcome.checkpoint] if outcome.checkpoint is not None else []
            return
        job, trial_id = running.job, running.asked.trial_id
        value: float | None = None
        self._ended_before_their_time += running.epochs_left > 0
        if outcome.end is End.HANDED_BACK:
            self._put_back(trial_id, outcome)
        else:
            for name, kept in attributes(job, outcome, out_of_time=running.out_of_time).items():
                self._storage.set_trial_user_attr(trial_id, name, kept)
            value = self._end(trial_id, job, outcome)
        del self._running[outcome.number]
        if job.checkpoint is not None and (outcome.end is not End.HANDED_BACK or outcome.checkpoint is not None):
            self._done_with.append(job.checkpoint)
        self._count_errors(trial_id, outcome)
        self._ended.append((job, outcome, value))

    def _end(self, trial_id: int, job: Job, outcome: Outcome) -> float | None:
        """Tell how a trial ended, and with which value."""
        if outcome.end in (End.FINISHED, End.STOPPED_EARLY):
            if outcome.end is End.STOPPED_EARLY:
                self._verdicts.stopped_early(self._storage.trial(trial_id))
            values: list[float] | None = values_of(job, outcome)
            value: float | None = outcome.best_metrics[job.metric]
            state = TrialState.COMPLETE
        elif outcome.end in (End.PRUNED, End.DIVERGED):
            value = self._storage.trial(trial_id).intermediate_values.get(outcome.epochs - 1)
            values = None if value is None or value != value else [value]
            if job.figures:
                # It has no value of the others. Its curve goes, too: TPE would compare it with one direction's.
                values = None
                self._storage.forget(trial_id)
            state = TrialState.PRUNED
        else:
            value, values, state = None, None, TrialState.FAIL
        self._study.sampler.after_trial(self._study, self._storage.trial(trial_id), state, values)
        self._storage.set_trial_state_values(trial_id, state, values)
        return value

    def _count_errors(self, trial_id: int, outcome: Outcome) -> None:
        if outcome.end is not End.FAILED:
            self._errors_in_a_row = self._failed_in_a_row = 0
            return
        # What fails together, as all lanes do when their process dies, has failed once.
        self._errors_in_a_row += not self._failed_at_once
        self._failed_in_a_row += 1
        self._failed_at_once = True
        self._last_error = outcome.error or "no reason was given"
        reason = self._last_error.splitlines()[0].rstrip(":")
        failed = self._storage.trial(trial_id)
        attempt = int(failed.user_attrs.get(ATTEMPT, 1))
        if attempt - int(failed.user_attrs.get(LOST_WORKERS, 0)) <= self._definition.search.retries:
            self._storage.queue(self._study._study_id, next_attempt(failed), after=trial_id)
            self._watcher.note(f"trial {outcome.number} failed ({reason}); attempt {attempt + 1} is queued")
        else:
            self._watcher.note(f"trial {outcome.number} failed for the last time ({reason})")

    def _put_back(self, trial_id: int, outcome: Outcome | None = None) -> None:
        if outcome is not None and outcome.checkpoint is not None:
            progress = {"file": Path(outcome.checkpoint).name, "epochs": outcome.epochs}
            self._storage.set_trial_system_attr(trial_id, CHECKPOINT, progress)
        self._storage.set_trial_system_attr(trial_id, OWNER, None)
        self._storage.set_trial_state_values(trial_id, TrialState.WAITING)

    def _put_back_all(self) -> None:
        """Put back what was asked for and is not trained to its end."""
        self._ready.clear()
        self._running.clear()
        for trial_id in sorted(self._storage.held):
            if self._storage.trial(trial_id).state is TrialState.RUNNING:
                self._put_back(trial_id)

    # The storage.

    def _settle(self) -> None:
        """Write what waits, and learn what others have done; later, if the storage is away."""
        # A full disk can be read, which does not mean that it is back.
        if self._storage.has_to_write or not self._outage.goes_on:
            self._outage.attempt(self._exchange)
        self._learn()

    def _exchange(self) -> None:
        """Write what waits in one transaction, and read what is new in another.

        Only now are those who watch told how trials ended: what they have been told is never lost.
        """
        lost = self._storage.flush()
        for number in [number for number, running in self._running.items() if running.asked.trial_id in lost]:
            del self._running[number]
            self._dropped.add(number)
            self._watcher.note(
                f"trial {number} has been taken by another worker; what is trained of it here is dropped"
            )
        self._ready = deque(asked for asked in self._ready if asked.trial_id not in lost)
        self._storage.refresh(self._study._study_id)
        for path in self._done_with:
            with suppress(OSError):
                Path(path).unlink(missing_ok=True)
        self._done_with.clear()
        if self._ended:
            ended, self._ended = self._ended, []
            progress = self.progress()
            for job, outcome, value in ended:
                self._watcher.trial_ended(job, outcome, value, progress)

    def _learn(self) -> None:
        """Let everybody who compares know the trials that have finished since the last time."""
        arrivals = self._storage.arrivals(self._study._study_id)
        fresh = arrivals[self._learnt :]
        self._learnt = len(arrivals)
        self._verdicts.learn(fresh)
        self._asking.learn(fresh)
        reason = self._limits.learn(fresh)
        if reason is not None:
            self._stop.ask(reason)

    def progress(self) -> Progress:
        """How far the study is, over all runs."""
        trials = self._storage.get_all_trials(self._study._study_id, deepcopy=False)
        return progress_of(trials, self._trials, self._definition.objectives(self._task))
