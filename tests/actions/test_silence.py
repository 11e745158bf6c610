"""Workers in a queue that nobody can ask about: who follows them goes by what is heard of them in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.engine import URL

from tests.search.fake_trainer import small_study
from tuner.actions.joining import joined
from tuner.actions.watching import Watch
from tuner.cluster.cluster import Ended, Queued
from tuner.search.leases import GRACE_SECONDS
from tuner.search.stop import StopReason, StopRequest
from tuner.search.watcher import Watcher


class Unseen(Queued):
    """One worker that seems to run until somebody says how long nothing has been heard of it."""

    jobs: Mapping[int, str] = {0: "1.x"}
    in_words = "1 running"

    def __init__(self) -> None:
        self.heard: list[float] = []

    @property
    def alive(self) -> int:
        return 0 if self.heard else 1

    def ended(self) -> list[Ended]:
        return [Ended(0, -9, "gone", cancelled=True)] if self.heard else []

    def silent_for(self, seconds: float) -> None:
        self.heard.append(seconds)

    def adopt(self, worker: int, job: str) -> None: ...

    def start(self, workers: Sequence[int]) -> None: ...

    def start_again(self, worker: int) -> None: ...

    def ask_to_stop(self) -> None: ...


def test_workers_of_which_nothing_is_heard_for_long_are_looked_after(tmp_path):
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += 10
        assert now[0] < 10 * GRACE_SECONDS

    url = URL.create("sqlite", database=str(tmp_path / "trials.db"))
    stop, crew = StopRequest(), Unseen()
    with joined(small_study(), root=tmp_path, storage=url, trials=5) as entry:
        watch = Watch(entry, stop=stop, watcher=Watcher(), clock=lambda: now[0], sleep=sleep)
        watch.begin()
        watch.over(crew)
    assert crew.heard == [GRACE_SECONDS]
    assert now[0] > GRACE_SECONDS
    assert stop.reason is StopReason.HANDED_BACK
