"""Who contends, in which ways, and how much of it is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CONTENDERS: Mapping[str, str] = {
    "optuna": "Optuna + Keras fit",
    "fed": "fit, well fed",
    "lanes": "lanes",
}
"""Every contender by its name on the command line, in the order in which they take turns."""


@dataclass(frozen=True)
class Way:
    """How a contender uses the machine.

    Attributes:
        processes: at the same time; each trains trials of its own.
        threads: of TensorFlow in each process; 0 leaves it to TensorFlow, which takes all cores.
    """

    processes: int
    threads: int

    @classmethod
    def read(cls, text: str) -> Way:
        """From PROCESSESxTHREADS, such as `2x1` or `1xall`.

        Raises:
            ValueError: if it is something else.
        """
        processes, _, threads = text.partition("x")
        way = cls(int(processes), 0 if threads == "all" else int(threads))
        if way.processes < 1 or way.threads < 0:
            raise ValueError(text)
        return way

    def __str__(self) -> str:
        return f"{self.processes}x{self.threads or 'all'}"


@dataclass(frozen=True)
class Plan:
    """What is asked for on the command line.

    Attributes:
        works: numbers of the works, in order.
        contenders: names, in order.
        repeats: of everything.
        ways: of each contender; each is measured, the best counts.
        lanes: of each program, most at once; each is measured, the best counts.
        trials: that the lanes train, instead of the work's own number.
        lane_epochs: that each lane's trials are measured for, instead of the work's own number; the rest is taken to be
            like those after the first.
        sample: trials of the other contenders, in each process, at most.
        seconds: until these begin no more trials, and cut a running one short.
    """

    works: Sequence[int]
    contenders: Sequence[str]
    repeats: int
    ways: Mapping[str, Sequence[Way]]
    lanes: Sequence[int]
    trials: int | None
    lane_epochs: int | None
    sample: int
    seconds: float


def shared_out(trials: int, processes: int) -> list[int]:
    """How many trials each process gets; processes that would get none are left out.

    >>> shared_out(7, 2), shared_out(1, 2)
    ([4, 3], [1])
    """
    return [len(range(first, trials, processes)) for first in range(min(trials, processes))]
