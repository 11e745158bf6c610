"""A study on a batch system of the tests' own, with workers that train nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.actions.test_slurm_search import running
from tests.actions.test_workers import STUDY, Each
from tests.docs.pages import ROOT
from tests.processes import eventually
from tuner.actions.clusters import work_place
from tuner.actions.stop import stop_workers
from tuner.actions.workers import search_with_workers
from tuner.cluster.sheet import Sheet
from tuner.search.stop import StopReason
from tuner.study.load import load_study

pytestmark = pytest.mark.needs("postgresql")

PROFILE = """
[pbs]
kind = "command"
submit = ["qsub"]
status = ["qstat", "{job}"]
over = "Unknown Job"
cancel = ["qdel", "{job}"]
script = '''
#PBS -N {name} -l ncpus={cpus}
exec >> {log} 2>&1
exec {command}
'''
"""

PROGRAMS = {
    "qsub": """
test -z "$TUNER_STORAGE" || exit 1
script=$(mktemp "$JOBS/XXXXXX")
sed "s/ -P -m tuner / -m tests.cli.fake_tuner /" > "$script"
setsid sh "$script" > /dev/null 2>&1 < /dev/null &
echo "$!.server"
""",
    "qstat": 'kill -0 "${1%.server}" 2> /dev/null || { echo "qstat: Unknown Job Id $1" >&2; exit 153; }',
    "qdel": 'kill "${1%.server}"',
}
"""A batch system of one machine."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("bin", "jobs", "studies", "config/tuner"):
        (tmp_path / name).mkdir(parents=True)
    for name, text in PROGRAMS.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "studies" / "small.toml").write_text(STUDY)
    (tmp_path / "config" / "tuner" / "clusters.toml").write_text(PROFILE)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("JOBS", str(tmp_path / "jobs"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("FAKE_EPOCH_SECONDS", "0.1")
    monkeypatch.setattr("tuner.actions.clusters.COMMAND_LOOK_SECONDS", 1.0)
    yield tmp_path
    for worker in workers(tmp_path):
        worker.kill()


def workers(project: Path) -> list[psutil.Process]:
    """Those of this project, and no others."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "tests.cli.fake_tuner" in words and str(project) in words:
            found.append(process)
    return found


def test_a_worker_that_is_killed_is_queued_again_and_one_that_is_asked_to_leave_is_not(project, postgresql):
    definition = load_study(str(project / "studies" / "small.toml"), project)
    place = work_place("pbs", definition, project, workers=1)
    sheet = Sheet(project / ".tuner" / "cluster" / "small" / "worker-0.sheet")
    killed: list[int] = []
    asked: list[int] = []

    def disturb(seconds: float) -> None:
        time.sleep(seconds)
        if not killed and sheet.said().begun:
            [worker] = workers(project)
            killed.append(worker.pid)
            worker.kill()
        elif killed and not asked and len(watcher.finished) > 1:
            asked.append(stop_workers(definition, project, storage=postgresql))

    watcher = Each()
    end = search_with_workers(
        definition,
        1,
        root=project,
        storage=postgresql,
        trials=500,
        cluster=place.cluster,
        watcher=watcher,
        sleep=disturb,
    )
    assert asked == [1]
    assert end.stopped is StopReason.HANDED_BACK
    assert any("killed by signal 9" in note and "started again" in note for note in watcher.notes)
    assert "all workers have been asked to leave" in watcher.notes
    assert running(postgresql) == []
    assert eventually(lambda: workers(project) == [])
    assert str(postgresql) not in "".join(file.read_text() for file in (project / "jobs").iterdir())
