"""What every pod may do, what it is given, and what it runs."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.kubernetes.command_lines import check_command_line
from tests.kubernetes.manifests import FOLDER, JOBS, MANIFESTS, PODS, Manifest, containers_of
from tuner.actions.machine import CORES
from tuner.errors import StorageError
from tuner.search.storage_urls import FILE_VARIABLE, URL_VARIABLE, url_in_file

pytestmark = pytest.mark.usefixtures("nothing_of_the_users")

each_pod = pytest.mark.parametrize("pod", PODS.values(), ids=PODS)

ALLOWED_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected"}
ALLOWED_VOLUMES |= {"secret"}
"""Of the level `restricted` of https://kubernetes.io/docs/concepts/security/pod-security-standards/."""


def test_the_namespace_refuses_what_is_not_restricted() -> None:
    labels = MANIFESTS["project/namespace.yaml"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@each_pod
def test_a_pod_is_restricted(pod: Manifest) -> None:
    security = pod["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] > 0
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    for volume in pod["volumes"]:
        assert len(ALLOWED_VOLUMES & set(volume)) == 1, volume
    for container in containers_of(pod):
        of_its_own = container["securityContext"]
        assert of_its_own["allowPrivilegeEscalation"] is False
        assert of_its_own["capabilities"] == {"drop": ["ALL"]}
        assert not {"privileged", "runAsUser", "runAsNonRoot", "seccompProfile"} & set(of_its_own)
        assert not any("hostPort" in port for port in container.get("ports", []))


@each_pod
def test_nothing_can_be_written_but_volumes(pod: Manifest) -> None:
    assert all(each["securityContext"]["readOnlyRootFilesystem"] is True for each in containers_of(pod))
    mounts = {mount["mountPath"]: mount for mount in pod["containers"][0]["volumeMounts"]}
    assert "/tmp" in mounts
    assert all("sizeLimit" in volume["emptyDir"] for volume in pod["volumes"] if "emptyDir" in volume)


@pytest.mark.parametrize("name", [*(f"{job}" for job in JOBS), "desk"])
def test_the_project_root_is_the_volume_claim(name: str) -> None:
    pod = PODS["project/desk.yaml"] if name == "desk" else JOBS[name]["template"]["spec"]
    volume = {"name": "project", "persistentVolumeClaim": {"claimName": "tuner-project"}}
    assert volume in pod["volumes"]
    assert {"name": "project", "mountPath": environment_of(pod)["TUNER_ROOT"]} in pod["containers"][0]["volumeMounts"]
    assert MANIFESTS["project/volume.yaml"]["metadata"]["name"] == "tuner-project"
    assert isinstance(pod["securityContext"]["fsGroup"], int)


@each_pod
def test_every_mount_has_its_volume(pod: Manifest) -> None:
    mounted = {mount["name"] for each in containers_of(pod) for mount in each["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


@each_pod
def test_a_pod_has_no_token_and_no_variables_of_services(pod: Manifest) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False


@each_pod
def test_every_container_says_what_it_needs_and_what_it_may_take(pod: Manifest) -> None:
    for container in containers_of(pod):
        for kind in ("requests", "limits"):
            assert {"cpu", "memory"} <= set(container["resources"][kind])


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_a_worker_trains_in_as_many_threads_as_it_may_have_cores(job: Manifest) -> None:
    worker = job["template"]["spec"]["containers"][0]
    assert re.fullmatch("[1-9][0-9]*", worker["resources"]["limits"]["cpu"]), "parts of a core would be rounded up"
    assert worker["resources"]["requests"] | {"ephemeral-storage": ""} == worker["resources"]["limits"] | {
        "ephemeral-storage": ""
    }
    cores = next(each for each in worker["env"] if each["name"] == CORES)
    assert cores["valueFrom"] == {"resourceFieldRef": {"containerName": "worker", "resource": "limits.cpu"}}


@each_pod
def test_every_variable_is_one_that_tuner_reads(pod: Manifest) -> None:
    assert set(environment_of(pod)) <= {"TUNER_ROOT", FILE_VARIABLE, CORES}


def environment_of(pod: Manifest) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in pod["containers"][0]["env"]}


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("setup/job.yaml", "owner"),
        ("search/job.yaml", "worker"),
        ("nightly/cronjob.yaml", "worker"),
        ("project/desk.yaml", "reader"),
    ],
)
def test_a_pod_sees_the_url_of_its_own_role_alone(name: str, role: str) -> None:
    secrets = [volume["secret"] for volume in PODS[name]["volumes"] if "secret" in volume]
    assert [each["secretName"] for each in secrets] == ["tuner-storage"]
    assert secrets[0]["items"] == [{"key": role, "path": "url"}]
    for container in PODS[name]["containers"]:
        assert "secret" not in {mount["name"] for mount in container["volumeMounts"]}


@each_pod
def test_the_copy_of_the_url_is_a_file_that_tuner_takes(pod: Manifest, tmp_path: Path) -> None:
    mounted, copied = tmp_path / "secret", tmp_path / "run"
    mounted.mkdir()
    copied.mkdir()
    (mounted / "url").write_text("postgresql+psycopg://tuner:hush@db/tuner\n")
    volume = next(volume["secret"] for volume in pod["volumes"] if "secret" in volume)
    (mounted / "url").chmod(volume["defaultMode"])
    with pytest.raises(StorageError, match="can be read by others"):
        url_in_file(str(mounted / "url"), FILE_VARIABLE)  # as fsGroup leaves it, whatever its mode was

    (init,) = pod["initContainers"]
    places = {mount["mountPath"]: mount for mount in init["volumeMounts"]}
    assert places["/secret"]["readOnly"] is True
    command = [re.sub("^/run/tuner", str(copied), re.sub("^/secret", str(mounted), word)) for word in init["command"]]
    subprocess.run(command, check=True)
    shown = environment_of(pod)[FILE_VARIABLE].replace("/run/tuner", str(copied))
    assert url_in_file(shown, FILE_VARIABLE).password == "hush"
    target = next(volume for volume in pod["volumes"] if volume["name"] == places["/run/tuner"]["name"])
    assert target["emptyDir"]["medium"] == "Memory"


def test_no_secret_stands_in_any_file() -> None:
    assert not [manifest for manifest in MANIFESTS.values() if manifest["kind"] == "Secret"]
    for file in FOLDER.rglob("*"):
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"://[^/\s]*:[^/\s]*@", text), file
            assert not re.search(rf"\b{URL_VARIABLE}\b(?!_)", text), file


@pytest.mark.parametrize("name", PODS)
def test_every_command_line_is_one_of_tuners(name: str) -> None:
    (container,) = PODS[name]["containers"]
    if "command" in container:
        assert container["command"] == ["sleep", "infinity"]
    else:
        assert all(isinstance(word, str) for word in container["args"])
        check_command_line(container["args"])


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_workers_search_a_study_that_is_in_the_repository(job: Manifest) -> None:
    command, option, study = job["template"]["spec"]["containers"][0]["args"]
    assert (command, option) == ("search", "--study")
    assert (FOLDER.parents[1] / "studies" / f"{study}.toml").is_file()
    assert os.sep not in study
