"""Which file systems lie on another machine: SQLite cannot keep the processes of a search apart on them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import psutil

Mounts = Iterable[tuple[str, str]]
"""Each mount point with the type of its file system, in the order in which they were mounted."""

NETWORK_FILE_SYSTEMS = frozenset(
    {
        # NFS, of servers and of most clusters' home folders
        *("nfs", "nfs3", "nfs4"),
        # Windows shares, and Apple's
        *("cifs", "smb", "smb2", "smb3", "smbfs", "afpfs"),
        # parallel file systems of clusters
        *("lustre", "gpfs", "beegfs", "ceph", "glusterfs", "orangefs", "pvfs2", "panfs", "wekafs", "acfs"),
        # one disk that several machines mount
        *("gfs2", "ocfs2"),
        # file systems of an institution
        *("afs", "auristorfs", "coda", "ncpfs"),
        # the same, and what looks like one, by programs outside the kernel
        *("webdav", "davfs", "fuse.davfs", "fuse.davfs2", "fuse.sshfs", "fuse.rclone", "fuse.curlftpfs"),
        *("fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.mfs", "fuse.moosefs", "fuse.lizardfs", "fuse.saunafs"),
        *("fuse.juicefs", "fuse.seaweedfs", "fuse.nfs", "fuse.smbnetfs", "fuse.quobyte", "fuse.xtreemfs"),
        *("s3fs", "fuse.s3fs", "fuse.goofys", "fuse.gcsfuse", "fuse.blobfuse", "fuse.blobfuse2", "fuse.mountpoint-s3"),
    }
)
"""Types as the operating system names them.

Everything else is taken to be local: disks, `tmpfs`, the `overlay` of a container, `9p` and `virtiofs`, by which one
machine hands a folder to its own containers and virtual machines, and types that are not known here.
"""


def network_file_system(path: Path, mounts: Mounts | None = None) -> str | None:
    """The type of the network file system that a path lies on; None if it lies on this machine.

    Args:
        path: a file, which need not be there.
        mounts: what is mounted; found out from the system if left out.
    """
    kind = file_system_type(path, _mounted() if mounts is None else mounts)
    return kind if kind in NETWORK_FILE_SYSTEMS else None


def file_system_type(path: Path, mounts: Mounts) -> str | None:
    """The type of the file system that a path lies on: that of the deepest mount point above it.

    Args:
        path: a file, which need not be there; links are followed.
        mounts: what is mounted; of two at one place the later one hides the other.
    """
    place = path.resolve()
    found: str | None = None
    deepest = -1
    for point, kind in mounts:
        above = Path(point)
        if len(above.parts) >= deepest and (place == above or above in place.parents):
            found, deepest = kind, len(above.parts)
    return found


def _mounted() -> Mounts:
    try:
        return [(partition.mountpoint, partition.fstype.lower()) for partition in psutil.disk_partitions(all=True)]
    except (OSError, RuntimeError):  # a container without /proc
        return []
