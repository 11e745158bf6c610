"""A trainer around a trainer: each job becomes several members, which the inner one trains as jobs of their own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from tuner.data.prepared import Prepared
from tuner.errors import one_line
from tuner.training.archive import write_file
from tuner.training.bundle import bundle_owner, read_bundle, write_bundle
from tuner.training.folded_trial import FoldedTrial
from tuner.training.job import DataKey, Done, End, EpochResult, Job, Outcome, Verdict, Wait
from tuner.training.members import Member, trial_of
from tuner.training.trainer import JobSource, Observer, Trainer

_log = logging.getLogger(__name__)


class FoldedTrainer(Trainer):
    """Trains every job as its members: once on each fold, and all of that as often as it is repeated.

    Who asks for the trial sees one job, one stream of results and one outcome. The result of an epoch is the mean over
    the members, told when the last of them has ended that epoch; a member that has stopped early counts with its last
    metrics. The best epoch is that of the mean. A verdict holds for all members: for those that the inner trainer has
    just asked about at once, for others at the end of their next epoch, and those that have not begun never begin.

    A trial diverges or fails as soon as one member does. The others are then pruned. A trial that is handed back leaves
    one file, in which the files of its members are.

    With a single member the inner trainer trains the jobs as they are.
    """

    def __init__(
        self,
        inner: Trainer,
        members: Sequence[Member],
        *,
        checkpoints: str | None = None,
        stop_requested: Callable[[], bool] = lambda: False,
    ) -> None:
        """A trainer of jobs with members.

        Args:
            inner: trains the members. A job's data have to be there for each of them, under `member_data`.
            members: of every job.
            checkpoints: the folder for the files of trials that are handed back; None for none. The inner trainer's may
                be the same.
            stop_requested: whether everything is to be handed back. While it is true no job is begun, and members are
                handed back at the end of their epoch without a word from the observer, who may have none to say for
                long where members are trained one after another.
        """
        self._inner = inner
        self._members = tuple(members)
        self._checkpoints = checkpoints
        self._stop_requested = stop_requested

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        if len(self._members) == 1:
            yield from self._inner.train(jobs, data, observer)
            return
        folding = _Folding(jobs, data, observer, self._members, self._checkpoints, self._stop_requested)
        try:
            with closing(self._inner.train(folding, data, folding)) as outcomes:  # type: ignore[type-var]
                for outcome in outcomes:
                    yield from folding.ended(outcome)
            yield from folding.left_behind()
        finally:
            folding.tidy()


class _Folding(JobSource, Observer):
    """One training: the source of the inner trainer's jobs, and its observer."""

    def __init__(
        self,
        jobs: JobSource,
        data: Mapping[DataKey, Prepared],
        observer: Observer,
        members: Sequence[Member],
        checkpoints: str | None,
        stop_requested: Callable[[], bool],
    ) -> None:
        self._jobs = jobs
        self._data = data
        self._observer = observer
        self._members = members
        self._checkpoints = checkpoints
        self._stop_requested = stop_requested
        self._trials: dict[int, FoldedTrial] = {}
        self._unpacked: dict[int, str] = {}

    # As a source of jobs.

    def next(self) -> Job | Wait | Done:
        """The next member of a trial that has begun, and only then the first one of another trial."""
        if self._stop_requested():
            return Done()
        for trial in self._trials.values():
            if trial.begins_members:
                return self._begin(trial)
        job = self._jobs.next()
        if not isinstance(job, Job):
            return job
        self._trials[job.number] = self._trial(job)
        return self._begin(self._trials[job.number])

    def _trial(self, job: Job) -> FoldedTrial:
        """A trial that goes on from its job's file, or begins."""
        if job.checkpoint is not None:
            try:
                bundle = read_bundle(job.checkpoint, self._owner(job), len(self._members))
                return FoldedTrial.resumed(job, self._members, bundle)
            except Exception as error:
                text = "trial %d starts over, without its checkpoint %s: %s"
                _log.warning(text, job.number, job.checkpoint, one_line(error))
        return FoldedTrial(job, self._members)

    def _begin(self, trial: FoldedTrial) -> Job:
        """The job of a trial's next member."""
        index, job = trial.begin()
        content = trial.files.pop(index, None)
        if content is None or self._checkpoints is None:
            return job
        try:
            path = write_file(self._checkpoints, job.number, content)
        except OSError as error:
            _log.warning("%s of trial %d starts over: %s", self._members[index], trial.job.number, one_line(error))
            return job
        self._unpacked[job.number] = path
        return replace(job, checkpoint=path)

    # As an observer.

    def starting(self) -> None:
        self._observer.starting()

    def epoch_begins(self) -> None:
        self._observer.epoch_begins()

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        """Take in what members came to, and report every epoch that is complete with it."""
        found = [self._find(result.number) for result in results]
        for (trial, index), result in zip(found, results, strict=True):
            trial.add(index, result)
        self._report()
        if self._stop_requested():
            for trial in self._trials.values():
                trial.hand_back()
        return [trial.verdict for trial, _ in found]

    def _report(self) -> None:
        """Report one epoch of each trial that has one, until there are none."""
        while due := [trial for trial in self._trials.values() if trial.is_due]:
            verdicts = self._observer.epoch_ended([trial.report() for trial in due])
            for trial, verdict in zip(due, verdicts, strict=True):
                trial.judge(verdict)

    # Outcomes.

    def ended(self, outcome: Outcome) -> Iterator[Outcome]:
        """Take in how a member ended; what that makes of its trial, if it is the last."""
        trial, index = self._find(outcome.number)
        if outcome.checkpoint is not None:
            self._pack(trial, index, outcome.checkpoint)
        _remove(self._unpacked.pop(outcome.number, None))
        trial.end(index, replace(outcome, checkpoint=None))
        # An epoch may have been waiting for nothing but this member.
        self._report()
        if trial.is_settled:
            yield self._outcome(trial)

    def left_behind(self) -> Iterator[Outcome]:
        """Hand back the trials of which the inner trainer has not begun all members: it has been asked to stop."""
        for trial in tuple(self._trials.values()):
            trial.hand_back()
            yield self._outcome(trial)

    def tidy(self) -> None:
        """Remove the files that nobody will go on from."""
        for path in self._unpacked.values():
            _remove(path)

    def _find(self, number: int) -> tuple[FoldedTrial, int]:
        """The trial of a member's job, and which member it is."""
        trial, index = trial_of(number, len(self._members))
        return self._trials[trial], index

    def _outcome(self, trial: FoldedTrial) -> Outcome:
        """What a trial came to, which is now forgotten."""
        del self._trials[trial.job.number]
        handed_back = trial.end_of_trial is End.HANDED_BACK
        return trial.outcome(self._write(trial) if handed_back else None)

    def _write(self, trial: FoldedTrial) -> str | None:
        """Write down how far a trial has come; the file's path, or None without one."""
        bundle = trial.bundle()
        if self._checkpoints is None or not (bundle.ended or bundle.files):
            return None
        return write_bundle(self._checkpoints, trial.job, self._owner(trial.job), bundle)

    def _pack(self, trial: FoldedTrial, index: int, path: str) -> None:
        """Take a member's file into its trial."""
        try:
            trial.files[index] = Path(path).read_bytes()
        except OSError as error:
            _log.warning("%s of trial %d will start over: %s", self._members[index], trial.job.number, one_line(error))
        _remove(path)

    def _owner(self, job: Job) -> Mapping[str, Any]:
        return bundle_owner(job, self._members, self._data)


def _remove(path: str | None) -> None:
    if path is not None:
        with suppress(OSError):
            Path(path).unlink()
