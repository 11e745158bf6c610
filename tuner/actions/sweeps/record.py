"""How a run of a sweep is, in a small file that outlives it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tuner.errors import ClusterError

State = Literal[
    "waiting", "running", "queued", "done", "out of time", "refused", "failed", "handed back", "interrupted"
]
"""How a study of a sweep is: `queued` if its workers are on a cluster and nobody follows them; `refused`: bad input."""

OVER: frozenset[State] = frozenset({"done", "out of time", "refused", "failed"})
"""States in which a run has nothing left to do for a study."""

_CODES: dict[State, int] = {
    "interrupted": 130,
    "handed back": 75,
    "failed": 1,
    "refused": 2,
    "out of time": 3,
}


@dataclass(frozen=True)
class StudyRecord:
    """One study of a run.

    Attributes:
        name: what the sweep calls it.
        state: how it is.
        stored: its name in the storage, with its generation; None as long as that is not known.
        problem: why it was refused or has failed.
        finished: trials that were finished when a job behind its workers looked last; None if none has.
        rounds: how often in a row its workers have ended without a further finished trial.
    """

    name: str
    state: State = "waiting"
    stored: str | None = None
    problem: str = ""
    finished: int | None = None
    rounds: int = 0


@dataclass(frozen=True)
class SweepRecord:
    """A run of a sweep.

    Attributes:
        sweep: its name.
        host: the machine of whoever leads it, or led it last.
        pid: the process there.
        begun: when, with its time zone.
        studies: how each is, in the order of the file.
        until: when its time is over; None without a limit.
        ended: when there was nothing left to do; None before.
        followed: whether who leads it stays until it is over.
    """

    sweep: str
    host: str
    pid: int
    begun: datetime
    studies: tuple[StudyRecord, ...]
    until: datetime | None = None
    ended: datetime | None = None
    followed: bool = False

    def study(self, name: str) -> StudyRecord:
        """One of its studies."""
        return next(study for study in self.studies if study.name == name)

    def with_study(self, changed: StudyRecord) -> SweepRecord:
        """The same with another state of one of its studies."""
        return replace(self, studies=tuple(changed if study.name == changed.name else study for study in self.studies))

    @property
    def exit_code(self) -> int:
        """What a command leaves with that has done so much: 0 if everything is done or queued.

        Whoever was cut off is started again, and so tells that first; then failures, bad input, and time that was over.
        """
        states = [study.state for study in self.studies]
        return next((code for state, code in _CODES.items() if state in states), 0)

    def as_json(self) -> dict[str, Any]:
        """The run as a plain tree."""
        tree = asdict(self)
        for name in ("begun", "until", "ended"):
            moment = getattr(self, name)
            tree[name] = None if moment is None else moment.isoformat()
        return {**tree, "exit_code": self.exit_code}


def read_record(path: Path) -> SweepRecord | None:
    """How the last run is; None if there was none.

    Raises:
        ClusterError: if the file is not as a run leaves it.
    """
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        moments = {name: datetime.fromisoformat(tree[name]) for name in ("begun", "until", "ended") if tree[name]}
        studies = tuple(StudyRecord(**study) for study in tree["studies"])
        return SweepRecord(
            tree["sweep"], tree["host"], tree["pid"], studies=studies, followed=tree["followed"], **moments
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ClusterError(
            f"{path} is not as a run of a sweep leaves it ({type(error).__name__}: {error}); remove it, and the next "
            "run begins anew"
        ) from None


def write_record(path: Path, record: SweepRecord) -> None:
    """Keep how a run is; who reads meanwhile sees the old text or the new one."""
    text = json.dumps(record.as_json(), indent=2) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def fresh_studies(names: Sequence[str]) -> tuple[StudyRecord, ...]:
    """Studies of which nothing is known yet."""
    return tuple(StudyRecord(name) for name in names)
