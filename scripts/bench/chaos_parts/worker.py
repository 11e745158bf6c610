"""One worker whose trainer only waits, so that hundreds can be killed in minutes; everything else of it is real.

Argument: {"url", "host", "trials", "lanes", "epoch_seconds", "beat_seconds", "grace_seconds"} in JSON. It prints a line
for every trial that has been stored as ended.
"""

from __future__ import annotations

import json
import math
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing

from sqlalchemy.engine import make_url

from scripts.bench.chaos_parts.study import definition, table
from tuner.data.prepared import Prepared
from tuner.search.block_storage import BlockStorage
from tuner.search.loop import SearchLoop
from tuner.search.storage import making_a_study, opened_backend
from tuner.search.studies import join_study
from tuner.search.watcher import Progress, Watcher
from tuner.training.job import MAIN_DATA, DataKey, Done, End, EpochResult, Job, Outcome, Verdict, Wait
from tuner.training.trainer import JobSource, Observer, Trainer


class Waiting(Trainer):
    """Waits for as long as an epoch takes, and makes up what it came to."""

    def __init__(self, lanes: int, epoch_seconds: float) -> None:
        self._lanes = lanes
        self._epoch_seconds = epoch_seconds

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        observer.starting()
        running: dict[int, tuple[Job, list[float]]] = {}
        answer: Job | Wait | Done = Wait()
        while running or not isinstance(answer, Done):
            while len(running) < self._lanes:
                answer = jobs.next()
                if not isinstance(answer, Job):
                    break
                running[answer.number] = answer, []
            if not running:
                time.sleep(0.05)
                continue
            observer.epoch_begins()
            time.sleep(self._epoch_seconds)
            for job, curve in running.values():
                rate = job.hyperparameters.optimizer.learning_rate
                curve.append(abs(math.log10(rate) + 2) + 1 / (1 + len(curve)))
            results = [
                EpochResult(number, len(curve) - 1, {job.metric: curve[-1], "loss": curve[-1]}, 0.1, None, 0.0)
                for number, (job, curve) in running.items()
            ]
            for number, verdict in zip(list(running), observer.epoch_ended(results), strict=True):
                job, curve = running[number]
                over = End.FINISHED if len(curve) == job.hyperparameters.epochs else None
                end = {Verdict.PRUNE: End.PRUNED, Verdict.HAND_BACK: End.HANDED_BACK}.get(verdict, over)
                if end is not None:
                    del running[number]
                    best = curve.index(min(curve))
                    yield Outcome(number, end, len(curve), best, {job.metric: curve[best]}, 1, 0.1, job.order)


class Telling(Watcher):
    def trial_ended(self, job: Job, outcome: Outcome, value: float | None, progress: Progress) -> None:
        if outcome.end in (End.FINISHED, End.PRUNED):
            print("ended", job.number, flush=True)

    def note(self, text: str) -> None:
        print("note", text, flush=True)


def main() -> None:
    asked = json.loads(sys.argv[1])
    # As if there were several machines: of another machine's processes nothing can be told but by their heartbeat.
    socket.gethostname = lambda: asked["host"]
    url, study, data = make_url(asked["url"]), definition(), table()
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        with making_a_study(url, backend):
            stored = join_study(blocks, study, data)
        SearchLoop(
            stored,
            study,
            data.task,
            trials=asked["trials"],
            lanes=asked["lanes"],
            watcher=Telling(),
            beat_seconds=asked["beat_seconds"],
            grace_seconds=asked["grace_seconds"],
        ).run(Waiting(asked["lanes"], asked["epoch_seconds"]), {MAIN_DATA: data})


if __name__ == "__main__":
    main()
