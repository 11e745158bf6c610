"""Which trainer a search uses, and how it is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from tuner.actions.auto_lanes import lanes_for, largest_network
from tuner.actions.expectations import lane_expectations
from tuner.actions.machine import Machine, this_machine
from tuner.data.prepared import Prepared
from tuner.errors import SearchError, did_you_mean, listed
from tuner.lanes.shapes import lanes_in_a_block
from tuner.study.definition import StudyDefinition
from tuner.training.members import lanes_for as whole_trials
from tuner.training.trainer import Trainer
from tuner.training.transfer_file import TransferModel

TrainerName = Literal["lanes", "fit"]
"""`lanes` trains many trials at once in one compiled program, `fit` one after another with Keras' own `fit`."""

DEFAULT_TRAINER: TrainerName = "lanes"

Lanes = int | Literal["auto"]
"""How many trials to train at once."""

MIB = 2**20


@dataclass(frozen=True)
class Hosting:
    """What a trainer in a process of its own is given; the fields are arguments of `HostedTrainer`.

    Attributes:
        trainer: its name.
        settings: its own settings.
        threads: how many threads its libraries may use.
        max_growth_bytes: by how much its process may grow after the first trial before it is replaced.
    """

    trainer: TrainerName
    settings: Mapping[str, Any] = field(default_factory=dict)
    threads: int = 1
    max_growth_bytes: int = 300 * MIB


def chosen_trainer(trainer: Trainer | str | None, lanes: Lanes | None) -> Trainer | TrainerName:
    """The trainer that a caller means: a name, unless it brought one.

    Args:
        trainer: as the caller states it; None for the default, or for `lanes` where lanes are stated.
        lanes: as the caller states it.
    Raises:
        SearchError: if there is no such trainer, or lanes are stated for one that has none.
    """
    if lanes is not None and lanes != "auto" and (isinstance(lanes, (bool, str)) or lanes < 1):
        raise SearchError(f'lanes is {lanes!r}, but should be a whole number from 1 on, or "auto"')
    if trainer is None:
        return DEFAULT_TRAINER if lanes is None else "lanes"
    if trainer == "lanes":
        return "lanes"
    if not isinstance(trainer, Trainer) and trainer != "fit":
        known = get_args(TrainerName)
        raise SearchError(
            f'there is no trainer "{trainer}"; it should be {listed(known)}.{did_you_mean(trainer, known)}'
        )
    if lanes is not None:
        raise SearchError('lanes are for the trainer "lanes"; leave them out, or the other trainer')
    return trainer if isinstance(trainer, Trainer) else "fit"


def hosting(
    trainer: TrainerName,
    lanes: Lanes | None,
    definition: StudyDefinition,
    data: Prepared,
    trials_left: int | None,
    checkpoints: Path | None = None,
    machine: Machine | None = None,
    *,
    members: int = 1,
    transfer: Mapping[str, TransferModel] | None = None,
) -> Hosting:
    """How to host a trainer for a study on this machine.

    Args:
        trainer: which one.
        lanes: how many trials to train at once; `auto` if left out. Only `lanes` has them.
        definition: the study.
        data: what is trained on.
        trials_left: how many trials the budget still has; None for no limit.
        checkpoints: the folder for the progress of what is handed back; None to keep none.
        machine: what the trainer may have of the machine; all of it if left out.
        members: trainings that each trial consists of; all of a trial's begin together where there is room.
        transfer: the models of which trials take layers, by path; only `fit` does.
    """
    kept = None if checkpoints is None else str(checkpoints)
    if trainer == "fit":
        return Hosting("fit", settings={"checkpoints": kept, **({"transfer": dict(transfer)} if transfer else {})})
    machine = machine or this_machine()
    bytes_per_lane = largest_network(definition, data).bytes_per_lane
    if isinstance(lanes, int):
        count = lanes
    else:
        jobs_left = None if trials_left is None else trials_left * members
        count = whole_trials(lanes_for(bytes_per_lane, machine, jobs_left), members)
    block = None if machine.gpu_bytes else lanes_in_a_block(bytes_per_lane, machine.cache_bytes)
    expected = lane_expectations(definition, count, data)
    return Hosting(
        "lanes",
        settings={
            "lanes": count,
            "expected": expected,
            "block": block,
            "threads": machine.cores,
            "checkpoints": kept,
        },
        threads=machine.cores,
        max_growth_bytes=_growth(count * bytes_per_lane, machine.memory_bytes),
    )


def _growth(bytes_of_lanes: int, memory_bytes: int) -> int:
    """By how much a process that trains lanes may grow after its first trial, in bytes.

    The first trial ends while other programs are still to be traced and to get their arrays, and a fresh process would
    have to trace them all again: so 2 GiB, and room for every lane twice, but never more than half of the memory. What
    a process of lanes leaves behind for each trial is next to nothing, so that the limit is a guard and no habit.
    """
    return max(300 * MIB, min(2048 * MIB + 2 * bytes_of_lanes, memory_bytes // 2))
