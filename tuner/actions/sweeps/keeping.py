"""What a sweep keeps of earlier runs: the newest generations of its studies."""

from __future__ import annotations

from tuner.actions.retention import retire
from tuner.actions.sweeps.ground import Ground
from tuner.actions.sweeps.observer import SweepObserver
from tuner.errors import TunerError


def retire_old(ground: Ground, observer: SweepObserver) -> None:
    """Remove generations of its studies beyond those that the sweep keeps.

    A run has been done by then: what stands in the way is told, and the next run tries again.
    """
    for swept in ground.sweep.studies:
        try:
            found = retire(
                ground.definition(swept),
                ground.sweep.settings.keep,
                root=ground.root,
                storage=ground.url(swept),
            )
        except TunerError as error:
            observer.note(f"older generations of {swept.name} stay: {error}")
            continue
        for each in found:
            observer.note(f"{each.name} {each.why}")
