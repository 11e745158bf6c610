from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tuner.search.file_systems import file_system_type, network_file_system

MOUNTS = [
    ("/", "overlay"),
    ("/dev/shm", "tmpfs"),
    ("/home", "autofs"),
    ("/home/ann", "nfs4"),
    ("/home/ann/scratch", "xfs"),
    ("/mnt/c", "9p"),
    ("/data", "ext4"),
    ("/data", "lustre"),
    ("/workspace", "virtiofs"),
]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/tuner.db", "overlay"),
        ("/dev/shm/tuner.db", "tmpfs"),
        ("/home/bob/tuner.db", "autofs"),
        ("/home/ann/project/tuner.db", "nfs4"),
        ("/home/ann", "nfs4"),
        ("/home/annette/tuner.db", "autofs"),
        ("/home/ann/scratch/tuner.db", "xfs"),
        ("/data/tuner.db", "lustre"),
    ],
)
def test_a_path_lies_on_the_deepest_mount_above_it_and_there_on_the_last(path, kind):
    assert file_system_type(Path(path), MOUNTS) == kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ann/tuner.db", "nfs4"),
        ("/data/tuner.db", "lustre"),
        ("/tuner.db", None),
        ("/dev/shm/tuner.db", None),
        ("/home/ann/scratch/tuner.db", None),
        ("/mnt/c/tuner.db", None),
        ("/workspace/tuner.db", None),
    ],
)
def test_another_machines_file_systems_are_known_and_local_ones_are_none_of_them(path, kind):
    assert network_file_system(Path(path), MOUNTS) == kind


@pytest.mark.parametrize("kind", ["nfs", "cifs", "smb3", "smbfs", "gpfs", "beegfs", "ceph", "afs", "fuse.sshfs"])
def test_network_file_systems_by_other_names_are_known_too(kind):
    assert network_file_system(Path("/shared/tuner.db"), [("/", "ext4"), ("/shared", kind)]) == kind


def test_a_link_leads_to_where_the_file_is(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    mounts = [("/", "ext4"), (str((tmp_path / "far").resolve()), "nfs4")]
    assert network_file_system(tmp_path / "near" / "tuner.db", mounts) == "nfs4"


def test_this_machine_knows_what_its_own_folders_lie_on(tmp_path):
    assert network_file_system(tmp_path / "tuner.db") is None
    mounts = [(partition.mountpoint, partition.fstype) for partition in psutil.disk_partitions(all=True)]
    assert file_system_type(Path("/proc/self"), mounts) == "proc" or not Path("/proc/self").exists()


def test_where_nothing_is_known_about_mounts_everything_is_local(monkeypatch):
    def nothing(all: bool) -> None:
        raise FileNotFoundError("/proc/filesystems")

    monkeypatch.setattr(psutil, "disk_partitions", nothing)
    assert network_file_system(Path("/home/ann/tuner.db")) is None
