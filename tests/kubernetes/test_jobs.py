"""What becomes of a worker that ends, of a night that comes, and what the API's schemas do not know of either."""

from __future__ import annotations

import copy
import re
from zoneinfo import ZoneInfo

import pytest

from tests.kubernetes.manifests import JOBS, MANIFESTS, PODS, Manifest
from tuner.cli.main import Failure, Refusal
from tuner.cli.run import EXIT_CODES
from tuner.search.stop import StopReason

KILLED = 128 + 9

CRON_FIELDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
"""The least and the greatest number of each: minute, hour, day of the month, month, day of the week."""


def action_on(job: Manifest, code: int) -> str:
    """What Kubernetes does when a worker ends with an exit code: what the first rule that fits says, else it counts."""
    for rule in job["podFailurePolicy"]["rules"]:
        codes = rule.get("onExitCodes", {"operator": "In", "values": []})
        assert codes["operator"] == "In"
        if code in codes["values"]:
            return str(rule["action"])
    return "Count"


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
@pytest.mark.parametrize(
    ("code", "action"),
    [
        (EXIT_CODES[StopReason.HANDED_BACK], "Ignore"),
        (EXIT_CODES[StopReason.OUT_OF_TIME], "FailIndex"),
        (Refusal.exit_code, "FailJob"),
        (Failure.exit_code, "Count"),
        (KILLED, "Count"),
    ],
)
def test_an_exit_code_does_what_it_means(job: Manifest, code: int, action: str) -> None:
    assert action_on(job, code) == action


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_every_exit_code_that_is_spoken_of_is_one_of_tuners(job: Manifest) -> None:
    known = {*EXIT_CODES.values(), Refusal.exit_code, Failure.exit_code}
    spoken = [rule["onExitCodes"] for rule in job["podFailurePolicy"]["rules"] if "onExitCodes" in rule]
    assert {code for each in spoken for code in each["values"]} <= known - {0}
    names = {container["name"] for container in job["template"]["spec"]["containers"]}
    assert {each["containerName"] for each in spoken} <= names


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_a_worker_that_the_cluster_moves_has_not_failed(job: Manifest) -> None:
    first = job["podFailurePolicy"]["rules"][0]
    assert first == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_all_workers_run_at_once_and_each_is_judged_by_itself(job: Manifest) -> None:
    assert job["completionMode"] == "Indexed"
    assert job["completions"] == job["parallelism"] > 1
    assert job["backoffLimitPerIndex"] >= 1  # what FailIndex needs
    assert "backoffLimit" not in job  # would count over all of them
    assert job["podReplacementPolicy"] == "Failed"  # the only one that podFailurePolicy allows


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_a_worker_has_time_to_hand_back(job: Manifest) -> None:
    pod = job["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] >= 300
    assert pod["shareProcessNamespace"] is True
    assert "command" not in pod["containers"][0], "a shell would get the signal"


@pytest.mark.parametrize("name", [name for name in PODS if MANIFESTS[name]["kind"] in ("Job", "CronJob")])
def test_a_jobs_container_is_never_started_again_by_the_kubelet(name: str) -> None:
    assert PODS[name]["restartPolicy"] == "Never"  # what podFailurePolicy needs


def test_every_nights_job_is_the_job_of_a_search() -> None:
    search, nightly = copy.deepcopy(JOBS["search"]), copy.deepcopy(JOBS["nightly"])
    assert search.pop("ttlSecondsAfterFinished") >= 24 * 3600
    assert 3600 <= nightly.pop("activeDeadlineSeconds") < 24 * 3600
    for job in (search, nightly):
        del job["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
    assert nightly == search


def test_nights_do_not_overlap_and_do_not_begin_in_the_middle_of_the_day() -> None:
    spec = MANIFESTS["nightly/cronjob.yaml"]["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert 10 < spec["startingDeadlineSeconds"] <= 2 * 3600  # in less than 10 s the controller may overlook it
    assert spec["successfulJobsHistoryLimit"] >= 1
    assert spec["failedJobsHistoryLimit"] >= 1
    assert not spec.get("suspend")
    assert ZoneInfo(spec["timeZone"])
    check_cron(spec["schedule"])


def test_a_jobs_name_leaves_room_for_what_kubernetes_adds_to_it() -> None:
    assert all(len(manifest["metadata"]["name"]) <= 52 for manifest in MANIFESTS.values())


@pytest.mark.parametrize(
    "schedule", ["0 2 * *", "60 2 * * *", "0 2 * * mon-fry", "@nightly", "0 2 5-1 * *", "0/x 2 * * *"]
)
def test_a_bad_schedule_is_noticed(schedule: str) -> None:
    with pytest.raises(AssertionError):
        check_cron(schedule)


@pytest.mark.parametrize("schedule", ["0 2 * * *", "*/15 0-6,22-23 * * 1-5", "0 0 1 1 7"])
def test_a_good_schedule_is_taken(schedule: str) -> None:
    check_cron(schedule)


def check_cron(schedule: str) -> None:
    """Hold a schedule against what Kubernetes reads: five fields of numbers, ranges and steps."""
    fields = schedule.split()
    assert len(fields) == len(CRON_FIELDS), schedule
    for field, (least, greatest) in zip(fields, CRON_FIELDS, strict=True):
        for part in field.split(","):
            found = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?", part)
            assert found, f"{schedule}: {part}"
            low = int(found[1] or least)
            high = int(found[2] or found[1] or greatest)
            assert least <= low <= high <= greatest, f"{schedule}: {part}"
