from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.contracts.calendar import entry
from tuner.cluster.calendars import Kubernetes, PodSettings
from tuner.cluster.calendars.kubernetes import cron_job
from tuner.cluster.calendars.yaml_text import yaml_text
from tuner.errors import CalendarError

POD = PodSettings(image="registry/tuner:1", namespace="ml", claim="project", time_zone="Europe/Berlin")


def test_a_cron_job_never_runs_twice_at_once_and_starts_nothing_again_by_itself() -> None:
    job = cron_job(entry(at="*/30 2 * * mon"), POD)
    spec = job["spec"]

    assert (job["apiVersion"], job["kind"], job["metadata"]["name"]) == ("batch/v1", "CronJob", "tuner-nightly")
    assert (spec["schedule"], spec["timeZone"]) == ("0,30 2 * * 1", "Europe/Berlin")
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert spec["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_the_pod_is_nobody_special_and_writes_only_into_the_project() -> None:
    pod = cron_job(entry(), POD)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/srv/project", "/tmp"]
    assert container["command"] == ["tuner", "sweep", "run", "nightly"]


def test_the_storage_comes_from_the_secret_and_what_belongs_to_this_machine_stays_here() -> None:
    stated = entry(environment={"PATH": "/opt/bin", "TUNER_STORAGE_FILE": "/home/me/url", "TUNER_CORES": "2"})
    (container,) = cron_job(stated, POD)["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    variables = {each["name"]: each.get("value") or each["valueFrom"] for each in container["env"]}

    assert variables == {
        "TUNER_CORES": "2",
        "TUNER_ROOT": "/srv/project",
        "TUNER_STORAGE": {"secretKeyRef": {"name": "tuner-storage", "key": "url"}},
        "HOME": "/tmp",
    }


def test_a_project_in_the_image_has_only_its_own_folder_to_write_to() -> None:
    pod = cron_job(entry(), PodSettings(root=Path("/project")))["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert container["volumeMounts"][0] == {"name": "project", "mountPath": "/project/.tuner"}
    assert container["workingDir"] == "/project"
    assert pod["volumes"][0] == {"name": "project", "emptyDir": {}}


def test_a_name_is_made_to_fit_or_refused() -> None:
    assert cron_job(entry("Nightly_2.x"), POD)["metadata"]["name"] == "tuner-nightly-2-x"
    with pytest.raises(CalendarError, match="Kubernetes takes 52 characters; take a shorter one"):
        cron_job(entry("n" * 60), POD)


def test_a_pod_of_root_is_refused() -> None:
    with pytest.raises(CalendarError, match="should not be root"):
        PodSettings(user=0)


def test_it_is_only_printed() -> None:
    calendar = Kubernetes(POD)
    for change in (lambda: calendar.install(entry()), lambda: calendar.remove("nightly", Path("/srv/project"))):
        with pytest.raises(CalendarError, match="only printed; give the text to `kubectl apply -f -`"):
            change()
    assert calendar.installed() == []


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not here")
def test_kubectl_reads_the_text_as_it_was_meant() -> None:
    odd = entry(command=["tuner", "yes", "1e3", "", "a: b # c", "é", "null", "-", '"'])
    done = subprocess.run(
        ["kubectl", "annotate", "--local", "-f", "-", "a=b", "-o", "json"],
        input=Kubernetes(POD).text(odd),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    del read["metadata"]["annotations"]
    template = read["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    assert template == cron_job(odd, POD)["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def test_the_text_is_read_as_it_was_meant() -> None:
    yaml = pytest.importorskip("yaml")
    odd = {"yes": ["a: b", "# c", "", "null", "~", "1e3", "0x1", "2026-12-01", "é", "-", '"', "a\\b", "on", "12:30"]}
    tree = {**odd, "empty": [], "none": None, "deep": [{"a": [{"b": 1, "c": [True, 2.5]}], "d": {}}]}

    assert yaml.safe_load(yaml_text(tree)) == tree
    assert yaml.safe_load(Kubernetes(POD).text(entry())) == cron_job(entry(), POD)
