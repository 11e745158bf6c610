"""That the image can be built from this repository, and is what the pods expect; no build is run here."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tests.kubernetes.manifests import FOLDER, PODS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def instructions() -> list[tuple[str, str]]:
    """Each instruction with what follows it, in one line."""
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split()[0], line.partition(" ")[2]) for line in joined.splitlines()]


INSTRUCTIONS = instructions()


def of(name: str) -> list[str]:
    return [rest for instruction, rest in INSTRUCTIONS if instruction == name]


def copied() -> list[str]:
    """What comes from the repository, by its name there."""
    return [word for rest in of("COPY") if not rest.startswith("--from") for word in rest.split()[:-1]]


def lets_in() -> set[str]:
    """What .dockerignore lets in: it forbids everything first."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"
    return {pattern[1:] for pattern in patterns if pattern.startswith("!")}


def test_only_known_instructions_are_used() -> None:
    assert {name for name, _ in INSTRUCTIONS} == {"FROM", "ARG", "WORKDIR", "COPY", "RUN", "ENV", "USER", "ENTRYPOINT"}


def test_everything_that_is_copied_is_in_the_repository_and_nothing_else_is_let_in() -> None:
    assert all((ROOT / name).exists() for name in copied())
    assert lets_in() == set(copied())


def test_the_package_can_be_built_of_what_is_copied() -> None:
    needed = {PROJECT["readme"], *PROJECT["license-files"], "pyproject.toml", "constraints.txt", "tuner"}
    assert needed == set(copied())


def test_both_stages_have_one_python_that_tuner_supports() -> None:
    images = {rest.split()[0] for rest in of("FROM")}
    (image,) = images
    found = re.fullmatch(r"python:(\d+\.\d+)-slim", image)
    assert found is not None
    assert Version(found[1]) in SpecifierSet(PROJECT["requires-python"])
    assert any(f"/usr/local/lib/python{found[1]}" in rest for rest in of("RUN"))


def test_versions_are_those_of_the_constraints_and_extras_are_known() -> None:
    install = next(rest for rest in of("RUN") if "pip install" in rest)
    assert "--constraint constraints.txt" in install
    assert '".[${EXTRAS}]"' in install
    (argument,) = of("ARG")
    extras = argument.removeprefix("EXTRAS=").split(",")
    assert "postgresql" in extras
    assert set(extras) <= set(PROJECT["optional-dependencies"])
    pinned = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    wanted = [*PROJECT["dependencies"], *(each for name in extras for each in PROJECT["optional-dependencies"][name])]
    assert {Requirement(each).name.lower() for each in wanted} <= pinned


def test_the_program_gets_signals_itself_and_is_the_package_s() -> None:
    assert [json.loads(rest) for rest in of("ENTRYPOINT")] == [["tuner"]]
    assert "tuner" in PROJECT["scripts"]
    assert "PATH=/opt/tuner/bin:$PATH" in of("ENV")[0]


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_the_user_is_a_number_and_that_of_the_pods(pod: dict) -> None:
    (user,) = of("USER")
    security = pod["securityContext"]
    assert user == f"{security['runAsUser']}:{security['runAsGroup']}"
    assert f"--uid {security['runAsUser']} " in next(rest for rest in of("RUN") if "useradd" in rest)


def test_the_working_directory_is_the_project_root_and_home_can_be_written() -> None:
    root = of("WORKDIR")[-1]
    for pod in PODS.values():
        container = pod["containers"][0]
        assert {"name": "TUNER_ROOT", "value": root} in container["env"]
    assert " HOME=/tmp " in f"{of('ENV')[0]} "


def test_no_secret_is_in_the_image() -> None:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"(?i)(password|passwd|token)=|://[^/\s]*:[^/\s]*@", text)
