"""What lies in scripts/kubernetes: its kustomizations, its manifests, and the pods in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "scripts" / "kubernetes"

Manifest = dict[str, Any]

KUSTOMIZATIONS: dict[str, Manifest] = {
    file.parent.name: yaml.safe_load(file.read_text(encoding="utf-8"))
    for file in sorted(FOLDER.glob("*/kustomization.yaml"))
}
"""Each by its folder; `common` is what the others share."""

MANIFESTS: dict[str, Manifest] = {
    f"{file.parent.name}/{file.name}": yaml.safe_load(file.read_text(encoding="utf-8"))
    for file in sorted(FOLDER.glob("*/*.yaml"))
    if file.name != "kustomization.yaml"
}
"""Each by its path; one object a file."""


def pod_of(manifest: Manifest) -> Manifest | None:
    """What its pods are to be; None if it makes none."""
    spec = manifest.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    return spec["template"]["spec"] if "template" in spec else None


PODS: dict[str, Manifest] = {name: pod for name, each in MANIFESTS.items() if (pod := pod_of(each)) is not None}

JOBS: dict[str, Manifest] = {
    "search": MANIFESTS["search/job.yaml"]["spec"],
    "nightly": MANIFESTS["nightly/cronjob.yaml"]["spec"]["jobTemplate"]["spec"],
}
"""The Jobs of workers."""


def containers_of(pod: Manifest) -> list[Manifest]:
    """Those that prepare, and those that run."""
    return [*pod.get("initContainers", []), *pod["containers"]]
