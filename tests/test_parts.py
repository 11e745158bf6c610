from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import parts
from tests.parts import PARTS, require_part, required_parts


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(parts, "PARTS", {"browser": lambda: False, "cluster": lambda: True})
    monkeypatch.delenv("TUNER_REQUIRE", raising=False)
    return "browser"


def test_a_test_whose_part_is_absent_is_skipped_and_the_reason_names_the_part(absent: str) -> None:
    with pytest.raises(pytest.skip.Exception, match="browser is not here"):
        require_part(absent)


def test_a_test_whose_part_is_absent_fails_when_the_part_is_required(
    absent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNER_REQUIRE", "cluster, browser")

    with pytest.raises(pytest.fail.Exception, match="browser is not here, but TUNER_REQUIRE lists it"):
        require_part(absent)


def test_a_part_that_is_here_lets_the_test_go_on(absent: str) -> None:
    assert absent != "cluster"

    require_part("cluster")


def test_a_required_part_that_nobody_knows_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNER_REQUIRE", "chromium,slrum")

    with pytest.raises(pytest.UsageError, match="names slrum, but the parts are chromium"):
        required_parts()


@pytest.mark.parametrize("part", PARTS)
def test_part_is_here(part: str) -> None:
    require_part(part)


def test_ci_installs_and_requires_every_part() -> None:
    script = Path(__file__).parents[1].joinpath(".ci", "run").read_text()
    table = script.split("parts=(\n")[1].split("\n)")[0]

    assert [line.strip(' "').split()[0] for line in table.splitlines()] == list(PARTS)


def test_tests_run_in_an_empty_folder_without_settings_from_outside() -> None:
    assert list(Path.cwd().iterdir()) == []
    assert [name for name in os.environ if name.startswith("TUNER_") and name != "TUNER_REQUIRE"] == []
