"""A real Slurm for tests: a controller and two nodes on this machine, gone when the tests are over.

Fixture, for tests marked `needs("slurm")`:

    slurm    the cluster; its commands are found by `SLURM_CONF`, which stands in the environment of the test
"""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.parts import find_program, require_part
from tests.servers import HOST, free_port

NODES = ("n1", "n2")

CONFIGURATION = """\
ClusterName=test
SlurmctldHost=localhost({host})
SlurmctldPort={port}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/run/munge.sock,cred_expire=5
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SwitchType=switch/none
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
MinJobAge=300
SlurmctldTimeout=10
SlurmdTimeout=10
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP DefMemPerCPU=500
"""
"""No cgroups, no accounting, reachable from this machine only; a node's death is noticed within half a minute."""


class SlurmCluster:
    """A controller and its nodes, with their files in one folder."""

    def __init__(self, folder: Path) -> None:
        """A cluster that has not been started.

        Args:
            folder: an empty folder, which everybody may enter.
        """
        self._folder = folder
        for name in ("state", "log", "run", *(f"spool/{node}" for node in NODES)):
            (folder / name).mkdir(parents=True)
        (folder / "run").chmod(0o755)
        key = folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        nodes = [
            f"NodeName={node} NodeHostname=localhost NodeAddr={HOST} Port={free_port()} CPUs=4 RealMemory=8000"
            for node in NODES
        ]
        self.configuration = folder / "slurm.conf"
        self.configuration.write_text(
            CONFIGURATION.format(
                host=HOST,
                port=free_port(),
                folder=folder,
                user=pwd.getpwuid(os.geteuid()).pw_name,
                nodes="\n".join(nodes),
            )
        )

    def start(self) -> None:
        """Start everything, and wait until all nodes are idle."""
        run = self._folder / "run"
        self._daemon(
            "munged",
            f"--socket={run}/munge.sock",
            f"--key-file={self._folder}/munge.key",
            f"--log-file={self._folder}/log/munged.log",
            f"--pid-file={run}/munged.pid",
            f"--seed-file={run}/munged.seed",
        )
        self._daemon("slurmctld", "-c")
        for node in NODES:
            self.start_node(node)
        wait_for(lambda: self.node_states() == ["idle"] * len(NODES))

    def start_node(self, node: str) -> None:
        """Start a node's daemon, also after `power_off`."""
        self._daemon("slurmd", "-N", node)

    def stop(self) -> None:
        """End all jobs and daemons."""
        with suppress(subprocess.CalledProcessError):
            self.call("scancel", "--signal=KILL", "--full", "--me")
            self.call("scancel", "--me")
        for name in ("slurmctld", *(f"slurmd.{node}" for node in NODES), "munged"):
            with suppress(OSError, ValueError, psutil.Error):
                process = psutil.Process(self._pid(name))
                process.terminate()
                process.wait(10)

    def call(self, program: str, *arguments: str) -> str:
        """What one of Slurm's commands prints."""
        return subprocess.run(
            [program, *arguments], env=self._environment(), check=True, text=True, capture_output=True, timeout=60
        ).stdout

    def node_states(self) -> list[str]:
        """What `sinfo` says of each node."""
        return self.call("sinfo", "--noheader", "--Node", "--format=%t").split()

    def processes(self, word: str, node: str | None = None) -> list[psutil.Process]:
        """The jobs' processes with a word in their command line, of one node or of all."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                environment = process.environ()
                ours = environment.get("SLURM_CONF") == str(self.configuration) and "SLURM_JOB_ID" in environment
                here = node is None or environment.get("SLURMD_NODENAME") == node
                if ours and here and any(word in part for part in process.cmdline()):
                    found.append(process)
        return found

    def power_off(self, node: str) -> None:
        """End a node with everything that runs on it, as a power cut does."""
        daemon = psutil.Process(self._pid(f"slurmd.{node}"))
        jobs = self.processes("", node)
        steps = {parent for job in jobs if (parent := job.parent()) is not None and "slurmstepd" in parent.name()}
        for process in (daemon, *steps, *jobs):
            with suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)

    def _pid(self, daemon: str) -> int:
        return int((self._folder / "run" / f"{daemon}.pid").read_text())

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "SLURM_CONF": str(self.configuration)}

    def _daemon(self, name: str, *arguments: str) -> None:
        program = find_program(name)
        assert program is not None, f"{name} is not here"
        said = self._folder / "log" / f"{name}.start"
        with said.open("ab") as output:
            done = subprocess.run(
                [program, *arguments], env=self._environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        assert done.returncode == 0, f"{name}: {said.read_text()}"


def wait_for(is_so: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something is true."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def _slurm() -> Iterator[SlurmCluster]:
    require_part("slurm")
    # Munge demands that everybody may enter every folder above its socket.
    with tempfile.TemporaryDirectory(prefix="tuner-slurm-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        cluster = SlurmCluster(Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture
def slurm(_slurm: SlurmCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlurmCluster]:
    """The cluster of this run, without jobs."""
    monkeypatch.setenv("SLURM_CONF", str(_slurm.configuration))
    yield _slurm
    _slurm.call("scancel", "--me")
    wait_for(lambda: not _slurm.processes(""))
