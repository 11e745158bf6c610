"""That docs/kubernetes.md speaks of what is there; its commands need a cluster, so nobody runs them."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.docs.pages import blocks
from tests.kubernetes.command_lines import check_command_line
from tests.kubernetes.manifests import KUSTOMIZATIONS, MANIFESTS, PODS, ROOT, containers_of

PAGE = ROOT / "docs" / "kubernetes.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = [line for block in blocks(PAGE) for line in re.sub(r"\\\n\s*", "", block.text).splitlines()]
KINDS = {"job": "Job", "deploy": "Deployment", "cronjob": "CronJob"}

OBJECTS = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in MANIFESTS.values()}


def test_every_part_is_applied_and_every_part_that_is_applied_is_there() -> None:
    applied = {path for line in COMMANDS for path in re.findall(r"kubectl apply -k (\S+)", line)}
    assert applied == {f"scripts/kubernetes/{step}" for step in KUSTOMIZATIONS if step != "common"}


def test_every_file_that_is_spoken_of_is_there() -> None:
    spoken = set(re.findall(r"\bscripts/kubernetes/[\w./-]*\w", TEXT))
    spoken |= {f"scripts/kubernetes/{file}" for file in re.findall(r"`(\w+/\w+\.yaml)`", TEXT)}
    assert len(spoken) > 5
    assert not [path for path in spoken if not (ROOT / path).exists()]


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("kubectl")])
def test_every_object_in_a_command_is_there(command: str) -> None:
    named = re.findall(r"\b(job|deploy|cronjob)(?:/| (?=tuner))([\w-]+)", command)
    assert {(KINDS[kind], name) for kind, name in named} <= OBJECTS
    for key, value in re.findall(r"(app\.kubernetes\.io/\w+)=(\w+)", command):
        assert any(manifest["metadata"].get("labels", {}).get(key) == value for manifest in MANIFESTS.values())


def test_every_command_in_a_pod_is_one_of_tuners() -> None:
    inside = [shlex.split(line.partition(" -- ")[2]) for line in COMMANDS if " -- tuner " in line]
    assert len(inside) > 4
    for program, *words in inside:
        assert program == "tuner"
        check_command_line(words)


def test_the_image_that_is_built_is_the_one_that_is_pulled() -> None:
    (image,) = KUSTOMIZATIONS["common"]["images"]
    name = f"{image['newName']}:{image['newTag']}"
    assert f"docker build --file scripts/kubernetes/Dockerfile --tag {name} ." in COMMANDS
    assert f"docker push {name}" in COMMANDS


def test_the_secret_has_the_url_of_every_role() -> None:
    (create,) = (line for line in COMMANDS if line.startswith("kubectl create secret"))
    secrets = [volume["secret"] for pod in PODS.values() for volume in pod["volumes"] if "secret" in volume]
    assert {item["key"] for secret in secrets for item in secret["items"]} == set(re.findall(r"=(\w+)=", create))
    assert {secret["secretName"] for secret in secrets} == {create.split()[4]}


def test_numbers_are_those_of_the_manifests() -> None:
    spec = MANIFESTS["search/job.yaml"]["spec"]
    pod = spec["template"]["spec"]
    (worker,) = pod["containers"]
    assert f"{pod['terminationGracePeriodSeconds']} seconds from SIGTERM" in TEXT
    assert f"| {spec['completions']}; one worker" in TEXT
    assert f"| {worker['resources']['limits']['cpu']}; whole numbers" in TEXT
    assert f"| {worker['resources']['limits']['memory'].removesuffix('Gi')} GiB; a worker" in TEXT
    night = MANIFESTS["nightly/cronjob.yaml"]["spec"]
    assert night["timeZone"] in TEXT
    assert night["schedule"] == "0 2 * * *"  # "at two o'clock"
    assert night["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 4 * 3600
    assert spec["backoffLimitPerIndex"] == 3
    assert {each["securityContext"].get("runAsUser") for each in containers_of(pod)} == {None}
    assert f"runs as user {pod['securityContext']['runAsUser']}" in TEXT.replace("\n", " ")
