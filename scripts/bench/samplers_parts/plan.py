"""What is measured: which samplers on which searches, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scripts.bench.samplers_parts.contenders import CONTENDERS, REFERENCE
from scripts.bench.samplers_parts.objectives import OBJECTIVES


@dataclass(frozen=True)
class Setting:
    """Searches of one sort, in which contenders are compared.

    Attributes:
        title: what the table calls it.
        trials: finished by each search.
        parallel: trials that run at once.
        contenders: who takes part.
    """

    title: str
    trials: int
    parallel: int
    contenders: tuple[str, ...]

    def __post_init__(self) -> None:
        assert {REFERENCE, *self.contenders} <= set(CONTENDERS)


SETTINGS = (
    Setting("16 at once", 300, 16, (REFERENCE, "fit4", "fit8", "fit16", "random")),
    Setting("64 at once", 300, 64, (REFERENCE, "fit4", "fit8", "fit16", "random")),
    Setting("16 at once, for long", 1000, 16, (REFERENCE, "fit4", "capped")),
)


@dataclass(frozen=True)
class Search:
    """One search to be simulated."""

    setting: Setting
    objective: str
    contender: str
    seed: int


@dataclass(frozen=True)
class Plan:
    """Everything that is measured.

    Attributes:
        settings: of the searches.
        objectives: by name.
        seeds: how many searches of each sort.
        costs: numbers of finished trials at which an ask is timed; none to leave that out.
        batches: how many batches of asks are timed.
    """

    settings: Sequence[Setting] = SETTINGS
    objectives: Sequence[str] = tuple(OBJECTIVES)
    seeds: int = 20
    costs: Sequence[int] = (100, 500, 2000, 5000)
    batches: int = 10

    def searches(self) -> Iterator[Search]:
        """Every search; those that belong together follow one another, so that a broken run has whole pairs."""
        for seed in range(self.seeds):
            for setting in self.settings:
                for objective in self.objectives:
                    for contender in setting.contenders:
                        yield Search(setting, objective, contender, seed)
