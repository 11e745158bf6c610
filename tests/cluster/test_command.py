"""What is told to a batch system of a person's own; tests/actions/test_command_search.py has workers run by one."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from tuner.cluster.cluster import Ended
from tuner.cluster.command import HANDED_BACK, LOST, CommandCluster, CommandWorkers
from tuner.cluster.command_calls import cancel, is_over, submit
from tuner.cluster.command_script import CommandJob, filled_in
from tuner.cluster.sheet import SHEET, Sheet
from tuner.errors import ClusterError
from tuner.study.command_profile import PLACEHOLDERS, CommandProfile

TEMPLATE = """\
#!/bin/sh
#PBS -N {name}
#PBS -q {partition} -A {account}
#PBS -l select=1:ncpus={cpus}:mem={memory_mb}mb:ngpus={gpus}
#PBS -l walltime={hhmmss}
# {seconds} {minutes} {lead_seconds} {worker} ${HOME}
exec {command} >> {log} 2>&1
"""

SCRIPT = """\
#!/bin/sh
#PBS -N tuner-churn_2026-11-21
#PBS -q main -A team
#PBS -l select=1:ncpus=4:mem=1908mb:ngpus=1
#PBS -l walltime=01:30:30
# 5430 91 120 3 ${HOME}
exec python -m tuner worker --study '/data/a b/churn.toml' >> '/data/a b/worker-3.log' 2>&1
"""

COMMAND = ("python", "-m", "tuner", "worker", "--study", "/data/a b/churn.toml")
RESOURCES = {"cpus": 4, "memory": "2GB", "gpus": 1, "time": "1h30m30s", "partition": "main", "account": "team"}


def job(template: str = TEMPLATE, *, logs: str = "/data/a b", **stated) -> CommandJob:
    stated = {"submit": ("qsub",), "script": template, **stated}
    return CommandJob("churn@2026-11-21", "pbs", CommandProfile(**stated), Path("/me/clusters.toml"), Path(logs))


def test_the_template_is_filled_in_for_each_worker():
    assert all(f"{{{name}}}" in TEMPLATE for name in PLACEHOLDERS)
    assert filled_in(job(**RESOURCES), 3, COMMAND) == SCRIPT


@pytest.mark.parametrize("setting", ["memory", "time", "partition", "account"])
def test_what_a_template_wants_and_nobody_states_is_asked_for(setting):
    stated = {name: value for name, value in RESOURCES.items() if name != setting}
    with pytest.raises(ClusterError, match=rf"^/me/clusters\.toml: pbs\.script has .*; write {setting} = .* \[pbs\]"):
        filled_in(job(**stated), 0, COMMAND)


@pytest.mark.parametrize(
    ("setting", "placeholder"),
    [("cpus", "cpus"), ("memory", "memory_mb"), ("gpus", "gpus"), ("partition", "partition"), ("account", "account")],
)
def test_what_is_stated_and_has_no_place_in_the_template_is_not_left_out(setting, placeholder):
    with pytest.raises(ClusterError, match=rf"script has no {{{placeholder}}}, but {setting} is stated"):
        filled_in(job("{command}", **{setting: RESOURCES[setting]}), 0, COMMAND)


def test_options_of_slurms_in_a_study_file_are_refused():
    other = job("{command}")
    other = CommandJob(
        other.study, "pbs", other.profile.model_copy(update={"extra": ("--qos=high",)}), other.described_in, other.logs
    )
    with pytest.raises(ClusterError, match="which are options of Slurm's"):
        filled_in(other, 0, COMMAND)


HOSTILE = ["$(touch x)", "a;b", "a&b", "a|b", "a>b", "(a)", "{log}", "`id`", "a'b", 'a"b', "a\\b", "a\nb", "$HOME"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_out_of_a_study_file_can_be_executed(text):
    hostile = job(**RESOURCES).profile.model_copy(update={"partition": text})
    with pytest.raises(ClusterError, match="cannot stand in a batch script"):
        filled_in(CommandJob("churn", "pbs", hostile, Path("f"), Path("/logs")), 0, COMMAND)
    with pytest.raises(ClusterError, match="cannot stand in a batch script"):
        filled_in(job(**RESOURCES), 0, [*COMMAND, text])
    with pytest.raises(ClusterError, match="cannot stand in a batch script"):
        filled_in(job(**RESOURCES, logs=f"/data/{text}"), 0, COMMAND)


def program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


@pytest.fixture
def bin(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder


def test_a_job_is_named_by_the_first_word_of_the_last_line(bin, tmp_path):
    program(bin, "qsub", f"cat > {tmp_path}/given; echo 'Welcome.'; echo; echo '12.server now waits'; echo")
    assert submit(job(), "the script", tmp_path / "file") == "12.server"
    assert (tmp_path / "given").read_text() == "the script"
    assert not (tmp_path / "file").exists()


def test_a_job_is_found_by_a_persons_own_expression(bin, tmp_path):
    program(bin, "bsub", "echo 'Job <77> is submitted to queue <normal>.'")
    assert submit(job(submit=("bsub",), job=r"Job <(\d+)>"), "", tmp_path / "file") == "77"


def test_a_script_lies_in_a_file_of_its_owners_where_a_command_wants_one(bin, tmp_path):
    program(bin, "qsub", 'cat "$2"; cat')
    told = submit(job(submit=("qsub", "-f", "{script}")), "1.x\n", tmp_path / "jobs" / "file")
    assert told == "1.x"
    assert stat.S_IMODE((tmp_path / "jobs" / "file").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "echo 'qsub: Unknown queue' >&2; exit 170",
            r'^"qsub" has failed: qsub: Unknown queue\. .* \[pbs\] in /me/clu',
        ),
        ("exit 3", r'^"qsub" has ended with status 3 and said nothing\.'),
        ("true", r"^/me/clusters\.toml: pbs\.job finds no job's name in what qsub has printed: nothing\. Write"),
        ("echo 'rm;-rf waits'", r"finds no job's name in what qsub has printed: rm;-rf waits\."),
    ],
)
def test_a_job_that_is_refused_or_has_no_name_is_one_message(bin, tmp_path, text, message):
    program(bin, "qsub", text)
    with pytest.raises(ClusterError, match=message) as refused:
        submit(job(), "", tmp_path / "file")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("setting", ["submit", "status", "cancel"])
def test_a_command_that_is_not_here_is_named_with_its_place(monkeypatch, tmp_path, setting):
    monkeypatch.setenv("PATH", str(tmp_path))
    own = job(submit=("nosub",), status=("nosub", "{job}"), cancel=("nosub", "{job}"))
    call = {"submit": lambda: submit(own, "", tmp_path), "status": lambda: is_over(own, "1")}
    with pytest.raises(
        ClusterError, match=rf'^/me/clusters\.toml: pbs\.{setting} calls "nosub", which is not here; go'
    ):
        call.get(setting, lambda: cancel(own, "1"))()


def test_a_command_that_is_no_program_is_named(bin, tmp_path):
    (bin / "qsub").write_text("")
    with pytest.raises(ClusterError, match="cannot be called: Permission denied"):
        submit(job(submit=(str(bin / "qsub"),)), "", tmp_path / "file")


QSTAT = """
case $1 in
    1) echo 'job_state = R' ;;
    2) echo 'job_state = C' ;;
    3) echo 'qstat: Unknown Job Id' >&2; exit 153 ;;
    *) echo 'qstat: cannot connect' >&2; exit 111 ;;
esac
"""


def test_a_job_is_over_when_status_fails_or_says_so(bin):
    program(bin, "qstat", QSTAT)
    plain = job(status=("qstat", "{job}"))
    assert [is_over(plain, name) for name in "1234"] == [False, False, True, True]
    telling = job(status=("qstat", "{job}"), over="Unknown Job|job_state = C")
    assert [is_over(telling, name) for name in "123"] == [False, True, True]
    with pytest.raises(ClusterError, match=r'^"qstat" has failed: qstat: cannot connect$'):
        is_over(telling, "4")


class System:
    """Stands in for a batch system."""

    def __init__(self) -> None:
        self.scripts: list[str] = []
        self.gone: set[str] = set()
        self.cancelled: list[str] = []
        self.asked: list[str] = []
        self.error: ClusterError | None = None

    def submit(self, job: CommandJob, script: str, file: Path) -> str:
        if self.error is not None and self.scripts:
            raise self.error
        self.scripts.append(script)
        return f"{len(self.scripts)}.x"

    def is_over(self, job: CommandJob, name: str) -> bool:
        self.asked.append(name)
        if self.error is not None:
            raise self.error
        return name in self.gone

    def cancel(self, job: CommandJob, name: str) -> None:
        if self.error is not None:
            raise self.error
        self.cancelled.append(name)


class At:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Crew:
    """Two queued workers, their batch system and their clock."""

    def __init__(self, folder: Path, **stated: Sequence[str]) -> None:
        self.folder, self.system, self.clock = folder, System(), At()
        self.job = job("{command}", logs=str(folder / "logs"), **stated)
        self.workers = self.attached({})
        self.workers.start([0, 1])

    def attached(self, jobs) -> CommandWorkers:
        secret = {"TUNER_STORAGE": "postgresql://me:hush@db/x", "CORES": "2"}
        calls = {"submit": self.system.submit, "is_over": self.system.is_over, "cancel": self.system.cancel}
        return CommandWorkers(self.job, self.folder, COMMAND, secret, jobs, clock=self.clock, **calls)

    def sheet(self, worker: int) -> Sheet:
        return Sheet(Path(self.workers.environment(worker)[SHEET]))

    def look(self) -> CommandWorkers:
        self.clock.now += 30
        return self.workers


SEEN = {"status": ("qstat", "{job}")}


@pytest.fixture
def crew(tmp_path) -> Crew:
    return Crew(tmp_path, **SEEN, cancel=("qdel", "{job}"))


def test_a_password_is_in_a_file_of_its_owners_and_nowhere_else(crew, tmp_path, bin, monkeypatch):
    assert not any("hush" in script for script in crew.system.scripts)
    [secret] = [file for file in tmp_path.iterdir() if file.is_file() and "hush" in file.read_text()]
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert all(f"TUNER_STORAGE_FILE={secret} " in script for script in crew.system.scripts)
    monkeypatch.setenv("TUNER_STORAGE", "postgresql://me:hush@db/x")
    program(bin, "qsub", "env | grep -c hush || true")
    assert submit(crew.job, "", tmp_path / "file") == "0"


def test_a_dry_run_shows_what_the_first_worker_gets(tmp_path):
    own = job("#!/bin/sh\nexec {command}\n", time="1h", logs=str(tmp_path / "logs"), submit=("qsub", "-W", "a b"))
    shown = CommandCluster(own, tmp_path / "sheets", cores="CORES").script(COMMAND, 3)
    assert shown.startswith("#!/bin/sh\nexec env CORES=1 TUNER_STORAGE_FILE=")
    assert " TUNER_LEAVE_AFTER=3480 python -m tuner worker " in shown
    assert shown.endswith("\n# handed to `qsub -W 'a b'`, once for each of 3 workers; this is the first one's\n")
    assert list(tmp_path.iterdir()) == []


def test_workers_are_counted_as_they_begin(crew):
    assert (crew.workers.alive, crew.workers.in_words) == (2, "2 waiting")
    crew.sheet(1).begin()
    assert (crew.workers.alive, crew.workers.in_words, crew.workers.ended()) == (2, "1 running, 1 waiting", [])
    assert crew.workers.jobs == {0: "1.x", 1: "2.x"}


def test_the_batch_system_is_not_asked_too_often(crew):
    assert crew.look().alive == 2
    assert crew.workers.alive == 2
    assert crew.system.asked == ["1.x", "2.x"]


@pytest.mark.parametrize(
    ("said", "gone", "ended"),
    [
        ({"status": 0}, False, Ended(1, 0, "bye", job="2.x")),
        ({"status": 2}, False, Ended(1, 2, "bye", job="2.x")),
        ({"status": 75, "again": True}, False, Ended(1, 0, "bye", job="2.x")),
        ({"status": 75}, True, Ended(1, HANDED_BACK, "bye", cancelled=True, job="2.x")),
        ({"status": 130}, True, Ended(1, HANDED_BACK, "bye", cancelled=True, job="2.x")),
        ({"status": 75}, False, None),  # the batch system starts it again
        ({"begun": True}, True, Ended(1, LOST, "job 2.x is gone without a word\nbye", job="2.x")),
        ({}, True, Ended(1, LOST, "job 2.x is gone without a word\nbye", job="2.x")),
    ],
)
def test_a_worker_has_ended_as_it_says_itself_or_without_a_word(crew, said, gone, ended):
    crew.job.log(1).write_text("bye\n")
    crew.sheet(1).say(**said)
    crew.system.gone = {"2.x"} if gone else set()
    assert crew.look().ended() == ([] if ended is None else [ended])
    assert crew.look().ended() == []
    assert crew.workers.alive == (2 if ended is None else 1)


def test_without_an_answer_all_is_as_it_was(crew):
    crew.system.error = ClusterError("qstat has failed")
    assert (crew.look().alive, crew.workers.ended()) == (2, [])
    assert crew.system.asked == ["1.x"]  # nor are the others asked after


def test_a_worker_that_is_started_again_begins_anew(crew):
    crew.sheet(0).say(status=0)
    [ended] = crew.workers.ended()
    crew.workers.start_again(ended.worker)
    assert (crew.workers.alive, crew.workers.jobs, crew.workers.ended()) == (2, {0: "3.x", 1: "2.x"}, [])


def test_another_process_finds_the_same_workers(crew):
    crew.sheet(0).begin()
    crew.sheet(1).say(status=1)
    other = crew.attached(crew.workers.jobs)
    assert [ended.worker for ended in other.ended()] == [1]
    assert (other.alive, other.in_words, other.jobs) == (1, "1 running", {0: "1.x"})


def test_workers_are_asked_to_leave_once_and_those_that_wait_are_taken_out(crew):
    crew.sheet(0).begin()
    crew.workers.ask_to_stop()
    crew.workers.ask_to_stop()
    assert crew.system.cancelled == ["2.x"]
    assert crew.sheet(0).is_asked
    [ended] = crew.workers.ended()
    assert (ended.worker, ended.cancelled, crew.workers.alive) == (1, True, 1)


def test_without_cancel_workers_that_wait_leave_as_soon_as_they_begin(tmp_path):
    crew = Crew(tmp_path)
    crew.workers.ask_to_stop()
    assert (crew.workers.alive, crew.sheet(0).is_asked, crew.sheet(1).is_asked) == (0, True, True)
    assert all(ended.cancelled for ended in crew.workers.ended())


def test_a_cancel_that_fails_says_what_becomes_of_them(crew):
    crew.system.error = ClusterError('"qdel" has failed')
    with pytest.raises(
        ClusterError, match=r'^"qdel" has failed; workers that still wait .* leave as soon as they begin'
    ):
        crew.workers.ask_to_stop()
    assert (crew.sheet(0).is_asked, crew.sheet(1).is_asked) == (True, True)


def test_where_nobody_can_ask_a_worker_that_falls_silent_is_lost(tmp_path):
    crew = Crew(tmp_path)
    crew.sheet(0).begin()
    assert crew.workers.alive == 2
    crew.clock.now = 100.0
    crew.workers.silent_for(120.0)  # it has only just begun
    assert crew.workers.alive == 2
    crew.clock.now = 130.0
    crew.workers.silent_for(120.0)
    assert [(ended.worker, ended.status) for ended in crew.workers.ended()] == [(0, LOST)]
    assert crew.workers.in_words == "1 waiting"  # it may wait for days


def test_where_the_batch_system_can_be_asked_silence_means_nothing(crew):
    crew.sheet(0).begin()
    assert crew.workers.alive == 2
    crew.clock.now = 1000.0
    crew.workers.silent_for(120.0)
    assert crew.workers.alive == 2


def test_those_that_were_queued_before_one_was_refused_are_known(tmp_path):
    crew = Crew(tmp_path)
    crew.system.error = ClusterError("too many jobs")
    crew.system.scripts = []
    with pytest.raises(ClusterError, match="too many jobs"):
        crew.workers.start([2, 3])
    assert crew.workers.jobs == {0: "1.x", 1: "2.x", 2: "1.x"}


def test_a_worker_that_was_refused_does_not_seem_to_wait_in_the_queue(crew):
    crew.sheet(0).say(status=0)
    before = crew.workers.jobs
    crew.workers.ended()
    crew.system.error = ClusterError("too many jobs")
    with pytest.raises(ClusterError, match="too many jobs"):
        crew.workers.start([0])
    crew.system.error = None
    assert [ended.worker for ended in crew.attached(before).ended()] == [0]


def test_a_worker_whose_sheet_somebody_has_removed_is_lost(tmp_path):
    crew = Crew(tmp_path)
    crew.sheet(0).path.unlink()
    assert [(ended.worker, ended.status) for ended in crew.workers.ended()] == [(0, LOST)]


def test_each_person_has_a_file_of_their_own_for_the_storages_url(crew):
    assert crew.workers.environment(0)["TUNER_STORAGE_FILE"].endswith(f"storage-{os.getuid()}")
