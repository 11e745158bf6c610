"""Searches in this process, in the place of workers."""

from __future__ import annotations

from dataclasses import replace

from tests.search.fake_trainer import FakeTrainer
from tuner.actions.search import search
from tuner.search.stop import StopReason, StopRequest


class Searches:
    """Stands in for `search_with_workers`.

    Attributes:
        calls: the study and the settings of each search.
        before: called with the study's name before it is searched; what it raises ends the search.
        only_queues: nothing is trained.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict]] = []
        self.before = lambda name, settings: None
        self.only_queues = False

    def __call__(self, definition, workers, **settings):
        self.calls.append((definition.name, {**settings, "workers": workers}))
        self.before(definition.name, settings)
        for name in ("cluster", "share", "queued", "trainer"):
            del settings[name]
        stop = settings["stop"]
        if self.only_queues and not stop:
            stop = StopRequest(StopReason.EXHAUSTED)
            end = search(definition, trainer=FakeTrainer(), **{**settings, "stop": stop})
            return replace(end, stopped=None)
        return search(definition, trainer=FakeTrainer(), **settings)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]
