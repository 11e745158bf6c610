"""Looking after a study's workers until its budget is spent, or somebody wants an end."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from tuner.actions.joining import Joined
from tuner.actions.queued import terms_in
from tuner.clock import Calendar, Clock, utc_now
from tuner.cluster.cluster import Ended, Handle, Queued
from tuner.errors import ClusterError, SearchError
from tuner.search.leases import BEAT_SECONDS, GRACE_SECONDS
from tuner.search.limits import Limits
from tuner.search.owners import is_lost
from tuner.search.patience import Patience
from tuner.search.progress import progress_of
from tuner.search.stop import StopReason, StopRequest
from tuner.search.watcher import Progress, Watcher
from tuner.training.host import how_it_ended

T = TypeVar("T")

LOOK_SECONDS = 0.5
"""How often to look after the workers."""

LEAVING_SECONDS = 60.0
"""How long to wait for workers to hand back what they train, once one of them has failed."""

MOST_STARTS = 20
"""Workers that may end in a row without any trial having finished, before the search is given up."""

SKEW = timedelta(minutes=1)
"""By how much the clocks of the machines may differ; a worker that would have less time is not worth its start."""

FAILED, BAD_INPUT, OUT_OF_TIME, HANDED_BACK = 1, 2, 3, 75
"""Exit statuses of a worker."""

LEAVING = frozenset({StopReason.INTERRUPTED, StopReason.HANDED_BACK, StopReason.TIME_LIMIT_NEAR})
"""Reasons of a stop that concern whoever watches, and not workers in a queue."""


class Watch:
    """Looks after workers until there is nothing left to do.

    Attributes:
        until: when they have to end; None for no limit.
    """

    def __init__(
        self,
        entry: Joined,
        *,
        stop: StopRequest,
        watcher: Watcher,
        clock: Clock,
        sleep: Callable[[float], None],
        now: Calendar = utc_now,
    ) -> None:
        self._blocks = entry.blocks
        self._study = entry.stored
        self._definition = entry.definition
        self._task = entry.data.task
        self._total = entry.trials
        self.until: datetime | None = None
        self._now = now
        self._stop = stop
        self._limits = self._no_limits_yet()
        self._learnt = 0
        self._watcher = watcher
        self._clock = clock
        self._sleep = sleep
        self._progress = Progress(0, entry.trials)
        self._starts = 0
        self._start_again: Callable[[Ended], None] = lambda ended: None
        self._elsewhere = False
        self._reaped = -BEAT_SECONDS
        self._heard = clock()
        self._failed: Ended | None = None
        self._cancelled = False
        self._out_of_time = False
        self._told = ""

    def _no_limits_yet(self) -> Limits:
        return Limits(self._definition.budget, self._definition.direction(self._task))

    def begin(self) -> int:
        """Say that the search begins.

        Returns:
            How many trials are finished.
        """
        self._progress = self._look()
        metric = self._definition.metric(self._task)
        self._watcher.search_started(self._definition.name, metric, self._progress)
        return self._progress.finished

    def over(self, crew: Handle, start_again: Callable[[Ended], None] | None = None) -> None:
        """Watch over workers until they are done, or have been asked to stop and have left.

        Args:
            crew: the workers. Those in a queue go on if only this watch is to end.
            start_again: starts one in the place of one that has ended; the crew does if left out.
        Raises:
            SearchError: if they fail.
        """
        self._start_again = start_again if start_again is not None else lambda ended: crew.start_again(ended.worker)
        self._elsewhere = isinstance(crew, Queued)
        try:
            self._until_over(crew)
        except BaseException as error:
            if not isinstance(crew, Queued) or isinstance(error, SearchError):
                self._dismiss(crew)
            raise
        if isinstance(crew, Queued) and self._stop.reason in LEAVING:
            return
        self._dismiss(crew)
        self._see()
        if not self.is_over() and self._limits.left(self._study) == 0:
            self._stop.ask(StopReason.EXHAUSTED)

    def _until_over(self, crew: Handle) -> None:
        while crew.alive or self._revive(crew):
            self._sleep(LOOK_SECONDS)
            self._see()
            self._revive(crew)
            if isinstance(crew, Queued):
                self._tell_of_queue(crew.in_words)
                if self._clock() > self._heard + GRACE_SECONDS:
                    crew.silent_for(GRACE_SECONDS)
            if self.is_over():
                if isinstance(crew, Queued) and self._stop.reason in LEAVING:
                    return
                self._ask_to_stop(crew)
            if isinstance(crew, Queued) and self._is_spent():
                return  # those that still wait in the queue would find nothing to do
        if self._out_of_time and self._progress_left():
            self._stop.ask(StopReason.OUT_OF_TIME)
            return
        if self._failed is not None and self._progress_left():
            raise SearchError(f"every worker has failed, the last one with: {self._failed.last_words}")
        if self._cancelled and self._progress_left():
            self._watcher.note("all workers have been asked to leave")
            self._stop.ask(StopReason.HANDED_BACK)

    def _dismiss(self, crew: Handle) -> None:
        """Ask workers to leave, and wait until they have."""
        self._ask_to_stop(crew)
        until = self._clock() + LEAVING_SECONDS
        while crew.alive and self._clock() < until:
            self._sleep(LOOK_SECONDS)

    def _tell_of_queue(self, words: str) -> None:
        if words != self._told:
            self._told = words
            self._watcher.note(f"workers: {words}")

    def _patiently(self, look: Callable[[], T]) -> T:
        return Patience(self._definition.run.outage_seconds, give_up=lambda: bool(self._stop))(look)

    def _has_more_time(self) -> bool:
        """Whether somebody has meanwhile stated a later end for the workers in the queue."""
        terms = self._patiently(lambda: terms_in(self._study.user_attrs)) if self._elsewhere else None
        if terms is None or terms.are_over(self._now()):
            return False
        self.until = terms.until
        return True

    def _see(self) -> None:
        progress = self._patiently(self._look)
        if progress.finished > self._progress.finished:
            self._starts = 0
        if progress.running:
            self._heard = self._clock()
        if progress != self._progress:
            self._progress = progress
            self._watcher.progressed(progress)

    def _grace_seconds(self) -> float | None:
        """Now and then, how long workers elsewhere may be silent: nobody here sees that their processes are gone."""
        now = self._clock()
        if not self._elsewhere or now < self._reaped + BEAT_SECONDS:
            return None
        self._reaped = now
        return GRACE_SECONDS

    def _look(self) -> Progress:
        study_id = self._study._study_id
        # Held, so that one look reads what is new once.
        with self._blocks.hold():
            self._blocks.refresh(study_id)
            most = self._definition.search.lost_worker_retries
            self._blocks.give_back(study_id, is_lost, grace_seconds=self._grace_seconds(), most=most)
            trials = self._blocks.get_all_trials(study_id, deepcopy=False)
            arrivals = self._blocks.arrivals(study_id)
        if len(arrivals) > self._learnt:
            self._learnt = len(arrivals)
            # Counted anew in the order in which they ended, as a worker does that has just come. In the order in which
            # they were heard of, this process would start workers again that find nothing to do.
            self._limits = self._no_limits_yet()
            reason = self._limits.learn(sorted(arrivals, key=lambda trial: trial.datetime_complete or datetime.max))
            if reason is not None:
                self._stop.ask(reason)
        return progress_of(trials, self._total, self._definition.objectives(self._task))

    def is_over(self) -> bool:
        """Whether the watch has to end: it has been asked to, or the time is over, and then it is asked to."""
        if self._stop:
            return True
        if self.until is not None and self._now() >= self.until and not self._has_more_time():
            self._stop.ask(StopReason.OUT_OF_TIME)
        return bool(self._stop)

    def _revive(self, crew: Handle) -> bool:
        """Start workers again where they have died with work left.

        Returns:
            Whether any was started.
        """
        started = False
        for ended in crew.ended():
            if self._may_start_again(ended, alone=not isinstance(crew, Queued)):
                self._starts += 1
                started = self._started_again(ended) or started
        return started

    def _started_again(self, ended: Ended) -> bool:
        try:
            self._start_again(ended)
        except ClusterError as error:
            self._failed = replace(ended, last_words=str(error))
            self._watcher.note(f"worker {ended.worker} could not be queued again: {error}")
            return False
        return True

    def _ask_to_stop(self, crew: Handle) -> None:
        try:
            crew.ask_to_stop()
        except ClusterError as error:
            self._watcher.note(f"the workers could not be asked to leave: {error}")

    def _may_start_again(self, ended: Ended, *, alone: bool) -> bool:
        if self.is_over():
            return False
        if ended.status == OUT_OF_TIME and self.until is not None and self.until - self._now() < SKEW:
            self._out_of_time = True
            return False
        if ended.cancelled or (ended.status in (HANDED_BACK, -signal.SIGTERM) and not alone):
            # Somebody wanted it to leave, perhaps before it could hear that; a batch system that made room starts it
            # again by itself.
            self._cancelled = True
            return False
        if ended.status in (FAILED, BAD_INPUT):
            if alone:
                raise SearchError(f"worker {ended.worker} failed: {ended.last_words}")
            # It may be its node's fault; the others go on.
            self._failed = ended
            self._watcher.note(f"worker {ended.worker} failed and is not started again: {ended.last_words}")
            return False
        # One that is out of time was queued when less was stated; another one can go on with what there is now.
        if ended.status in (0, OUT_OF_TIME) and not self._progress_left():
            return False
        if self._starts >= MOST_STARTS:
            raise SearchError(
                f"{self._starts} workers have ended in a row without a finished trial; worker {ended.worker} "
                f"{how_it_ended(ended.status)}: {ended.last_words}"
            )
        if ended.status != 0:
            self._watcher.note(f"worker {ended.worker} {how_it_ended(ended.status)}; it is started again")
        return True

    def _is_spent(self) -> bool:
        return self._total is not None and self._progress.finished >= self._total

    def _progress_left(self) -> bool:
        """Whether there is a trial to be taken: what a worker left in the queue when it died after the others left."""
        self._progress = self._look()
        if self.is_over():
            return False
        taken = self._progress.finished + self._progress.running
        if self._total is not None and taken >= self._total:
            return False
        return self._progress.waiting > 0 or self._limits.left(self._study) != 0
