"""Checkpoints on their way to a file and back, and files that are none or not the right ones."""

from __future__ import annotations

import errno
import json
import logging
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import job
from tuner.training.archive import ABOUT
from tuner.training.checkpoint import Checkpoint, resume, write_checkpoint
from tuner.training.course import Course
from tuner.training.job import DataOrder, Job

JOB = job(7, epochs=9, plateau={"patience": 3})
ARRAYS = {"weights": np.arange(6, dtype=np.float32).reshape(2, 3) / 7, "seed": np.array([2**63, 3], np.uint64)}


def checkpoint() -> Checkpoint:
    course = Course(JOB)
    course.begin_epoch()
    course.end_epoch({"loss": 1 / 3, "val_log_loss": 0.1 + 0.2})
    memory = {"product": float(np.float32(0.1))}
    return Checkpoint(DataOrder(11, stream=4, first_epoch=2), 1 / 7, course.state(), ARRAYS, memory)


def written(folder: Path, trainer: str = "lanes") -> Path:
    path = write_checkpoint(str(folder), trainer, JOB, prepared(), checkpoint())
    assert path is not None
    return Path(path)


def read(path: Path, trial: Job = JOB, trainer: str = "lanes", data: Any = None) -> Checkpoint | None:
    return resume(
        trainer,
        replace(trial, checkpoint=str(path)),
        data or prepared(),
        restore=lambda found: found,
        fresh=lambda: None,
    )


def check_refused(path: Path, caplog: pytest.LogCaptureFixture, reason: str = "", **other: Any) -> None:
    caplog.clear()
    assert read(path, **other) is None
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith(f"trial 7 starts over, without its checkpoint {path}: ")
    assert reason in record.getMessage()
    assert "\n" not in record.getMessage()


def test_everything_comes_out_as_it_went_in(tmp_path: Path) -> None:
    found, expected = read(written(tmp_path)), checkpoint()
    assert found is not None
    assert (found.order, found.seconds, found.memory) == (expected.order, expected.seconds, expected.memory)
    assert Course.resumed(JOB, found.course).state() == expected.course
    assert found.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found.arrays[name], array)


def test_a_job_without_a_checkpoint_begins() -> None:
    assert resume("lanes", JOB, prepared(), restore=lambda _: "restored", fresh=lambda: "fresh") == "fresh"


def test_two_checkpoints_of_a_trial_have_files_of_their_own(tmp_path: Path) -> None:
    first, second = written(tmp_path), written(tmp_path)
    assert first != second
    assert sorted(tmp_path.iterdir()) == sorted([first, second])
    assert first.name.startswith("7-")
    assert first.suffix == ".npz"


def test_another_attempt_at_a_trial_can_go_on_from_its_checkpoint(tmp_path: Path) -> None:
    assert read(written(tmp_path), replace(JOB, number=8)) is not None


@pytest.mark.parametrize(
    "other",
    [
        replace(JOB, seed=6),
        replace(JOB, order=DataOrder(seed=11, stream=1)),
        replace(JOB, metric="val_accuracy"),
        replace(JOB, direction="maximize"),
        replace(JOB, data="other"),
        replace(JOB, hyperparameters=JOB.hyperparameters.model_copy(update={"epochs": 10})),
    ],
)
def test_a_checkpoint_of_another_job_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture, other: Job) -> None:
    check_refused(written(tmp_path), caplog, "its job should be", trial=other)


def test_a_checkpoint_on_other_data_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(tmp_path)
    check_refused(path, caplog, "its job should be", data=replace(prepared(), fingerprint="of other rows"))
    check_refused(path, caplog, "its job should be", data=replace(prepared(), classes=("a", "b", "c", "d")))


def test_a_checkpoint_of_another_trainer_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    check_refused(written(tmp_path), caplog, "its trainer should be fit, but is lanes", trainer="fit")


def test_a_checkpoint_of_another_format_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(tmp_path)
    with np.load(path) as stored:
        arrays = dict(stored)
    about = {**json.loads(str(arrays.pop(ABOUT))), "format": 0}
    np.savez(path, **arrays, **{ABOUT: np.array(json.dumps(about))})
    check_refused(path, caplog, "its format should be 1, but is 0")


def one_bit_wrong(content: bytes) -> bytes:
    middle = content.index(ARRAYS["weights"].tobytes())
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda content: b"",
    lambda content: content[: len(content) // 2],
    lambda content: content[:-1],
    one_bit_wrong,
    lambda content: b"no archive",
    lambda content: pickle.dumps({"weights": 0}),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[bytes], bytes]
) -> None:
    path = written(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    check_refused(path, caplog)


def test_pickles_are_not_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "pickles.npz"
    np.savez(path, **{ABOUT: np.array({"format": 1}, object)})
    check_refused(path, caplog, "allow_pickle")


def test_another_archive_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "arrays.npz"
    np.savez(path, weights=np.zeros(3))
    check_refused(path, caplog, ABOUT)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    check_refused(tmp_path / "missing.npz", caplog, "FileNotFoundError")
    check_refused(tmp_path, caplog, "IsADirectoryError")


def test_what_cannot_be_restored_begins_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def restore(_: Checkpoint) -> str:
        raise ValueError("weights should be float32")

    trial = replace(JOB, checkpoint=str(written(tmp_path)))
    assert resume("lanes", trial, prepared(), restore, fresh=lambda: "fresh") == "fresh"
    assert "weights should be float32" in caplog.text


@pytest.mark.parametrize("where", ["makedirs", "fsync", "replace"])
def test_a_full_disk_leaves_no_file_behind_and_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, where, full)
    assert write_checkpoint(str(tmp_path), "lanes", JOB, prepared(), checkpoint()) is None
    assert list(tmp_path.iterdir()) == []
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "trial 7 is handed back without a checkpoint: OSError: [Errno 28] No space" in record.getMessage()
