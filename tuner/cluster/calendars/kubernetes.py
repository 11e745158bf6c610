"""A CronJob of Kubernetes: printed, for whoever runs the cluster's manifests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tuner.cluster.calendars.calendar import Calendar, Installed
from tuner.cluster.calendars.entry import Entry
from tuner.cluster.calendars.environment import FILES
from tuner.cluster.calendars.yaml_text import yaml_text
from tuner.errors import CalendarError

ELSEWHERE = frozenset({"PATH", "TUNER_ROOT", "HOME", *FILES})
"""Variables of an entry that mean nothing in a pod."""

LONGEST_NAME = 52
"""Characters of a CronJob's name; its jobs append eleven."""

PRINTED_ONLY = (
    "an entry for Kubernetes is only printed; give the text to `kubectl apply -f -`, and look at it or remove it with "
    "`kubectl get cronjobs` and `kubectl delete cronjob`"
)


@dataclass(frozen=True)
class PodSettings:
    """What the pod of an entry is made of.

    Attributes:
        image: the container's image, with `tuner` in it.
        root: the project root in the image or on the claim; where it is here if left out.
        namespace: where the CronJob belongs; the one that kubectl is set to if left out.
        secret: the Secret whose key `url` is the storage's URL, password included.
        claim: the PersistentVolumeClaim that holds the project root; if left out, the image holds the root, and only
            `.tuner` in it can be written to.
        time_zone: such as `Europe/Berlin`; if left out, the cluster's own, which mostly is UTC.
        cpus: how many.
        memory: how much, in Kubernetes' units.
        user: the number of the user that runs it; never 0.
        goodbye_seconds: how long a run may take to hand back what it trains when it is stopped.
    Raises:
        CalendarError: if the user is root.
    """

    image: str = "tuner:latest"
    root: Path | None = None
    namespace: str | None = None
    secret: str = "tuner-storage"
    claim: str | None = None
    time_zone: str | None = None
    cpus: str = "1"
    memory: str = "2Gi"
    user: int = 1000
    goodbye_seconds: int = 120

    def __post_init__(self) -> None:
        if self.user < 1:
            raise CalendarError(f"the pod's user is {self.user}, but should not be root; take another, such as 1000")


class Kubernetes(Calendar):
    """An entry is a CronJob. It has no wrapper: Kubernetes itself keeps runs apart, their output and their results."""

    name: ClassVar[str] = "kubernetes"

    def __init__(self, pod: PodSettings | None = None) -> None:
        """The calendar of some cluster.

        Args:
            pod: what the entry's pods are made of.
        """
        self._pod = pod or PodSettings()

    def text(self, entry: Entry) -> str:
        return yaml_text(cron_job(entry, self._pod))

    def install(self, entry: Entry) -> list[str]:
        del entry
        raise CalendarError(PRINTED_ONLY)

    def installed(self) -> list[Installed]:
        return []

    def remove(self, name: str, root: Path) -> bool:
        del name, root
        raise CalendarError(PRINTED_ONLY)


def cron_job(entry: Entry, pod: PodSettings) -> dict[str, Any]:
    """The manifest of an entry; this depends on nothing but the two.

    Variables that belong to this machine (`PATH`, files that are not in the image) are left out: the image has its own,
    and the storage's URL comes from the Secret.

    Raises:
        CalendarError: if the entry's name makes none for Kubernetes.
    """
    name = _name(entry.name)
    labels = {"app.kubernetes.io/name": "tuner", "app.kubernetes.io/component": "calendar"}
    labels["app.kubernetes.io/instance"] = name
    metadata = {"name": name, "labels": labels}
    if pod.namespace is not None:
        metadata["namespace"] = pod.namespace
    spec: dict[str, Any] = {"schedule": str(entry.at)}
    if pod.time_zone is not None:
        spec["timeZone"] = pod.time_zone
    spec |= {
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 600,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {
            "spec": {
                "backoffLimit": 0,
                "template": {"metadata": {"labels": labels}, "spec": _pod_spec(entry, pod)},
            }
        },
    }
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec}


def _name(name: str) -> str:
    fitting = "tuner-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if len(fitting) > LONGEST_NAME:
        raise CalendarError(
            f"{fitting} would be the CronJob's name, and Kubernetes takes {LONGEST_NAME} characters; take a shorter one"
        )
    return fitting


def _pod_spec(entry: Entry, pod: PodSettings) -> dict[str, Any]:
    root = str(pod.root or entry.root)
    writable = root if pod.claim else f"{root}/.tuner"
    project: dict[str, Any] = {"name": "project"}
    project |= {"persistentVolumeClaim": {"claimName": pod.claim}} if pod.claim else {"emptyDir": {}}
    resources = {"cpu": pod.cpus, "memory": pod.memory}
    container = {
        "name": "tuner",
        "image": pod.image,
        "command": list(entry.command),
        "workingDir": root,
        "env": [
            *(
                {"name": each, "value": value}
                for each, value in sorted(entry.environment.items())
                if each not in ELSEWHERE
            ),
            {"name": "TUNER_ROOT", "value": root},
            {"name": "TUNER_STORAGE", "valueFrom": {"secretKeyRef": {"name": pod.secret, "key": "url"}}},
            {"name": "HOME", "value": "/tmp"},
        ],
        "resources": {"requests": resources, "limits": resources},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "project", "mountPath": writable}, {"name": "tmp", "mountPath": "/tmp"}],
    }
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": pod.goodbye_seconds,
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": pod.user,
            "fsGroup": pod.user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [project, {"name": "tmp", "emptyDir": {}}],
    }
