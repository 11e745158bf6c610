"""A batch system of a person's own, as they describe it in clusters.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuner.errors import ClusterError, StudyFileError
from tuner.study.cluster_profiles import cluster_profile
from tuner.study.cluster_settings import ClusterSettings
from tuner.study.command_profile import CommandProfile

GOOD = {"kind": '"command"', "submit": '["qsub"]', "script": '"{command}"'}


def read(folder: Path, **changed: str):
    stated = {**GOOD, **changed}
    (folder / "tuner").mkdir()
    table = "\n".join(f"{name} = {value}" for name, value in stated.items() if value)
    (folder / "tuner" / "clusters.toml").write_text(f"[pbs]\n{table}\n")
    return cluster_profile("pbs", ClusterSettings(cpus=3), {"XDG_CONFIG_HOME": str(folder)})


def test_a_batch_system_is_described_by_its_commands_and_a_template(tmp_path):
    profile = read(tmp_path, status='["qstat", "{job}"]', cpus="2", account='"team"')
    assert isinstance(profile, CommandProfile)
    assert (profile.submit, profile.status, profile.script) == (("qsub",), ("qstat", "{job}"), "{command}")
    assert (profile.cpus, profile.account) == (3, "team")  # what the study says goes first


@pytest.mark.parametrize(
    ("changed", "mistake"),
    [
        ({"kind": '"comand"'}, 'pbs.kind is "comand", but should be one of slurm, command.'),
        ({"kind": "[1]"}, "pbs.kind is [1], but should be one of slurm, command."),
        ({"submit": ""}, 'pbs.submit is not there, but should be the command that queues a job, such as ["qsub"]'),
        ({"submit": '"qsub -V"'}, 'pbs.submit is "qsub -V", but should be a list'),
        ({"submit": '["qsub", "{partition}"]'}, "pbs.submit has {partition}, but there are only {script}."),
        ({"script": ""}, "pbs.script is not there, but should be the text that is queued, with {command}"),
        ({"script": '"sleep 1"'}, "pbs.script has no {command}, but should, where the worker is started"),
        ({"script": '"{command}; {command}"'}, "pbs.script has {command} 2 times, but should have it once"),
        ({"script": '"{{command}}"'}, "pbs.script has {{command}}, but one pair of braces does: {command}"),
        ({"script": '"{cpu} {command}"'}, 'has {cpu}, but there are only {name}, .* Did you mean "cpus"?'),
        ({"script": '"awk {print}; {command}"'}, "Braces of the text's own have blanks within: { print }."),
        ({"status": '["qstat"]'}, 'pbs.status is ["qstat"], but has no {job} where the job\'s name should stand'),
        ({"cancel": '["qdel", "{jobs}"]'}, 'pbs.cancel has {jobs}, but there are only {job}.* Did you mean "job"?'),
        ({"job": '"Job <("'}, 'pbs.job is "Job <(", but is no regular expression: missing )'),
        ({"over": '"(a)(b)"'}, 'pbs.over is "(a)(b)", but should have one group at most'),
        ({"setup": '["module load python"]'}, 'but where kind is "command" such lines are written into `script`'),
        ({"extra": '["--nice"]'}, 'but where kind is "command" such lines are written into `script`'),
        ({"subnit": '"x"'}, "pbs.subnit"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_way_out(tmp_path, changed, mistake):
    with pytest.raises(StudyFileError) as refused:
        read(tmp_path, **changed)
    text = str(refused.value)
    assert text.startswith(f"{tmp_path}/tuner/clusters.toml: pbs.")
    for part in mistake.split(".*"):
        assert part.strip() in text


def test_all_mistakes_are_told_at_once(tmp_path):
    with pytest.raises(StudyFileError) as refused:
        read(tmp_path, submit="", script='"x"', over='"("')
    assert [mistake.place for mistake in refused.value.mistakes] == ["pbs.submit", "pbs.script", "pbs.over"]


def test_braces_of_the_shell_are_left_alone(tmp_path):
    assert read(tmp_path, script='"cd ${HOME} && { {command} }"').script == "cd ${HOME} && { {command} }"


def test_a_study_file_cannot_say_what_is_run():
    for setting in ("submit", "script", "status", "cancel", "kind"):
        with pytest.raises(ValueError, match=setting):
            ClusterSettings(**{setting: ("rm",)})


def test_a_cluster_that_is_not_described_is_not_guessed(tmp_path):
    with pytest.raises(ClusterError, match=r'no cluster "command".*describe it in'):
        cluster_profile("command", ClusterSettings(), {"XDG_CONFIG_HOME": str(tmp_path)})
