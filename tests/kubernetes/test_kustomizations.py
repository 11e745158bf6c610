"""That `kubectl apply -k` finds everything, and names it alike."""

from __future__ import annotations

import pytest

from tests.kubernetes.manifests import FOLDER, KUSTOMIZATIONS, MANIFESTS, PODS, Manifest, containers_of

COMMON = KUSTOMIZATIONS["common"]
STEPS = {name: each for name, each in KUSTOMIZATIONS.items() if name != "common"}


def test_there_is_a_step_for_each_folder() -> None:
    folders = {folder.name for folder in FOLDER.iterdir() if folder.is_dir()}
    assert set(KUSTOMIZATIONS) == folders == {"common", "project", "setup", "search", "nightly"}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_has_every_manifest_of_its_folder_and_what_is_common(name: str) -> None:
    step = STEPS[name]
    assert (step["apiVersion"], step["kind"]) == ("kustomize.config.k8s.io/v1beta1", "Kustomization")
    assert step["components"] == ["../common"]
    assert {f"{name}/{file}" for file in step["resources"]} == {
        each for each in MANIFESTS if each.startswith(f"{name}/")
    }
    assert set(step) == {"apiVersion", "kind", "components", "resources"}


def test_what_is_common_names_the_image_and_the_namespace() -> None:
    assert (COMMON["apiVersion"], COMMON["kind"]) == ("kustomize.config.k8s.io/v1alpha1", "Component")
    assert COMMON["namespace"] == MANIFESTS["project/namespace.yaml"]["metadata"]["name"]
    (image,) = COMMON["images"]
    assert {container["image"] for pod in PODS.values() for container in containers_of(pod)} == {image["name"]}
    assert isinstance(image["newTag"], str)  # YAML would read 1.0 as a number, which kustomize refuses
    assert image["newTag"] != "latest"  # workers of one study must be of one version


def test_no_manifest_names_a_namespace_of_its_own() -> None:
    assert not [name for name, manifest in MANIFESTS.items() if "namespace" in manifest["metadata"]]


def test_no_two_objects_have_one_name() -> None:
    def key(manifest: Manifest) -> tuple[str, str]:
        return manifest["kind"], manifest["metadata"]["name"]

    assert len({key(manifest) for manifest in MANIFESTS.values()}) == len(MANIFESTS)


@pytest.mark.parametrize("name", PODS)
def test_pods_carry_their_owners_labels(name: str) -> None:
    manifest = MANIFESTS[name]
    spec = manifest["spec"].get("jobTemplate", manifest)["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert labels == manifest["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == "tuner"
    if manifest["kind"] == "Deployment":
        assert spec["selector"]["matchLabels"] == labels
