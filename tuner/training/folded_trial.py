"""A trial with members: which of them are to be begun, what all came to, and what that makes of the trial."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from tuner.training.bundle import Bundle
from tuner.training.gathered_curve import GatheredCurve
from tuner.training.job import COMPLETE, End, EpochResult, Job, Outcome, Verdict
from tuner.training.members import Member, member_job, trials_order


class FoldedTrial:
    """One trial of which several members are trained.

    Attributes:
        job: the trial's.
        curve: what has been reported of it, and of its members.
        pending: the members that have not begun, by index.
        running: those that have, and have not ended.
        ended: the outcomes of the others, by index.
        files: the content of the files from which members that are not running go on, by index.
    """

    def __init__(self, job: Job, members: Sequence[Member]) -> None:
        self.job = job
        self.curve = GatheredCurve(len(members))
        self.pending = deque(range(len(members)))
        self.running: set[int] = set()
        self.ended: dict[int, Outcome] = {}
        self.files: dict[int, bytes] = {}
        self._members = members
        self._pruned = False
        self._handed_back = False
        self._error: str | None = None
        self._diverged_in: int | None = None

    @classmethod
    def resumed(cls, job: Job, members: Sequence[Member], bundle: Bundle) -> FoldedTrial:
        """A trial that goes on."""
        trial = cls(job, members)
        trial.curve.reported = bundle.reported
        trial.curve.members = [list(results) for results in bundle.results]
        trial.curve.end(bundle.ended)
        trial.pending = deque(index for index in trial.pending if index not in bundle.ended)
        trial.ended.update(bundle.ended)
        trial.files.update(bundle.files)
        return trial

    def bundle(self) -> Bundle:
        """How far it has come, when it is handed back."""
        kept = {index: outcome for index, outcome in self.ended.items() if outcome.end is not End.HANDED_BACK}
        results = [
            results if index in kept or index in self.files else [] for index, results in enumerate(self.curve.members)
        ]
        return Bundle(self.curve.reported, results, kept, self.files)

    @property
    def begins_members(self) -> bool:
        """Whether there are members to be begun."""
        return bool(self.pending) and self.verdict is Verdict.GO_ON

    def begin(self) -> tuple[int, Job]:
        """The index of the next member, and its job; there has to be one."""
        index = self.pending.popleft()
        self.running.add(index)
        return index, member_job(self.job, self._members, index)

    def add(self, index: int, result: EpochResult) -> None:
        """A member has ended an epoch."""
        self.curve.add(index, result)
        if not (math.isfinite(result.metrics[self.job.metric]) and math.isfinite(result.metrics.get("loss", 0.0))):
            self._diverge(result.epoch)

    @property
    def verdict(self) -> Verdict:
        """What is to become of the members.

        None trains on, or begins, without the others: when one has failed or diverged, the rest are pruned.
        """
        if self._pruned or self._error is not None or self._diverged_in is not None:
            return Verdict.PRUNE
        return Verdict.HAND_BACK if self._handed_back else Verdict.GO_ON

    @property
    def is_due(self) -> bool:
        """Whether there is an epoch to be reported."""
        if self._pruned or self._error is not None:
            return False
        if self._diverged_in is not None:
            return self.curve.reported < min(self.curve.complete, self._diverged_in + 1)
        # What is handed back is reported when it goes on; what is over is not handed back.
        return (not self._handed_back or self._over) and self.curve.reported < self.curve.complete

    def report(self) -> EpochResult:
        """The epoch that is to be reported."""
        return self.curve.next(self.job.number)

    def judge(self, verdict: Verdict) -> None:
        """The epoch has been reported, and this is what the observer said."""
        self.curve.reported += 1
        self._pruned |= verdict is Verdict.PRUNE
        self._handed_back |= verdict is Verdict.HAND_BACK

    def hand_back(self) -> None:
        """The trial is to be handed back without its observer having been asked."""
        self._handed_back = True

    def end(self, index: int, outcome: Outcome) -> None:
        """A member has ended."""
        self.running.discard(index)
        self.ended[index] = outcome
        self.curve.end([index])
        # What happened first is what became of the trial.
        if outcome.end is End.FAILED and self.verdict is not Verdict.PRUNE:
            self._error = f"{self._members[index]}: {outcome.error or 'no reason was given'}"
            self.curve.end(self.pending)
        elif outcome.end is End.DIVERGED:
            self._diverge(max(0, outcome.epochs - 1))

    def _diverge(self, epoch: int) -> None:
        self._diverged_in = epoch if self._diverged_in is None else min(epoch, self._diverged_in)
        self.curve.end(self.pending)

    @property
    def is_settled(self) -> bool:
        """Whether no member is being trained and none will be begun."""
        return not self.running and not self.begins_members

    @property
    def _over(self) -> bool:
        """Whether every member has ended by itself."""
        return len(self.ended) == len(self._members) and End.HANDED_BACK not in self._ends

    @property
    def _ends(self) -> set[End]:
        return {outcome.end for outcome in self.ended.values()}

    @property
    def end_of_trial(self) -> End:
        """How the trial ended, once it is settled and everything has been reported."""
        if self._error is not None:
            return End.FAILED
        if self._diverged_in is not None and self.curve.reported > self._diverged_in:
            return End.DIVERGED
        if self._pruned:
            return End.PRUNED
        if not self._over:
            return End.HANDED_BACK
        whole = self.curve.reported == self.job.hyperparameters.epochs or self._ends == {End.FINISHED}
        return End.FINISHED if whole else End.STOPPED_EARLY

    def outcome(self, checkpoint: str | None = None) -> Outcome:
        """What the trial came to, once it is settled and everything has been reported.

        Args:
            checkpoint: the file from which it can go on.
        """
        in_order = [outcome for _, outcome in sorted(self.ended.items())]
        end, metric = self.end_of_trial, self.job.metric
        best = self.curve.best(metric, self.job.direction)
        found: dict[str, Any] = {}
        if best is not None:
            found = {"best_metrics": self.curve.means(best), "member_values": self.curve.values(best, metric)}
        orders = (outcome.order for outcome in in_order if outcome.order is not None)
        return Outcome(
            number=self.job.number,
            end=end,
            epochs=self.curve.reported,
            best_epoch=best,
            parameters=next((each.parameters for each in in_order if each.parameters is not None), None),
            seconds=sum(each.seconds for each in in_order),
            order=trials_order(self.job, next(orders, None)),
            error=self._error if end is End.FAILED else None,
            checkpoint=checkpoint,
            figures=_means(in_order) if end in COMPLETE else {},
            **found,
        )


def _means(members: Sequence[Outcome]) -> dict[str, float]:
    """The figures of a trial: the means over its members, whose networks were measured for the same ones."""
    return {name: fmean(member.figures[name] for member in members) for name in members[0].figures}
