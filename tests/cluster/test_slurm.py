"""What is told to Slurm, and what is made of its answers; tests/actions/test_slurm_search.py has a real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tuner.cluster.cluster import Ended
from tuner.cluster.slurm import LOST, SlurmCluster, SlurmWorkers
from tuner.cluster.slurm_commands import Task, TaskState, queue_again, states_of, submit
from tuner.cluster.slurm_environment import stated_first
from tuner.cluster.slurm_script import WorkerArray, batch_script
from tuner.errors import ClusterError
from tuner.study.cluster_profiles import ClusterProfile
from tuner.study.cluster_settings import ClusterSettings

RESOURCES = ClusterSettings(
    cpus=4,
    memory="2GiB",
    gpus=1,
    time="90m",
    partition="main",
    account="team",
    extra=("--constraint=avx2", "--comment=two words"),
    lead="5m",
)

SCRIPT = """\
#!/bin/bash
#SBATCH --job-name=tuner-churn@2026-11-21
#SBATCH --array=0-2,5
#SBATCH --cpus-per-task=4
#SBATCH --mem=2048M
#SBATCH --gpus=1
#SBATCH --time=90
#SBATCH --partition=main
#SBATCH --account=team
#SBATCH --requeue
#SBATCH --signal=B:USR1@300
#SBATCH --open-mode=append
#SBATCH --output="/data/a b/100%%/worker-%a.log"
#SBATCH --constraint=avx2
#SBATCH "--comment=two words"
export CORES="${SLURM_CPUS_PER_TASK:-1}"
module load python
exec python -m tuner worker --study 'a b'
"""


def array(**changed) -> WorkerArray:
    stated = {
        "study": "churn@2026-11-21",
        "command": ("python", "-m", "tuner", "worker", "--study", "a b"),
        "resources": RESOURCES,
        "logs": Path("/data/a b/100%"),
        "cores": "CORES",
        "setup": ("module load python",),
    }
    return WorkerArray(**{**stated, **changed})


def test_the_script_says_what_each_worker_gets_and_becomes_the_worker():
    assert batch_script(array(), [0, 1, 2, 5]) == SCRIPT


def test_what_is_not_stated_is_left_to_slurm():
    script = batch_script(array(resources=ClusterSettings(), setup=()), [0])
    assert [word for word in ("--mem", "--time", "--gpus", "--partition", "--account") if word in script] == []
    assert "--array=0\n" in script


@pytest.mark.parametrize("logs", ['/data/"', "/data/a\nb", "/data/\\"])
def test_a_path_that_a_script_cannot_name_is_refused(logs):
    with pytest.raises(ClusterError, match="cannot stand in a Slurm script"):
        batch_script(array(logs=Path(logs)), [0])


class Answers:
    """Stands in for `squeue`."""

    def __init__(self, states: Mapping[Task, TaskState]) -> None:
        self.states = dict(states)
        self.asked = 0
        self.error: ClusterError | None = None

    def __call__(self, jobs: Sequence[str]) -> Mapping[Task, TaskState]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return {task: state for task, state in self.states.items() if task.job in jobs}


FIRST, SECOND = Task("7", 0), Task("8", 1)


@pytest.fixture
def answers() -> Answers:
    return Answers({FIRST: TaskState("RUNNING"), SECOND: TaskState("PENDING", reason="Resources")})


@pytest.fixture
def clock():
    class Clock:
        now = 0.0

        def __call__(self) -> float:
            return self.now

    return Clock()


@pytest.fixture
def workers(answers, clock, tmp_path) -> SlurmWorkers:
    (tmp_path / "worker-1.log").write_text("its last words\n")
    return SlurmWorkers(array(logs=tmp_path), {}, {0: "7", 1: "8"}, clock=clock, states_of=answers)


def test_slurm_is_asked_once_for_all_and_not_too_often(workers, answers, clock):
    assert (workers.alive, workers.in_words) == (2, "1 running, 1 pending (Resources)")
    assert workers.ended() == []
    assert answers.asked == 1
    clock.now = 5.0
    assert workers.alive == 2
    assert answers.asked == 2


@pytest.mark.parametrize(
    ("state", "ended"),
    [
        (TaskState("COMPLETED"), Ended(1, 0, "its last words", job="8")),
        (TaskState("FAILED", 2), Ended(1, 2, "its last words", job="8")),
        (TaskState("FAILED", -9), Ended(1, -9, "its last words", job="8")),
        (TaskState("CANCELLED"), Ended(1, LOST, "its last words", cancelled=True, job="8")),
        (TaskState("NODE_FAIL"), Ended(1, LOST, "Slurm says NODE_FAIL\nits last words", job="8")),
        (None, Ended(1, 0, "its last words", job="8")),
    ],
)
def test_a_task_that_is_over_has_ended_once_with_its_last_words(workers, answers, state, ended):
    answers.states.pop(SECOND)
    if state is not None:
        answers.states[SECOND] = state
    assert workers.ended() == [ended]
    assert workers.ended() == []
    assert (workers.alive, workers.jobs) == (1, {0: "7"})


@pytest.mark.parametrize("name", ["REQUEUED", "COMPLETING", "SUSPENDED"])
def test_a_task_that_will_run_again_is_alive(workers, answers, name):
    answers.states[SECOND] = TaskState(name)
    assert workers.alive == 2


def test_without_an_answer_all_is_as_it_was(workers, answers, clock):
    assert workers.alive == 2
    clock.now = 5.0
    answers.error = ClusterError("squeue: unable to contact the controller")
    assert (workers.alive, workers.ended()) == (2, [])


def test_who_never_had_an_answer_is_told_so(workers, answers):
    answers.error = ClusterError("squeue: unable to contact the controller")
    with pytest.raises(ClusterError, match="unable to contact"):
        assert workers.alive


def test_a_worker_that_somebody_else_queued_is_looked_after(workers, answers, clock):
    answers.states[Task("9", 1)] = TaskState("RUNNING")
    answers.states[SECOND] = TaskState("FAILED", -9)
    [ended] = workers.ended()
    workers.adopt(ended.worker, "9")
    clock.now = 5.0
    assert (workers.alive, workers.jobs, workers.ended()) == (2, {0: "7", 1: "9"}, [])


SQUEUE = """\
#!/bin/sh
echo '7                       0                       OUT_OF_MEMORY           125                     OutOfMemory'
echo '7                       1                       FAILED                  512                     NonZeroExitCode'
echo '7                       2                       FAILED                  32512                   NonZeroExitCode'
echo '7                       3                       PENDING                 0                       (null)'
echo "$SQUEUE_USERS" >&2
exit "${#SQUEUE_USERS}"
"""


def test_states_are_read_whatever_a_person_has_set_for_squeue(monkeypatch, tmp_path):
    program = tmp_path / "squeue"
    program.write_text(SQUEUE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("SQUEUE_USERS", "nobody")
    assert states_of(["7"]) == {
        Task("7", 0): TaskState("OUT_OF_MEMORY", 0, "OutOfMemory"),
        Task("7", 1): TaskState("FAILED", 2, "NonZeroExitCode"),
        Task("7", 2): TaskState("FAILED", 127, "NonZeroExitCode"),
        Task("7", 3): TaskState("PENDING", 0, "(null)"),
    }


def test_a_worker_has_at_least_half_of_its_time_to_train():
    assert ClusterSettings(time="2m").lead_seconds == 60
    assert ClusterSettings(time="1h").lead_seconds == ClusterSettings().lead_seconds == 120


@pytest.mark.parametrize("option", ["--output=/home/me/.bashrc", "--export-file=x", "--array=0-999", "--wrap=rm"])
def test_an_option_that_reaches_further_stands_in_a_persons_own_file_only(option):
    with pytest.raises(ValueError, match=r"clusters\.toml only"):
        ClusterSettings(extra=(option,))
    assert ClusterProfile(extra=(option,)).extra == (option,)


def test_without_slurm_there_is_one_message_with_the_way_out(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match=r"^sbatch is not here; .* --workers N"):
        SlurmCluster("churn", RESOURCES, tmp_path, cores="CORES").submit(["true"], 2, {})


def test_what_is_stated_goes_before_a_persons_variables_for_sbatch_and_what_is_not_stated_is_left_to_them():
    theirs = {
        "SBATCH_PARTITION": "debug",
        "SBATCH_TIMELIMIT": "1",
        "SBATCH_ARRAY_INX": "0-99",
        "SBATCH_MEM_PER_CPU": "1G",
        "SBATCH_NO_REQUEUE": "1",
        "SBATCH_ERROR": "/dev/null",
        "SBATCH_CONSTRAINT": "old",
        "SBATCH_WAIT": "1",
        "SBATCH_JOB_NAME": "mine",
        "SBATCH_QOS": "high",
        "SLURM_CONF": "/etc/slurm.conf",
    }
    assert stated_first(batch_script(array(), [0]), theirs) == {"SBATCH_QOS": "high", "SLURM_CONF": "/etc/slurm.conf"}
    little = batch_script(array(resources=ClusterProfile(extra=("-C avx2",))), [0])
    kept = stated_first(little, theirs)
    assert {"SBATCH_PARTITION", "SBATCH_TIMELIMIT", "SBATCH_MEM_PER_CPU"} <= set(kept)
    assert "SBATCH_CONSTRAINT" not in kept


@pytest.mark.needs("slurm")
def test_slurm_itself_goes_by_what_is_stated(slurm, tmp_path, monkeypatch):
    for name, value in {"PARTITION": "night", "TIMELIMIT": "1", "ARRAY_INX": "0-9", "MEM_PER_CPU": "9G"}.items():
        monkeypatch.setenv(f"SBATCH_{name}", value)
    resources = ClusterSettings(partition="main", time="90m", memory="1GB")
    job = submit(batch_script(array(resources=resources, logs=tmp_path, command=("true",), setup=()), [0]), {})
    assert "TimeLimit=01:30:00" in slurm.call("scontrol", "show", "job", job)
    assert set(states_of([job])) == {Task(job, 0)}


LATE_SBATCH = """\
#!/bin/sh
for option; do case $option in --comment=*) echo "41  ${option#--comment=}" >> $HOME/queue;; esac; done
cat > /dev/null
"""

LATE = {
    "no answer at all": "exec sleep 60",
    "an answer that came too late": "echo 'sbatch: error: Socket timed out on send/recv operation' >&2; exit 1",
}


@pytest.mark.parametrize("case", LATE)
def test_a_job_whose_number_slurm_did_not_say_in_time_is_found(monkeypatch, tmp_path, case):
    for name, text in {"sbatch": LATE_SBATCH + LATE[case], "squeue": "#!/bin/sh\ncat $HOME/queue"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("tuner.cluster.slurm_commands.SECONDS", 0.5)
    (tmp_path / "queue").write_text("39\n40  somebody's own\n")
    assert submit(batch_script(array(resources=ClusterSettings()), [0]), {}) == "41"
    # With a comment of the person's own there is nothing to find it by.
    with pytest.raises(ClusterError, match="may be queued all the same: look with `squeue --me`"):
        submit(batch_script(array(), [0]), {})


def test_a_process_that_is_no_task_of_slurms_is_not_queued_again():
    assert queue_again({}) is None


REFUSED = {
    "wrong partition": (ClusterSettings(partition="night"), "invalid partition.*`sinfo` lists the partitions"),
    "too much memory": (ClusterSettings(memory="900GB"), "No node has so much; ask for less"),
    "no GPU": (ClusterSettings(gpus=1), r"[Ss]et \[cluster\] gpus to 0"),
    "an option that is none": (ClusterProfile(extra=("--nonsense",)), "unrecognized option '--nonsense'"),
}


@pytest.mark.needs("slurm")
@pytest.mark.parametrize("case", REFUSED)
def test_what_slurm_refuses_is_one_message_with_the_way_out(slurm, tmp_path, case):
    resources, message = REFUSED[case]
    with pytest.raises(ClusterError, match=message) as refused:
        submit(batch_script(array(resources=resources, logs=tmp_path), [0]), {})
    assert "\n" not in str(refused.value)
