"""One run of an entry, as a calendar starts it: never two at once, with its output in a log and its end in a file."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from tuner.cluster.calendars.history import remember_last
from tuner.cluster.calendars.last_result import LastResult, read_result, write_result
from tuner.cluster.calendars.places import KEEP_RUNS, SchedulePlaces
from tuner.cluster.calendars.run_lock import PATIENCE_SECONDS, run_lock
from tuner.cluster.calendars.run_log import say, shown, trim
from tuner.errors import CalendarError

PASSED_ON = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
"""Signals to the wrapper that are meant for the command."""

ENDED_WELL = (0, 3, 75)
"""Exit codes of ours that are nobody's trouble: done, out of time with trials left, handed back to be started again."""

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""What a shell leaves with where it cannot start a command."""


def run_scheduled(
    name: str,
    command: Sequence[str],
    *,
    root: Path,
    log: Path | None = None,
    keep: int = KEEP_RUNS,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    patience_seconds: float = PATIENCE_SECONDS,
) -> int:
    """Run an entry's command to its end, unless its last run still goes on: then nothing is done.

    Args:
        name: the entry's.
        command: program and arguments.
        root: the project root, which becomes the command's working directory.
        log: where output is appended; the entry's usual place if left out.
        keep: of how many runs, this one among them, log and results tell from now on; 1 or more.
        now: the time, with its time zone.
        patience_seconds: how long to wait for a run that is just ending.
    Returns:
        The command's exit code (128 and the number for a signal), or 0 if nothing was done.
    Raises:
        CalendarError: if the last result cannot be kept.
        OSError: if the log cannot be written.
    """
    places = SchedulePlaces(root, name)
    log = log or places.log
    for folder in (places.lock.parent, log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with run_lock(places.lock, patience_seconds) as lock, ExitStack() as until_over:
        trouble = None
        if lock is not None:
            remember_last(places, keep)
            trouble = _trimmed(log, name, keep - 1)
        # Opened not before it has been trimmed, which puts another file in its place.
        output = until_over.enter_context(log.open("ab", buffering=0))
        if trouble is not None:
            say(output, now(), f"{name}: earlier runs stay in this log, which cannot be written anew: {trouble}")
        if lock is None:
            say(output, now(), f"{name}: does nothing, for {_other(places.result)} still goes on")
            return 0
        result = LastResult(name, tuple(command), socket.gethostname(), os.getpid(), now())
        write_result(places.result, result)
        say(output, result.begun, f"{name}: begins {shlex.join(command)}")
        code = _run(command, root, output, lock)
        ended = replace(result, ended=now(), exit_code=code)
        write_result(places.result, ended)
        assert ended.ended is not None
        seconds = (ended.ended - ended.begun).total_seconds()
        say(output, ended.ended, f"{name}: ended with exit code {code} after {seconds:.0f} s")
    return code


def _trimmed(log: Path, name: str, runs: int) -> str | None:
    """Take all but the last runs out of a log; why that cannot be, which is no reason not to run."""
    try:
        trim(log, name, runs)
    except OSError as error:
        return error.strerror
    return None


def _other(result: Path) -> str:
    """The run that is in the way, in words."""
    with suppress(CalendarError):
        other = read_result(result)
        if other is not None and other.ended is None:
            return f"the run of {shown(other.begun)} on {other.host} (process {other.pid})"
    return "another run"


def _run(command: Sequence[str], root: Path, output: BinaryIO, lock: int) -> int:
    with _signals_passed_on() as to:
        try:
            process = subprocess.Popen(
                command, cwd=root, stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=[lock]
            )
        except OSError as error:
            output.write(f"{command[0]} cannot be started: {error.strerror}\n".encode(errors="surrogateescape"))
            return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
        to(process)
        status = process.wait()
    return status if status >= 0 else 128 - status


@contextmanager
def _signals_passed_on() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Pass signals on to a process that is named as soon as it is there.

    Ctrl-C reaches it anyway, from the terminal, and so does a SIGTERM of Slurm's, which goes to every process of a job:
    a second one would have it end at once instead of handing back what it trains.
    """
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        del frame
        if number == signal.SIGINT or (number == signal.SIGTERM and "SLURM_JOB_ID" in os.environ):
            return
        if process is None:
            early.append(number)
        else:
            process.send_signal(number)

    def name(started: subprocess.Popen[bytes]) -> None:
        nonlocal process
        process = started
        for number in early:
            process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (*PASSED_ON, signal.SIGINT)}
    try:
        yield name
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
