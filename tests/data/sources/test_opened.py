import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tuner.data.sources.opened import read_bytes
from tuner.errors import DataError


@pytest.mark.parametrize("path", ["../a.csv", "data/../../a.csv", "..", "./../a.csv"])
def test_a_relative_path_does_not_leave_the_root(tmp_path, path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "a.csv").write_text("a,y\n1,2\n")
    with pytest.raises(DataError, match=r": leads out of the project root.*absolute path") as caught:
        read_bytes(path, root=root)
    assert str(caught.value).startswith(path)


def test_paths_below_the_root_and_absolute_ones_are_fine(tmp_path):
    (tmp_path / "a.csv").write_text("text")
    (tmp_path / "data").mkdir()
    assert read_bytes("data/../a.csv", root=tmp_path) == b"text"
    assert read_bytes(str(tmp_path / "a.csv"), root=Path("nowhere")) == b"text"


def test_what_is_no_ordinary_file_is_told_and_never_waited_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    os.symlink("/dev/zero", "zero.csv")
    os.symlink("loop", "loop")
    (tmp_path / "file").touch()
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind("socket")
    for path, problem in {
        "pipe": "is a device, a pipe or a socket",
        "socket": "is a device, a pipe or a socket",
        "zero.csv": "is a device, a pipe or a socket",
        "/dev/null": "is a device, a pipe or a socket",
        ".": "is a folder",
        "nowhere": "there is no such file; a relative path starts at the project root",
        "file/below": "cannot be read: Not a directory",
        "loop": "cannot be read: Too many levels of symbolic links",
        "a" * 5000: "cannot be read: File name too long",
    }.items():
        with pytest.raises(DataError) as caught:
            read_bytes(path, root=tmp_path)
        assert str(caught.value).startswith(f"{path}: {problem}")


def test_a_path_that_cannot_be_one_is_told(tmp_path):
    for path in ("a\0b", "\ud800"):
        with pytest.raises(DataError, match="cannot be the path of a file"):
            read_bytes(path, root=tmp_path)


def test_a_file_that_is_larger_than_the_memory_is_not_read(tmp_path):
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(2**42)
    with pytest.raises(DataError, match=r"is of 4096\.0 GiB, more than the .* of memory"):
        read_bytes("a.csv", root=tmp_path)
