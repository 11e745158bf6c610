"""Each contender in each of its ways, and the best of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from scripts.bench.lanes_parts.figures import Rate, rate_of_fit, rate_of_lanes
from scripts.bench.lanes_parts.plan import CONTENDERS, Plan, Way, shared_out
from scripts.bench.lanes_parts.processes import WorkerError, run_together
from scripts.bench.lanes_parts.works import Work


@dataclass(frozen=True)
class Measured:
    """One contender in one way, once.

    Attributes:
        repeat: counted from 0.
        work, contender: by number and by name.
        way: as on the command line.
        lanes: of each program; None for a contender without.
        rate: what came of it; None if it failed.
        gflops: of the matrix products of all trials, the trace included; None if it failed.
        error: why it failed.
    """

    repeat: int
    work: int
    contender: str
    way: str
    lanes: int | None
    rate: Rate | None
    gflops: float | None = None
    error: str | None = None


@dataclass
class Measurements:
    """All that was measured so far.

    Attributes:
        products: the rate of one large matrix product, in GFLOP/s, of each repeat.
        each: everything else, in the order in which it was measured.
    """

    products: list[float] = field(default_factory=list)
    each: list[Measured] = field(default_factory=list)

    def best(self, work: int, contender: str, repeat: int) -> Measured | None:
        """The best way of a contender in one repeat."""
        among = [
            one
            for one in self.each
            if (one.work, one.contender, one.repeat) == (work, contender, repeat) and one.rate is not None
        ]
        return max(among, key=lambda one: one.rate.per_minute if one.rate else 0.0, default=None)


def measure(plan: Plan, works: Mapping[int, Work], tell: Callable[[str], None]) -> Measurements:
    """Everything, each repeat through all works and each work through all contenders, as machines have their moods.

    Args:
        plan: what to measure.
        works: by number.
        tell: gets a line for each measurement.
    """
    measured = Measurements()
    for repeat in range(plan.repeats):
        (product,) = run_together([{"contender": "product", "threads": 0, "run": {}}])
        measured.products.append(product["gflops"])
        tell(f"a large matrix product: {product['gflops']:.1f} GFLOP/s")
        for number in plan.works:
            work = works[number]
            operations = work.operations(work.prepared())
            for contender in plan.contenders:
                for way, lanes in _ways(plan, contender):
                    one = _measure(plan, work, Measured(repeat, number, contender, str(way), lanes, None), operations)
                    measured.each.append(one)
                    tell(_line(one))
    return measured


def _ways(plan: Plan, contender: str) -> Iterator[tuple[Way, int | None]]:
    for way in plan.ways[contender]:
        for lanes in plan.lanes if contender == "lanes" else (None,):
            yield way, lanes


def _measure(plan: Plan, work: Work, one: Measured, operations: int) -> Measured:
    way = Way.read(one.way)
    shared = {"contender": one.contender, "work": one.work, "threads": way.threads, "lanes": one.lanes}
    # No two processes and no two repeats draw the same trials, but all contenders and ways get the same chance.
    asked = [{**shared, "seed": 100 * one.repeat + 10 * index} for index in range(way.processes)]
    try:
        if one.contender == "lanes":
            shares = shared_out(plan.trials or work.trials, way.processes)
            epochs = min(work.epochs, plan.lane_epochs or work.lane_epochs or work.epochs)
            runs = [{"trials": share, "epochs": epochs} for share in shares]
            told = run_together([{**each, "run": run} for each, run in zip(asked, runs, strict=False)])
            rate = rate_of_lanes(told, shares, epochs=work.epochs)
        else:
            run = {"trials": plan.sample, "seconds": plan.seconds}
            rate = rate_of_fit(run_together([{**each, "run": run} for each in asked]), epochs=work.epochs)
    except WorkerError as error:
        return Measured(one.repeat, one.work, one.contender, one.way, one.lanes, None, error=str(error))
    gflops = operations * rate.per_minute / 60 / 1e9
    return Measured(one.repeat, one.work, one.contender, one.way, one.lanes, rate, gflops)


def _line(one: Measured) -> str:
    how = one.way if one.lanes is None else f"{one.way}, {one.lanes} lanes"
    what = f"repeat {one.repeat + 1}, work {one.work}, {CONTENDERS[one.contender]}, {how}"
    if one.rate is None:
        return f"{what}: failed\n{one.error}"
    return (
        f"{what}: {one.rate.per_minute:.4g} trials per minute "
        f"({one.rate.measured_trials} trials, {one.rate.measured_share:.0%} of their epochs, {one.rate.seconds:.0f} s)"
    )
