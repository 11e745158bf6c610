"""Running a search from the command line: what `tuner search` and `tuner worker` share."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

import click

from tuner.cli.live import LiveWatcher
from tuner.cli.logs import logging_to
from tuner.cli.options import find_root, own_name
from tuner.cli.plain import PlainWatcher
from tuner.cli.signals import stop_on_signals
from tuner.clock import utc_now
from tuner.cluster.lifeline import on_release
from tuner.cluster.sheet import on_wish, own_sheet
from tuner.cluster.time_limit import on_time_near
from tuner.search.counting_watcher import CountingWatcher
from tuner.search.stop import StopReason, StopRequest
from tuner.search.watcher import Watcher

if TYPE_CHECKING:
    from tuner.actions.trainers import Lanes, TrainerName
    from tuner.actions.workers import QueuedWork

STOPPING = "Stopping at the end of this epoch; Ctrl-C again stops at once."
LEAVING = "Leaving; the workers go on."
SHOW_CURSOR = "\x1b[?25h"

EXIT_CODES = {
    None: 0,
    StopReason.TARGET_REACHED: 0,
    StopReason.NO_PROGRESS: 0,
    StopReason.EXHAUSTED: 0,
    StopReason.OUT_OF_TIME: 3,
    StopReason.HANDED_BACK: 75,
    StopReason.TIME_LIMIT_NEAR: 75,
    StopReason.INTERRUPTED: 130,
}

MOST_VAIN_RESTARTS = 3
"""A worker that has been queued again so often is not once more if it has trained nothing since its last start."""

LEFT = (StopReason.INTERRUPTED, StopReason.TIME_LIMIT_NEAR)
"""Why a watch is left whose workers go on."""

Shown = Literal["summary", "json", "nothing"]


def run_search(
    study: str,
    *,
    storage: str | None,
    root: str | None,
    trials: int | None = None,
    duration: str | None = None,
    until: str | None = None,
    workers: int | None = None,
    trainer: TrainerName | None = None,
    lanes: Lanes | None = None,
    shown: Shown = "summary",
    must_exist: bool = False,
    cluster: str | None = None,
    queued: QueuedWork = "follow",
    is_job: bool = False,
    log_file: str | None = None,
    log_level: str = "info",
) -> None:
    """Search a study, show what it came to, and leave with the exit code that says how it ended.

    `is_job` says that a batch system runs this process, and not a person.
    """
    from tuner.errors import StorageError
    from tuner.study.load import load_study

    if trainer == "fit" and lanes is not None:
        raise click.UsageError("--lanes goes with --trainer lanes; fit trains one trial after another.")
    folder = find_root(root)
    definition = load_study(study, folder)
    seconds, moment = _times(duration, until)
    if moment is not None and moment <= utc_now():
        if shown != "nothing":
            click.echo(f"The time was over at {until}.", err=True)
        sys.exit(EXIT_CODES[StopReason.OUT_OF_TIME])
    stop = StopRequest()
    stopping = STOPPING if cluster is None else LEAVING
    on_release(lambda: stop.ask(StopReason.HANDED_BACK))
    if must_exist:
        on_wish(lambda: stop.ask(StopReason.HANDED_BACK))
        on_time_near(lambda: stop.ask(StopReason.TIME_LIMIT_NEAR))
    counting = CountingWatcher(Watcher())
    with (
        logging_to(log_file, log_level),
        _screen(shown, seconds or definition.budget.seconds, stopping) as (watcher, say),
        stop_on_signals(stop, say, patient=is_job),
    ):
        from tuner.actions.clusters import work_place
        from tuner.actions.search import search
        from tuner.actions.show import show
        from tuner.actions.workers import search_with_workers
        from tuner.search.reaching import wait_until_reachable
        from tuner.search.storage import storage_url

        counting = CountingWatcher(watcher)
        url = storage_url(storage, os.environ, definition.run.storage, folder)
        try:
            outage = definition.run.outage_seconds
            wait_until_reachable(url, outage, note=counting.note, give_up=lambda: bool(stop))
        except StorageError:
            if stop:
                sys.exit(EXIT_CODES[stop.reason])
            raise
        if must_exist:
            show(definition.name, storage=url)
        several = partial(search, until=moment) if workers is None else partial(search_with_workers, workers=workers)
        if cluster is not None:
            place = work_place(cluster, definition, folder, workers)
            several = partial(
                search_with_workers,
                workers=place.workers,
                cluster=place.cluster,
                share=place.share,
                queued=queued,
            )
        end = several(
            definition,
            root=folder,
            storage=url,
            trials=trials,
            seconds=seconds,
            stop=stop,
            watcher=counting,
            trainer=trainer,
            lanes=lanes,
        )
    from tuner.cli.tables import show_summary

    if end.stopped is StopReason.TIME_LIMIT_NEAR and must_exist:
        _queue_again(epochs=counting.epochs)
    if shown != "nothing":
        show_summary(end.summary, as_json=shown == "json")
    stated: dict[str, object] = {"study": study, "storage": storage, "root": root, "cluster": cluster}
    stated["workers"] = None if queued == "join" else workers
    stated |= {"trainer": trainer, "lanes": lanes}
    again = " ".join(f"--{name} {shlex.quote(str(value))}" for name, value in stated.items() if value)
    last_words = _last_words(f"{own_name()} search {again}", end.stopped, end.summary.state)
    if cluster is not None and end.summary.state != "finished" and (queued == "leave" or end.stopped in LEFT):
        last_words = (
            f"Workers in the queue go on alone. To follow them: {own_name()} watch --study {shlex.quote(study)}"
        )
    if shown == "summary" and last_words:
        click.echo(last_words, err=True)
    sys.exit(EXIT_CODES[end.stopped])


def _times(duration: str | None, until: str | None) -> tuple[float | None, datetime | None]:
    """How long a search may take, in seconds, and when it has to end, as the command line states them.

    Raises:
        StudyError: if one of them is none.
    """
    from tuner.errors import HyperparameterError, StudyError
    from tuner.study.durations import seconds_of
    from tuner.study.moments import moment_of

    try:
        return (
            None if duration is None else seconds_of(duration),
            None if until is None else moment_of(until),
        )
    except HyperparameterError as error:
        raise StudyError(f"--{error}") from None


def _queue_again(*, epochs: int) -> None:
    """Where this is a task of a batch system, have it queued once more: its time is over, its study is not.

    Not for ever, though, if its time is too short for a single epoch.

    Raises:
        SearchError: if that is so.
    """
    from tuner.cluster.slurm_commands import queue_again, restarts
    from tuner.errors import SearchError

    if not epochs and restarts() >= MOST_VAIN_RESTARTS:
        raise SearchError(
            f"this worker was told that its time limit is near before it had trained a single epoch, and has been "
            f"queued {restarts()} times already; give each worker more time, or a shorter notice, with [cluster] time "
            "and lead. What it had in hand is put back"
        )
    sheet = own_sheet()
    if sheet is not None:
        sheet.say(again=True)
    problem = queue_again()
    if problem:
        click.echo(f"this worker could not be queued again: {problem}", err=True)


def _last_words(command: str, stopped: StopReason | None, state: str) -> str:
    if stopped is None:
        return {
            "finished": "The budget of trials is spent; `--trials N` sets another.",
            "running": "Others are training the last trials.",
        }.get(state, "")
    done = {
        StopReason.TARGET_REACHED: "The target is reached; take budget.target out of the study file to go on.",
        StopReason.EXHAUSTED: "The sampler has nothing to suggest that has not been tried.",
        StopReason.NO_PROGRESS: "Nothing has become better; raise budget.patience in the study file to go on.",
    }
    if stopped in done:
        return done[stopped]
    why = {
        StopReason.INTERRUPTED: "Stopped; what was running is put back",
        StopReason.HANDED_BACK: "Stopped; what was running is put back",
        StopReason.TIME_LIMIT_NEAR: "Stopped; what was running is put back",
        StopReason.OUT_OF_TIME: "The time is over",
    }[stopped]
    return f"{why}. To go on: {command}"


@contextmanager
def _screen(
    shown: Shown, seconds: float | None, stopping: str
) -> Iterator[tuple[Watcher, Callable[[StopReason], None]]]:
    """Who watches the search, and how to say that its end has been asked for."""
    if shown == "nothing":
        yield Watcher(), lambda reason: None
    elif not sys.stderr.isatty() or os.environ.get("TERM") == "dumb" or shown == "json":
        yield PlainWatcher(), lambda reason: at_once(f"{stopping}\n")
    else:
        live = LiveWatcher(seconds)

        def say(reason: StopReason) -> None:
            live.stopping(stopping)
            at_once(SHOW_CURSOR)  # a second signal leaves no time for it

        with live.shown():
            yield live, say


def at_once(text: str) -> None:
    """Write to the standard error from a signal handler, where Python's own stream may be in the middle of a line."""
    with suppress(OSError):
        os.write(2, text.encode())
