"""One study of a sweep: its workers, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace

from tuner.actions.clusters import work_place
from tuner.actions.joining import SearchEnd
from tuner.actions.program import tuner_command
from tuner.actions.sweeps.commands import run_commands
from tuner.actions.sweeps.ground import Ground
from tuner.actions.sweeps.record import State, StudyRecord
from tuner.actions.workers import QueuedWork, search_with_workers
from tuner.errors import SearchError, TunerError
from tuner.search.stop import StopReason, StopRequest
from tuner.search.watcher import Watcher
from tuner.study.sweeps.definition import Swept

_STATES: dict[StopReason, State] = {
    StopReason.TARGET_REACHED: "done",
    StopReason.NO_PROGRESS: "done",
    StopReason.EXHAUSTED: "done",
    StopReason.OUT_OF_TIME: "out of time",
    StopReason.HANDED_BACK: "handed back",
    StopReason.TIME_LIMIT_NEAR: "handed back",
    StopReason.INTERRUPTED: "interrupted",
}


def search_study(
    ground: Ground,
    swept: Swept,
    before: StudyRecord,
    *,
    seconds: float | None,
    stop: StopRequest,
    watcher: Watcher,
    queued: QueuedWork,
) -> StudyRecord:
    """Search one study of a sweep, and run the commands behind it once it is over.

    Args:
        ground: the sweep.
        swept: the study.
        before: what is known of it.
        seconds: how long it may take; with 0 its time is over; None for no limit.
        stop: raised by whoever wants an end.
        watcher: told of everything that happens.
        queued: whether to follow workers that are in a cluster's queue, or to leave them.
    Returns:
        What has become of it; what a person has to mend is told there and not raised, as other studies go on.
    """
    try:
        end = _search(ground, swept, seconds=seconds, stop=stop, watcher=watcher, queued=queued)
        after = replace(before, state=_state(end, queued), stored=end.summary.study, problem="")
        if after.state not in ("done", "out of time"):
            return after
        commands = run_commands(ground, swept, end.summary.study)
        if commands is None or not commands.failed:
            return after
        log = ground.places.output(end.summary.study)
        return replace(after, state="failed", problem=f"`{commands.failed[0]}` failed; {log} says why")
    except SearchError as error:
        return replace(before, state="failed", problem=str(error))
    except TunerError as error:
        return replace(before, state="refused", problem=str(error))
    except OSError as error:
        return replace(before, state="refused", problem=f"{error.filename or 'a file'}: {error.strerror}")


def _search(
    ground: Ground,
    swept: Swept,
    *,
    seconds: float | None,
    stop: StopRequest,
    watcher: Watcher,
    queued: QueuedWork,
) -> SearchEnd:
    if seconds == 0:
        stop.ask(StopReason.OUT_OF_TIME)
    definition = ground.definition(swept)
    workers, cluster, share = swept.workers or 1, None, None
    if ground.sweep.settings.cluster is not None:
        place = work_place(
            ground.sweep.settings.cluster,
            definition,
            ground.root,
            swept.workers,
            behind=go_on_command(ground),
            studies=len(ground.sweep.studies),
        )
        workers, cluster, share = place.workers, place.cluster, place.share
    usual = definition.budget.seconds
    # Without a limit of the sweep's own, workers in the queue keep to the time that they were given.
    limit = None if seconds is None else min(seconds, seconds if usual is None else usual)
    return search_with_workers(
        definition,
        workers,
        root=ground.root,
        storage=ground.url(swept),
        trials=swept.trials,
        seconds=limit,
        stop=stop,
        watcher=watcher,
        trainer=swept.trainer,
        cluster=cluster,
        share=share,
        queued=queued,
    )


def go_on_command(ground: Ground) -> list[str]:
    """What goes on with a sweep when workers of it are over; the storage comes by the environment."""
    return tuner_command("sweep", "go-on", str(ground.file), "--root", str(ground.root))


def _state(end: SearchEnd, queued: QueuedWork) -> State:
    if end.stopped is not None:
        return _STATES[end.stopped]
    counts, budget = end.summary.trials, end.summary.budget
    if budget is not None and counts.complete + counts.pruned >= budget:
        return "done"
    # What is left is in the hands of others.
    return "queued" if queued == "leave" else "running"
