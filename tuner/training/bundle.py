"""The file from which a trial with members goes on: it holds the members' own files, and what all have reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tuner.data.prepared import Prepared
from tuner.training.archive import owner_of, read_archive, write_archive
from tuner.training.checkpoint import told_of
from tuner.training.job import DataKey, DataOrder, End, EpochResult, Job, Outcome
from tuner.training.members import Member, member_job

TRAINER = "folded"
"""How these files are marked; the members' own are marked by the trainer that wrote them."""


@dataclass(frozen=True, eq=False)
class Bundle:
    """How far a trial with members had come when it was handed back.

    Attributes:
        reported: how many epochs of it have been reported.
        results: of each member, in the order of its epochs; none of a member that has to start over.
        ended: the outcomes of the members that have ended by themselves, by index.
        files: the content of the files from which others go on, by index; the rest begin.
    """

    reported: int
    results: Sequence[Sequence[EpochResult]]
    ended: Mapping[int, Outcome]
    files: Mapping[int, bytes]


def bundle_owner(job: Job, members: Sequence[Member], data: Mapping[DataKey, Prepared]) -> dict[str, Any]:
    """What must be the same where a trial goes on.

    Args:
        job: the trial's.
        members: of every trial.
        data: what members train on.
    """
    keys = [member_job(job, members, index).data for index in range(len(members))]
    return owner_of(TRAINER, job, {"members": {key: told_of(data[key]) for key in keys if key in data}, "keys": keys})


def write_bundle(folder: str, job: Job, owner: Mapping[str, Any], bundle: Bundle) -> str | None:
    """Write a bundle to a new file, all of it or nothing.

    Args:
        folder: where; it is made if need be.
        job: the trial's.
        owner: from `bundle_owner`.
        bundle: what to write.
    Returns:
        The file's path; None if it could not be written, of which a warning is logged.
    """
    about = {
        **owner,
        "reported": bundle.reported,
        "results": [[asdict(result) for result in results] for results in bundle.results],
        "ended": {index: {**asdict(outcome), "end": outcome.end.value} for index, outcome in bundle.ended.items()},
    }
    files = {str(index): np.frombuffer(content, np.uint8) for index, content in bundle.files.items()}
    return write_archive(folder, job.number, about, files)


def read_bundle(path: str, owner: Mapping[str, Any], members: int) -> Bundle:
    """A bundle out of its file.

    Args:
        path: of the file.
        owner: from `bundle_owner`.
        members: how many a trial has.
    Raises:
        Exception: of many kinds, if it is no bundle of this owner.
    """
    about, files = read_archive(path, owner)
    if any(content.dtype != np.uint8 or content.ndim != 1 for content in files.values()):
        raise ValueError("the files of its members should be bytes")
    bundle = Bundle(
        about["reported"],
        [[EpochResult(**{**told, "lanes": None}) for told in results] for results in about["results"]],
        {int(index): _outcome(told) for index, told in about["ended"].items()},
        {int(index): content.tobytes() for index, content in files.items()},
    )
    if len(bundle.results) != members or not {*bundle.ended, *bundle.files} <= set(range(members)):
        raise ValueError(f"it should be of {members} members")
    if len(bundle.ended) == members:
        raise ValueError("all of its members have ended")
    return bundle


def _outcome(told: Mapping[str, Any]) -> Outcome:
    order = told["order"] and DataOrder(**told["order"])
    return Outcome(**{**told, "end": End(told["end"]), "order": order, "member_values": ()})
