from __future__ import annotations

from pathlib import Path

from tests.search.disks import mounted, read_only
from tuner.actions.writable import remark_on_checkpoints, why_not_writable


def test_a_folder_that_is_not_there_is_as_writable_as_the_one_above_it(tmp_path: Path) -> None:
    assert why_not_writable(tmp_path / "a" / "b") is None
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").write_text("")
    assert why_not_writable(tmp_path / "a" / "b") == f"{tmp_path / 'a'}: Not a directory"


def test_what_cannot_be_kept_on_a_disk_that_may_only_be_read_is_said_with_its_folder(tmp_path: Path) -> None:
    with mounted(tmp_path / ".tuner", kilobytes=100) as folder, read_only(folder):
        remark = remark_on_checkpoints(folder / "checkpoints" / "small")
    assert remark is not None
    assert remark.startswith("the progress of trials that are handed back cannot be kept")
    assert f"({folder}: Read-only file system): they will start over" in remark
