"""Every manifest against the schemas of Kubernetes' own API; nothing here has been run on a cluster."""

from __future__ import annotations

import copy

import kubernetes_validate
import pytest

from tests.kubernetes.manifests import MANIFESTS, ROOT, Manifest

OLDEST, NEWEST = "1.29", "1.37"
"""Versions of Kubernetes: the first that has everything switched on that is used here, and the last one known."""


def validate(manifest: Manifest, version: str) -> None:
    assert kubernetes_validate.validate(manifest, f"{version}.0", strict=True) == version


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("name", MANIFESTS)
def test_the_manifest_is_what_the_api_takes(name: str, version: str) -> None:
    validate(MANIFESTS[name], version)


def test_a_field_that_the_api_does_not_know_is_noticed() -> None:
    job = copy.deepcopy(MANIFESTS["search/job.yaml"])
    job["spec"]["backOffLimitPerIndex"] = 3
    with pytest.raises(kubernetes_validate.ValidationError, match="backOffLimitPerIndex"):
        validate(job, NEWEST)


def test_the_documentation_names_these_versions() -> None:
    page = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    assert f"{OLDEST} and {NEWEST}" in page
